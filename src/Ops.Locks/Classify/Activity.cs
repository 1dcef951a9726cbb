namespace Ops.Locks;

/// <summary>Who is on a file at this moment: kernel locks and open descriptors on its inode, or on an inode its path used to name.</summary>
internal sealed record Activity(
    IReadOnlyList<LockEntry> Locks, IReadOnlyList<OpenFile> Open, bool IsComplete)
{
    /// <summary>Start times are cut to 10 ms, file times to a tick of at most 10 ms.</summary>
    public static TimeSpan Grain { get; } = TimeSpan.FromMilliseconds(10);

    /// <param name="route">For a mailbox: the further names by which programs reach it.</param>
    public static Activity On(FileFacts file, HostFacts host, MailboxRoute? route = null)
    {
        // A holder on an inode that this path no longer names is still in the mailbox as far as its program knows.
        var locks = host.Locks.On(file.Identity)
            .Concat(NamesOf(file, route).SelectMany(host.Locks.OpenedAs).Where(e => e.PathState is PathState.Replaced or PathState.Deleted))
            .Distinct()
            .ToList();
        return new Activity(locks, host.OpenFiles.Of(file.Identity), host.SeesAllOpenFiles && host.Locks.Gaps.Count == 0);
    }

    public IEnumerable<LockEntry> Held => Locks.Where(e => !e.Lock.IsWaiter);

    public bool IsIdle => Locks.Count == 0 && Open.Count == 0;

    /// <summary>The one process with a write lock on it, when there is exactly one. Holders on an inode that it used to be hold nothing of it any more.</summary>
    public ProcessFacts? SoleWriter()
    {
        var lockers = Held.Where(e => e.Lock.Mode == LockMode.Write && e.PathState is not (PathState.Replaced or PathState.Deleted)).SelectMany(e => e.Parties).Select(p => p.Process).DistinctBy(p => p.Pid).ToList();
        return lockers is [var locker] ? locker : null;
    }

    /// <summary>
    /// The one process that has it open for writing, and whether it was there before the lock was made: only then can it be the lock's owner.
    /// Unknown within the grain of the clocks, for a script that takes the lock as its first act.
    /// </summary>
    public (ProcessFacts Process, Answer IsOlder)? SoleOpener(FileFacts lockFile)
    {
        var writers = Open.Where(o => o is { CanWrite: true, IsThroughLayer: false }).Select(o => o.Process).DistinctBy(p => p.Pid).ToList();
        if (writers is not [var writer])
            return null;
        // Without a creation time the ctime does, which is never earlier.
        var after = writer.StartedAt - (lockFile.BornAt ?? lockFile.ChangedAt).ToDateTimeOffset();
        return (writer, after <= -2 * Grain ? Answer.Yes : after > Grain ? Answer.No : Answer.Unknown);
    }

    /// <summary>Adds what was seen as evidence under these two questions; any activity, or an incomplete look, blocks.</summary>
    public void AddTo(EvidenceList evidence, string openQuestion, string lockQuestion, string what)
    {
        foreach (var entry in Held.Take(4))
        {
            var who = entry.Parties.Count == 0 ? "a holder that could not be identified"
                : string.Join(", ", entry.Parties.Select(p => Who(p.Process)).Distinct());
            evidence.Add(lockQuestion, Answer.Yes, "/proc/locks",
                $"{entry.Lock.Class} {entry.Lock.Mode} lock ({entry.Lock.Range}) on {what}, held by {who}", blocks: true);
        }
        // Where the holder is not seen, a process that waits for it still uses the file.
        foreach (var waiter in Locks.Where(e => e.Lock.IsWaiter).Take(4))
        {
            var who = waiter.Parties.Count == 0 ? "a process that could not be identified" : string.Join(", ", waiter.Parties.Select(p => Who(p.Process)).Distinct());
            evidence.Add(lockQuestion, Answer.Yes, "/proc/locks", $"{who} waits for a {waiter.Lock.Class} {waiter.Lock.Mode} lock ({waiter.Lock.Range}) on {what}", blocks: true);
        }
        if (Locks.Count == 0)
            evidence.Add(lockQuestion, Answer.No, "/proc/locks", $"no kernel lock on {what}");
        foreach (var open in Open.DistinctBy(o => (o.Process.Pid, o.CanWrite)).Take(4))
        {
            evidence.Add(openQuestion, open.IsThroughLayer ? Answer.Unknown : Answer.Yes, "/proc/PID/fd",
                $"{Who(open.Process)} has {what} open for {(open.CanWrite ? "writing" : "reading")}{(open.IsThroughLayer ? $", as far as can be seen through an overlay: {open.Path?.Display}" : "")}", blocks: true);
        }

        if (Open.Count == 0)
        {
            evidence.Add(openQuestion, IsComplete ? Answer.No : Answer.Unknown, "/proc/PID/fd",
                IsComplete ? $"no process has {what} open or mapped" : $"not all processes could be inspected, so {what} may be open",
                blocks: !IsComplete);
        }
    }

    internal static IEnumerable<FilePath> NamesOf(FileFacts file, MailboxRoute? route) => (route?.Links.Select(l => l.Path) ?? []).Prepend(file.Path);

    internal static string Who(ProcessFacts process) => $"pid {process.Pid} ({FilePath.Escape(process.Command)})";
}
