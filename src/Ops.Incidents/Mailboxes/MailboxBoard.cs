namespace Ops.Incidents;

/// <summary>Derives the mailboxes and their states from the findings of one host. Pure.</summary>
public static class MailboxBoard
{
    /// <summary>A wait that lasts longer is an incident, whatever the holder does: Postfix and Exim have given up once by then (Postfix main.cf(5) deliver_lock_attempts, Exim appendfile lock_retries).</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(30);

    private static readonly string[] LocksByFile = [Words.Of(ArtefactKind.DotLock), Words.Of(ArtefactKind.MbxLock), Words.Of(ArtefactKind.LockFile)];

    /// <summary>One card for each mailbox that something is known about, worst first: by state, then by waiting time of all victims, then by their number.</summary>
    /// <param name="findings">All of one host; kernel locks among them.</param>
    /// <param name="limit">Waits beyond it make a mailbox stuck; null for <see cref="DefaultLimit"/>.</param>
    public static IReadOnlyList<MailboxCard> Of(IReadOnlyList<Finding> findings, DateTimeOffset now, TimeSpan? limit = null)
    {
        var waits = new HostWaits(findings);
        var groups = new Dictionary<string, List<Finding>>(StringComparer.Ordinal);
        foreach (var finding in findings)
        {
            if (MailboxOf(finding) is not { } mailbox)
                continue;
            if (!groups.TryGetValue(mailbox, out var group))
                groups[mailbox] = group = [];
            group.Add(finding);
        }
        var cards = groups.Select(g => Card(g.Key, g.Value, waits, now, limit ?? DefaultLimit));
        return [.. WorstFirst(cards, c => c, now)];
    }

    /// <summary>By state, then by waiting time of all victims, then by their number: the order of every list of mailboxes.</summary>
    public static IEnumerable<T> WorstFirst<T>(IEnumerable<T> items, Func<T, MailboxCard> cardOf, DateTimeOffset now) => items
        .OrderBy(i => cardOf(i).State).ThenByDescending(i => cardOf(i).Blocked(now)).ThenByDescending(i => cardOf(i).Victims.Count).ThenBy(i => cardOf(i).Path, StringComparer.Ordinal);

    /// <summary>The mailbox that a finding concerns; null for files that are no mailbox's, such as pid files and queue files.</summary>
    public static string? MailboxOf(Finding finding)
    {
        if (finding.Mailbox is { } named)
            return MailboxPath.Of(named);
        if (finding.Verdict == Words.Of(VerdictWord.NotALock) || finding.Relation == Words.Of(RelationKind.UnsafeDirectory))
            return null;
        if (finding.Kind == Words.Of(ArtefactKind.Mailbox))
            return MailboxPath.Of(finding.Path);
        if (finding.Traits().LosesMail)
            return MailboxPath.Of(finding.Path);
        // A locked file without a word about a mailbox: only where its place says that it belongs to one, or a process waits for it.
        if (finding.Lock is { } held)
            return MailboxPath.IsInsideMailbox(finding.Path) || held.Depth > 0 || held.BlockedBy.Count > 0 ? MailboxPath.Of(finding.Path) : null;
        if (LocksByFile.Contains(finding.Kind))
            return finding.Verdict == Words.Of(VerdictWord.Refused) ? null : MailboxPath.Of(finding.Path);
        return finding.Kind is "staging-file" or "temp-file" or "message" && MailboxPath.IsInsideMailbox(finding.Path) ? MailboxPath.Of(finding.Path) : null;
    }

    private static MailboxCard Card(string path, List<Finding> about, HostWaits waits, DateTimeOffset now, TimeSpan limit)
    {
        var victims = HostWaits.VictimsOn(about).OrderByDescending(v => v.Waited(now)).ThenBy(v => v.Pid).ToList();
        var deciding = Deciding(about, victims, waits, now, limit);
        var root = waits.RootOf(about, victims);
        var decided = deciding.Finding ?? root?.Finding;
        return new MailboxCard(
            about[0].Host, path, UserOf(path, about), about.Select(f => f.System).FirstOrDefault(s => s is not "unknown" and not ""), deciding.State,
            Causes.Of(deciding.State, decided, root, victims, now), root, victims, NextSteps.Of(deciding.State, decided, root, about),
            about.Where(f => f.Verdict == "stale").Min(f => f.SelfHealsAt), decided?.Since ?? victims.Min(v => v.Since), about);
    }

    private static (MailboxState State, Finding? Finding) Deciding(
        List<Finding> about, List<Victim> victims, HostWaits waits, DateTimeOffset now, TimeSpan limit)
    {
        // One that only waits has written nothing yet: first the bytes of the one that has.
        if (about.Where(IsLosing).OrderBy(f => f.Actions.Contains("rescue") ? 0 : 1).ThenBy(f => f.Relation == Words.Of(RelationKind.GhostWaiters) ? 1 : 0).FirstOrDefault() is { } losing)
            return (MailboxState.LosingMail, losing);
        if (waits.DeadlockOf(about) is { } deadlock)
            return (MailboxState.Deadlocked, deadlock);
        if (about.FirstOrDefault(f => f.Verdict == "stale" && f.Lock is null) is { } stale)
            return (MailboxState.Stuck, stale);
        if (victims.Count > 0 && (waits.RootOf(about, victims) is { Process: { } holder } && ProcessStates.MakesNoProgress(holder.State) || victims[0].Waited(now) >= limit))
            return (MailboxState.Stuck, null);
        // A lock file is in the way as long as it is there, whether or not its owner can be determined.
        if (about.FirstOrDefault(IsUndecidedLock) is { } undecided && (victims.Count > 0 || undecided.AgeSeconds >= limit.TotalSeconds))
            return (MailboxState.Stuck, undecided);
        if (about.FirstOrDefault(f => f.Relation is "delivery-obstacle" or "incompatible-locking" or "lock-at-risk") is { } risk)
            return (MailboxState.AtRisk, risk);
        if (victims.Count > 0)
            return (MailboxState.Waiting, null);
        return about.FirstOrDefault(f => f.Verdict == "held" || IsUndecidedLock(f)) is { } held ? (MailboxState.Busy, held) : (MailboxState.Free, about.FirstOrDefault(f => f.Actions.Count > 0));
    }

    internal static bool IsUndecidedLock(Finding finding) => finding is { Verdict: "refused", Relation: null, Lock: null } && IsLockFile(finding);

    internal static bool IsLockFile(Finding finding) => LocksByFile.Contains(finding.Kind);

    private static bool IsLosing(Finding finding) => finding.Traits().LosesMail || finding.Relation == "lock-lost";

    private static string? UserOf(string path, List<Finding> about) =>
        MailboxPath.UserOf(path) ?? about.Select(f => f.User).FirstOrDefault(u => u is not null and not "root" and not "mail");
}

/// <summary>Letters of <c>/proc/PID/stat</c> in words.</summary>
public static class ProcessStates
{
    /// <summary>Stopped, traced, or in an uninterruptible wait: it does not go on by itself, or not before a disk or file server answers (proc_pid_stat(5)).</summary>
    public static bool MakesNoProgress(string? letter) => letter is "T" or "t" or "D";
}
