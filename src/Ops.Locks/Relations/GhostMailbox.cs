namespace Ops.Locks;

/// <summary>A file without a name that a process has open for writing.</summary>
/// <param name="Path">The name it had, without the kernel's " (deleted)".</param>
/// <param name="Successor">What that name leads to now; null when nothing is there.</param>
/// <param name="IsMailbox">Whether there are signs that it was the mailbox of that name.</param>
public sealed record GhostFile(OpenFile Open, FilePath Path, FileFacts? Successor, bool IsMailbox)
{
    /// <summary>A file whose name leads to a mailbox now was that mailbox. One whose name leads to nothing has to show it itself.</summary>
    /// <param name="successorFormat">What the first bytes of <paramref name="successor"/> are.</param>
    /// <param name="look">What the first bytes of the file itself are; null when they could not be read.</param>
    public static GhostFile Of(OpenFile open, FilePath path, FileFacts? successor, MailboxFormat successorFormat, MailboxLook? look) => new(open, path, successor,
        successor is not null ? successorFormat != MailboxFormat.None || look?.IsMailboxAt(path) == true : look?.IsMailboxOlderThan(open.Process, path) == true);
}

/// <summary>
/// A mailbox that was replaced by rename, or removed, while other processes had it open: those that wait for a lock on the old file, or write to it without any, lose
/// their mail. Python's <c>mailbox</c> (mbox, MMDF, Babyl) and GNU mailutils' expunge replace; mailers that keep no empty mailbox remove.
/// </summary>
public static class GhostMailbox
{
    /// <summary>Those that wait for a lock on a file that its path no longer names: before the write.</summary>
    public static IEnumerable<Relation> OfWaiters(HostFacts host)
    {
        var waiting = host.Locks.Entries.Where(e => e is { Lock.IsWaiter: true, Path: not null, File: not null } && e.Parties.Count > 0
            && (e.PathState == PathState.Replaced && NamedFile.AsLockHandle(e.Path.Value) is null || host.IsOnRemovedMailbox(e)));
        foreach (var group in waiting.GroupBy(e => (Path: e.Path!.Value, File: e.File!.Value)))
        {
            var waiters = group.SelectMany(e => e.Parties).DistinctBy(p => p.Process.Pid).OrderBy(p => p.Process.Pid).ToList();
            var isRemoved = group.First().PathState == PathState.Deleted;
            yield return Of(RelationKind.GhostWaiters, group.Key.Path, group.Key.File, [.. waiters.Select(p => p.Process)], host.Now, isRemoved, Questions.FileLocked, "/proc/locks",
                _ => "waits for a lock on",
                $"{Who(waiters.ConvertAll(p => p.Process))} {(waiters.Count == 1 ? "waits" : "wait")} for {(isRemoved ? "a mailbox that was removed" : "a file that this name no longer leads to")}: mail delivered there will be lost.",
                group.First().Foreign) with
            { Descriptor = waiters[0].Descriptor };
        }
    }

    /// <summary>Those that have such a file open for writing without any lock on it; a process with a lock is reported by that lock.</summary>
    public static IEnumerable<Relation> OfWriters(HostFacts host, IReadOnlyList<GhostFile> ghosts)
    {
        var lockers = host.Locks.Entries.Where(e => e.File is not null).SelectMany(e => e.Parties, (e, p) => (e.File!.Value, p.Process.Pid)).ToHashSet();
        var writing = ghosts.Where(g => g.IsMailbox && g.Successor?.Identity != g.Open.File && !lockers.Contains((g.Open.File, g.Open.Process.Pid)));
        foreach (var group in writing.GroupBy(g => (g.Path, g.Open.File)))
        {
            var descriptors = group.OrderBy(g => g.Open.Descriptor).DistinctBy(g => g.Open.Process.Pid).ToDictionary(g => g.Open.Process.Pid, g => g.Open.Descriptor);
            var writers = group.Select(g => g.Open.Process).DistinctBy(p => p.Pid).OrderBy(p => p.Pid).ToList();
            var isRemoved = group.First().Successor is null;
            yield return Of(RelationKind.GhostWriters, group.Key.Path, group.Key.File, writers, host.Now, isRemoved, Questions.FileOpen, "/proc/PID/fd",
                p => $"has, as descriptor {descriptors[p.Pid]}, open for writing",
                $"{Who(writers)} can write to {(isRemoved ? "a mailbox that was removed" : "a file that this name no longer leads to")}: what is written there is lost when it is closed.",
                group.First().Open.Foreign) with
            { Descriptor = descriptors[writers[0].Pid] };
        }
    }

    private static Relation Of(
        RelationKind kind, FilePath path, FileIdentity file, List<ProcessFacts> processes, DateTimeOffset now, bool isRemoved, string question, string source,
        Func<ProcessFacts, string> does, string summary, ForeignView? foreign)
    {
        var evidence = new EvidenceList(now);
        evidence.Add(Questions.PathCurrent, Answer.No, "statx", isRemoved ? $"nothing is at this name now; inode {file.Inode} was" : $"the name leads to another file than inode {file.Inode} now", blocks: true);
        foreach (var process in processes.Take(4))
            evidence.Add(question, Answer.Yes, source, $"{Activity.Who(process)} {does(process)} inode {file.Inode}", blocks: true);
        if (foreign is not null)
            evidence.Add(Questions.PathCurrent, Answer.No, "/proc/PID/mountinfo", $"{Activity.Who(processes[0])} is in another mount namespace, where the name is {foreign.Path.Display}");
        var verdict = new Verdict(VerdictWord.GhostWrite, ArtefactKind.Mailbox, summary, "unknown", [], new Owner(processes[0].Pid, null, processes[0], Answer.Yes), evidence.ToList(), []);
        return new Relation(kind, path, null, verdict, $"{kind} {file} {processes[0].Pid} {processes[0].Identity.StartTicks}", []) { Mailbox = path };
    }

    private static string Who(List<ProcessFacts> processes) => string.Join(", ", processes.Take(4).Select(Activity.Who)) + (processes.Count > 4 ? "..." : "");
}
