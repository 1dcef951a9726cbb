using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Detail;

/// <summary>What is safe to do next, and for each act of the product whether it is offered or the sentence that forbids it.</summary>
/// <param name="Advice">Sentences, in the order in which one would do them.</param>
/// <param name="Act">Break or remove: what would fit this kind of finding; null when neither ever does.</param>
/// <param name="Refusal">Why the evidence does not allow <paramref name="Act"/>; null when it does.</param>
public sealed record SafeNext(IReadOnlyList<string> Advice, Act? Act, string? Refusal)
{
    /// <param name="deadlock">The finding of a circle that the process behind <paramref name="finding"/> is part of; null when there is none.</param>
    public static SafeNext Of(Finding finding, Finding? deadlock = null)
    {
        var action = ActionFor(finding);
        var advice = finding.Cycle.Count > 0 ? OfDeadlock
            : deadlock is not null && VerdictLook.Find(finding.Verdict) is VerdictWord.Held or VerdictWord.Waiting ? [HostText.Clean(deadlock.Summary), .. OfDeadlock]
            : Sentences(finding);
        return new(advice, action is null ? null : Act.Find(action), action is null || finding.Actions.Contains(action) ? null : RefusalOf(finding));
    }

    private static readonly string[] OfDeadlock =
    [
        "Waiting does not help: each of these programs waits for the next. One of them has to give up or be ended; the summary says which one costs least.",
        "Check the mailbox afterwards, and configure all programs on it to take their locks in the same order.",
    ];

    private static string? ActionFor(Finding finding)
    {
        // What the agent offers comes first, whatever the kind.
        if (finding.Actions.FirstOrDefault(a => Words.Action(a) is OperatorAction.Break or OperatorAction.Remove) is { } offered)
            return offered;
        // Of what several files say together nothing can be taken away.
        if (finding.Relation is not null)
            return null;
        return finding.Kind switch
        {
            "dot-lock" or "mbx-lock" or "lock-file" => Words.Of(OperatorAction.Break),
            "staging-file" or "pid-linked-file" or "temp-file" or "pid-file" => Words.Of(OperatorAction.Remove),
            _ => null,
        };
    }

    // Both tables without a default: a new verdict does not compile until it has its advice. A value without a name comes from no agent.
#pragma warning disable CS8524
    private static string RefusalOf(Finding finding)
    {
        var blocking = finding.Evidence.Where(e => e.Blocks).ToList();
        if (blocking.Count > 0)
            return string.Join(" ", blocking.Select(e => $"{Labels.Question(e.Question)} {Labels.Answer(e.Answer)}: {Sentence(HostText.Clean(e.Detail))}"));
        return VerdictLook.Find(finding.Verdict) switch
        {
            VerdictWord.Held => "A living program holds it. Breaking it would let two programs write at once.",
            VerdictWord.Waiting => "A living program is waiting for a lock with it.",
            VerdictWord.NotALock => "It exists by design. Removing it would break locking.",
            VerdictWord.Stale or VerdictWord.Orphan or VerdictWord.OrphanLinked or VerdictWord.GhostWrite or VerdictWord.SplitBrain or VerdictWord.Mismatch or VerdictWord.Refused
                or null => $"The agent does not offer it: {Sentence(HostText.Clean(finding.Summary))}",
        };
    }

    private static IReadOnlyList<string> Sentences(Finding finding) => VerdictLook.Find(finding.Verdict) switch
    {
        VerdictWord.Held when finding.Lock is not null => ProcessStates.MakesNoProgress(finding.Process?.State)
            ? ["The holder makes no progress. First find out what stopped it: the kernel drops the lock when the process continues or ends."]
            : ["Nothing needs to be done. The kernel drops the lock when its holder closes the file or ends."],
        VerdictWord.Held => ["Nothing needs to be done. The owner removes it when it is finished."],
        VerdictWord.Waiting => ["Check what it is waiting for. The queue moves on when the holder is finished."],
        VerdictWord.Stale when !finding.Actions.Contains(Words.Of(OperatorAction.Break)) =>
            ["Its owner is gone, and the agent of this host does not break it: the summary and the evidence say why.", "Its own software, or its next user, may remove it. Before you remove it by hand, check that no program uses what it protects."],
        VerdictWord.Orphan or VerdictWord.OrphanLinked when !finding.Actions.Contains(Words.Of(OperatorAction.Remove)) =>
            ["Its owner is gone, and the agent of this host does not remove it: the summary and the evidence say why."],
        VerdictWord.Stale => ["Break it by takeover: the console's own live lock takes its place in one step, so no other process can get in between.", "The owner's software may also clean it up by itself; breaking a lock that is already gone does no harm."],
        VerdictWord.Orphan => ["Remove it: it is moved to the quarantine on the same file system and can be restored."],
        VerdictWord.OrphanLinked => ["Remove only this name. Never write to it or truncate it: its inode has other names, and the same content would change under all of them."],
        VerdictWord.GhostWrite when finding.Kind is "staging-file" or "temp-file" =>
            ["Stop the process before it writes more: what it writes replaces the message under the other name.", "Then compare that message with the other copy."],
        VerdictWord.GhostWrite => ["Do not stop the process yet: what it writes exists only as long as it runs.", "Rescue the bytes first, then end or restart the program."],
        VerdictWord.SplitBrain => ["Stop one of the two programs before either writes more, then compare the two files."],
        VerdictWord.NotALock => ["Leave it. Programs lock the file itself; that it exists says nothing."],
        VerdictWord.Mismatch => ["Compare with the other copy before anything is repaired."],
        VerdictWord.Refused or null => ["Nothing can be done until the missing evidence is available. It is named below."],
    };

#pragma warning restore CS8524
    private static string Sentence(string text) => text.TrimEnd() is { Length: > 0 } t ? t[^1] is '.' or '!' or '?' ? t : t + "." : "";
}
