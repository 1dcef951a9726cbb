namespace Ops.Locks;

/// <summary>A file without a name that somebody has open for writing.</summary>
/// <param name="Path">The name it had, without the kernel's " (deleted)".</param>
/// <param name="Successor">What that name leads to now; null when nothing is there.</param>
/// <param name="IsMailbox">Whether the successor begins as a mailbox does.</param>
public sealed record GhostFile(OpenFile Open, FilePath Path, FileFacts? Successor, bool IsMailbox);

/// <summary>
/// A mailbox that was replaced by rename while others had it open: those who wait for a lock on the old file, or write to it without any, lose
/// their mail. Python's <c>mailbox.mbox.flush</c> and GNU mailutils' expunge do so.
/// </summary>
public static class GhostMailbox
{
    /// <summary>Those who wait for a lock on a file that its path no longer names: before the write.</summary>
    public static IEnumerable<Relation> OfWaiters(HostFacts host)
    {
        var waiting = host.Locks.Entries
            .Where(e => e is { Lock.IsWaiter: true, PathState: PathState.Replaced, Path: not null, File: not null } && e.Parties.Count > 0 && NamedFile.AsLockHandle(e.Path.Value) is null);
        foreach (var group in waiting.GroupBy(e => (Path: e.Path!.Value, File: e.File!.Value)))
        {
            var waiters = group.SelectMany(e => e.Parties).Select(p => p.Process).DistinctBy(p => p.Pid).OrderBy(p => p.Pid).ToList();
            yield return Of(RelationKind.GhostWaiters, group.Key.Path, group.Key.File, waiters, host.Now, Questions.FileLocked, "/proc/locks", _ => "waits for a lock on",
                $"{Who(waiters)} {(waiters.Count == 1 ? "waits" : "wait")} for a file that this name no longer leads to: mail delivered there will be lost.");
        }
    }

    /// <summary>Those who have such a file open for writing without any lock on it; who has one is told by that lock.</summary>
    public static IEnumerable<Relation> OfWriters(HostFacts host, IReadOnlyList<GhostFile> ghosts)
    {
        var lockers = host.Locks.Entries.Where(e => e.File is not null).SelectMany(e => e.Parties, (e, p) => (e.File!.Value, p.Process.Pid)).ToHashSet();
        var writing = ghosts.Where(g => g is { IsMailbox: true, Successor: { } now } && now.Identity != g.Open.File && !lockers.Contains((g.Open.File, g.Open.Process.Pid)));
        foreach (var group in writing.GroupBy(g => (g.Path, g.Open.File)))
        {
            var descriptors = group.OrderBy(g => g.Open.Descriptor).DistinctBy(g => g.Open.Process.Pid).ToDictionary(g => g.Open.Process.Pid, g => g.Open.Descriptor);
            var writers = group.Select(g => g.Open.Process).DistinctBy(p => p.Pid).OrderBy(p => p.Pid).ToList();
            yield return Of(RelationKind.GhostWriters, group.Key.Path, group.Key.File, writers, host.Now, Questions.FileOpen, "/proc/PID/fd", p => $"has, as descriptor {descriptors[p.Pid]}, open for writing",
                $"{Who(writers)} can write to a file that this name no longer leads to: what is written there is lost when it is closed.");
        }
    }

    private static Relation Of(
        RelationKind kind, FilePath path, FileIdentity file, List<ProcessFacts> processes, DateTimeOffset now, string question, string source, Func<ProcessFacts, string> does, string summary)
    {
        var evidence = new EvidenceList(now);
        evidence.Add(Questions.PathCurrent, Answer.No, "statx", $"the name leads to another file than inode {file.Inode} now", blocks: true);
        foreach (var process in processes.Take(4))
            evidence.Add(question, Answer.Yes, source, $"{Activity.Who(process)} {does(process)} inode {file.Inode}", blocks: true);
        var verdict = new Verdict(VerdictWord.GhostWrite, ArtefactKind.Mailbox, summary, "unknown", [], new Owner(processes[0].Pid, null, processes[0], Answer.Yes), evidence.ToList(), []);
        return new Relation(kind, path, null, verdict, $"{kind} {file} {processes[0].Pid} {processes[0].Identity.StartTicks}", []) { Mailbox = path };
    }

    private static string Who(List<ProcessFacts> processes) => string.Join(", ", processes.Take(4).Select(Activity.Who)) + (processes.Count > 4 ? "..." : "");
}
