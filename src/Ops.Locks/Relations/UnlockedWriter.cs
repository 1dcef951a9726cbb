namespace Ops.Locks;

/// <summary>A process that can write to a mailbox without a lock while another has it locked: locks of the kernel bind only programs that ask for them.</summary>
public static class UnlockedWriter
{
    /// <summary>Files of which it matters whether they are mailboxes, with a descriptor through which that can be seen.</summary>
    public static IEnumerable<OpenFile> Candidates(HostFacts host) => Cases(host).Select(c => c.Writers[0]);

    public static IEnumerable<Relation> Find(HostFacts host)
    {
        foreach (var (holders, writers) in Cases(host))
        {
            var (file, path) = (writers[0].File, holders[0].Path!.Value);
            if (!host.IsMailbox(file, path))
                continue;
            var holder = holders[0].Parties[0].Process;
            var writer = writers[0].Process;
            var evidence = new EvidenceList(host.Now);
            foreach (var entry in holders.Take(4))
                evidence.Add(Questions.FileLocked, Answer.Yes, "/proc/locks", $"{string.Join(", ", entry.Parties.Select(p => Activity.Who(p.Process)).Distinct())} has a {entry.Lock.Class} {entry.Lock.Mode} lock on it");
            foreach (var open in writers.Take(4))
                evidence.Add(Questions.FileOpen, Answer.Yes, "/proc/PID/fd", $"{Activity.Who(open.Process)} has it, as descriptor {open.Descriptor}, open for writing, and neither has a kernel lock on it nor waits for one", blocks: true);
            evidence.Add(Questions.Convention, Answer.Yes, "/proc/PID/fd", host.MailboxLooks[file].Words);
            var verdict = new Verdict(VerdictWord.Refused, ArtefactKind.Mailbox,
                $"{Activity.Who(writer)} can write to this mailbox without a lock while {Activity.Who(holder)} has it locked. A program that locks only while it writes looks the same between two writes; one that never locks will mix its mail into what the holder writes.",
                "unknown", [], new Owner(writer.Pid, null, writer, Answer.Yes), evidence.ToList(), []);
            yield return new Relation(RelationKind.IncompatibleLocking, path, null, verdict, $"unlocked {file} {writer.Pid} {writer.Identity.StartTicks}", []) { Mailbox = path, Descriptor = writers[0].Descriptor };
        }
    }

    private static IEnumerable<(List<LockEntry> Holders, List<OpenFile> Writers)> Cases(HostFacts host)
    {
        var locked = host.Locks.Entries.Where(e => e is { PathState: PathState.Current, Path: not null, File: not null, Lock.Class: LockClass.Posix or LockClass.Flock or LockClass.Ofd } && host.OpenFiles.Of(e.File.Value).Count > 0)
            .GroupBy(e => e.File!.Value);
        foreach (var group in locked)
        {
            var holders = group.Where(e => !e.Lock.IsWaiter && e.Parties.Count > 0).ToList();
            // A lock whose holder was not found may be anybody's, also the writer's.
            if (holders.Count == 0 || group.Any(e => e.Parties.Count == 0))
                continue;
            var lockers = group.SelectMany(e => e.Parties).Select(p => p.Process).ToList();
            var writers = host.OpenFiles.Of(group.Key).Where(o => o is { CanWrite: true, Descriptor: not null, IsThroughLayer: false } && !lockers.Exists(l => Belong(l, o.Process))).DistinctBy(o => o.Process.Pid).OrderBy(o => o.Process.Pid).ToList();
            if (writers.Count > 0 && NamedFile.AsLockHandle(holders[0].Path!.Value) is null)
                yield return (holders, writers);
        }
    }

    // A program and its child work together, and two processes of one program lock in the same way, each for the time of its writes.
    private static bool Belong(ProcessFacts a, ProcessFacts b) => a.Pid == b.Pid || a.ParentPid == b.Pid || b.ParentPid == a.Pid || a.Command == b.Command;
}
