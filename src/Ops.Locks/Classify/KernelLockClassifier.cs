namespace Ops.Locks;

/// <summary>The verdict on one party of one kernel lock.</summary>
/// <param name="entry">The lock.</param>
/// <param name="party">Null when no process was found behind the row: the lock is live nevertheless.</param>
/// <param name="host">What the verdict rests on.</param>
/// <param name="blockedBy">For a waiter: pids it waits for.</param>
public sealed class KernelLockVerdict(LockEntry entry, LockParty? party, HostFacts host, IReadOnlyList<int> blockedBy)
{
    public LockEntry Entry => entry;

    public LockParty? Party => party;

    public IReadOnlyList<int> BlockedBy => blockedBy;

    /// <summary>Made when it is asked for and not kept: the sentences of a hundred thousand locks take far more memory than what they are made from.</summary>
    public Verdict Verdict => KernelLockClassifier.Judge(entry, party, blockedBy, host);

    /// <summary>Same for all holders and waiters of one lock.</summary>
    public string Group => KernelLockClassifier.Group(entry);
}

/// <summary>
/// Kernel locks are never stale: the kernel drops them with their holder. What is worth saying is who really holds one, who waits, and
/// whether the file they fight for still has its name.
/// </summary>
public static class KernelLockClassifier
{
    /// <summary>One verdict for each lock and each process that takes part in it.</summary>
    public static IReadOnlyList<KernelLockVerdict> Classify(HostFacts host)
    {
        var result = new List<KernelLockVerdict>(host.Locks.Entries.Count);
        // Only who waits is blocked, and on most hosts none does.
        ILookup<(FileIdentity?, FileIdentity?), LockEntry>? holders = null;
        foreach (var entry in host.Locks.Entries)
        {
            IReadOnlyList<int> blockedBy = [];
            if (entry.Lock.IsWaiter)
                blockedBy = Blockers(entry, (holders ??= host.Locks.Entries.Where(e => !e.Lock.IsWaiter).ToLookup(Inode))[Inode(entry)]);
            if (entry.Parties.Count == 0)
                result.Add(new KernelLockVerdict(entry, null, host, blockedBy));
            for (var at = 0; at < entry.Parties.Count; at++)
                result.Add(new KernelLockVerdict(entry, entry.Parties[at], host, blockedBy));
        }
        return result;
    }

    /// <summary>All that conflict, not only the one row the kernel hangs a waiter under: a writer waits for every reader.</summary>
    private static List<int> Blockers(LockEntry waiter, IEnumerable<LockEntry> holders) =>
        [.. holders.Where(h => Conflicts(waiter.Lock, h.Lock)).SelectMany(h => h.Parties).Select(p => p.Process.Pid)
            .Where(pid => waiter.Parties.All(p => p.Process.Pid != pid)).Distinct().Order()];

    /// <summary>flock sees only flock; POSIX and OFD record locks see each other (local file systems).</summary>
    internal static bool Conflicts(KernelLock a, KernelLock b)
    {
        if ((a.Class == LockClass.Flock) != (b.Class == LockClass.Flock) || (a.Mode == LockMode.Read && b.Mode == LockMode.Read))
            return false;
        return a.Start <= (b.End ?? ulong.MaxValue) && b.Start <= (a.End ?? ulong.MaxValue);
    }

    private static (FileIdentity?, FileIdentity?) Inode(LockEntry entry) => (entry.Lock.Device, entry.Lock.Device is null ? entry.File : null);

    // Locks of one kind on one inode belong together; flock and record locks do not see each other.
    internal static string Group(LockEntry entry) =>
        $"{(entry.Lock.Class == LockClass.Flock ? "flock" : entry.Lock.Class is LockClass.Posix or LockClass.Ofd ? "record" : "lease")}:{entry.Lock.Device?.ToString() ?? "none"}";

    internal static Verdict Judge(LockEntry entry, LockParty? party, IReadOnlyList<int> blockedBy, HostFacts host)
    {
        var evidence = new EvidenceList(host.Now);
        var row = entry.Lock;
        var who = party is null ? "a holder that could not be found" : Activity.Who(party.Process);
        evidence.Add(Questions.FileLocked, Answer.Yes, "/proc/locks", $"{row.Class} {row.State} {row.Mode} {row.Range}, pid column {row.Pid}");
        if (party is null)
        {
            evidence.Add(Questions.OwnerRunning, Answer.Unknown, "/proc/PID/fdinfo",
                "no process shows this lock: a descriptor in flight over a socket, a mapping, a kernel thread, or one that may not be inspected; the row proves that it is live");
        }
        else
        {
            evidence.Add(Questions.OwnerRunning, Answer.Yes, row.IsWaiter ? "/proc/PID/task" : "/proc/PID/fdinfo",
                $"{who}{(party.Descriptor is { } fd ? $", descriptor {fd}" : "")}, state {party.Process.State}, started {party.Process.StartedAt:u}");
        }
        AddPath(entry, evidence);
        // A lock on a lock file writes no mail: what is lost with its name is the lock's meaning.
        var handle = entry.PathState is PathState.Replaced or PathState.Deleted && entry.Path is { } name ? NamedFile.AsLockHandle(name) : null;

        var isRemoved = host.IsOnRemovedMailbox(entry);
        if (isRemoved)
            evidence.Add(Questions.Convention, Answer.Yes, "/proc/PID/fd", host.MailboxLooks[entry.File!.Value].Words);

        var system = handle?.System.Name ?? "unknown";
        var owner = party is null ? new Owner(row.Pid > 0 ? row.Pid : null, null, null, Answer.Unknown)
            : new Owner(party.Process.Pid, null, party.Process, Answer.Yes);
        var (word, summary) = (row.IsWaiter, entry.PathState) switch
        {
            (true, PathState.Replaced or PathState.Deleted) when handle is not null => (VerdictWord.Waiting,
                $"{who} waits for a lock file that its name no longer leads to: a lock on it keeps no other process out."),
            (false, PathState.Replaced or PathState.Deleted) when handle is not null => (VerdictWord.Held,
                $"{who} holds it on a file that the name no longer leads to: a process that opens the name now gets the lock as well."),
            (true, PathState.Replaced) => (VerdictWord.Waiting,
                $"{who} waits for a file that its path no longer names: what it writes once it has the lock will be lost."),
            (true, PathState.Deleted) when isRemoved => (VerdictWord.Waiting,
                $"{who} waits for a mailbox that was removed: what it writes once it has the lock will be lost."),
            (true, _) => (VerdictWord.Waiting, blockedBy.Count == 0 ? $"{who} waits; the holder could not be determined."
                : $"{who} waits for pid {string.Join(", ", blockedBy)}."),
            (false, PathState.Replaced) when row.Mode == LockMode.Write => (VerdictWord.GhostWrite,
                $"{who} has a write lock on an inode that its path no longer names: what it writes is lost when it closes the file."),
            (false, PathState.Deleted) when isRemoved && row.Mode == LockMode.Write => (VerdictWord.GhostWrite,
                $"{who} has a write lock on a mailbox that was removed: nothing is at its name, and what it writes is lost when it closes the file."),
            _ when party is null => (VerdictWord.Held, "Held by an unidentified process; the kernel's list proves that the lock is live."),
            _ when party.Process.State is 'T' or 't' => (VerdictWord.Held, $"{who} holds it and is stopped (state {party.Process.State})."),
            _ when party.Process.State == 'D' => (VerdictWord.Held, $"{who} holds it and is in an uninterruptible wait (state D)."),
            _ => (VerdictWord.Held, $"{who} holds it."),
        };
        return new Verdict(word, ArtefactKind.KernelLock, summary, system, [], owner, evidence.ToList(), []);
    }

    private static void AddPath(LockEntry entry, EvidenceList evidence)
    {
        var path = entry.Path?.Display ?? "its file";
        switch (entry.PathState)
        {
            case PathState.Current:
                evidence.Add(Questions.PathCurrent, Answer.Yes, "statx", $"{path} names this inode");
                break;
            case PathState.Replaced:
                evidence.Add(Questions.PathCurrent, Answer.No, "statx", $"{path} names another inode now");
                break;
            case PathState.Deleted:
                evidence.Add(Questions.PathCurrent, Answer.No, "statx", $"{path} has been removed");
                break;
            default:
                evidence.Add(Questions.PathCurrent, Answer.Unknown, "statx", $"whether {path} still names this inode could not be determined");
                break;
        }
    }
}
