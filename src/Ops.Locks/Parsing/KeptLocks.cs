namespace Ops.Locks;

/// <summary>
/// Which facts of one look at the kernel locks still hold at the next, so that an agent that stays running reads again only what has changed. For what is shown: what is proven before
/// an act comes from a look that keeps nothing.
/// </summary>
/// <remarks>
/// Kept, while the row is listed and its process is the same run (pid and start time): that this process has the lock, where the row itself names the holder, which it does for record
/// locks on file systems whose inode numbers are unique; and through which descriptor. It may have been released and taken again through another one without a change of the row: that
/// number is shown, and nothing is decided by it.
/// Asked again at each look, even if no row changed: whether the path leads to the file, since a rename or a removal shows in no row; for flock, OFD locks and leases, whether each
/// descriptor that had it shows it still, since their rows name who took it or no process at all; and whether a process that has started since shares such a lock, since a fork does.
/// Never kept: who waits, rows that appeared or changed, locks of which no process, no descriptor or no path was found, and those on overlay and btrfs.
/// Not seen by it: a descriptor that was passed over a socket to a process that ran before. So a look that keeps nothing is taken now and then, and what it finds to be different is counted.
/// </remarks>
public static class KeptLocks
{
    /// <summary>Locks of which a look that kept nothing says something else than one that kept what it could. What only one of them shows was taken or released in between.</summary>
    public static IReadOnlyList<LockEntry> Differences(LockTable kept, LockTable whole)
    {
        var now = whole.Entries.ToDictionary(e => LockKey.Of(e.Lock));
        return [.. kept.Entries.Where(e => now.TryGetValue(LockKey.Of(e.Lock), out var other) && !SaysTheSame(e, other))];
    }

    private static bool SaysTheSame(LockEntry a, LockEntry b) => a.File == b.File && a.Path == b.Path && a.PathState == b.PathState && Holders(a).SetEquals(Holders(b));

    private static HashSet<ProcessIdentity> Holders(LockEntry entry) => [.. entry.Parties.Select(p => p.Process.Identity)];
}
