using Ops.Locks;

namespace Ops.Agent;

/// <summary>What earlier looks at the stores saw of locks: a lock that was lost, and how programs lock which mailbox, show only over several looks.</summary>
/// <remarks>May be used from several threads.</remarks>
internal sealed class LockMemory(WatchedStores stores)
{
    private readonly Lock _gate = new();
    private Dictionary<(FileIdentity File, ProcessIdentity Process), MailboxHold> _holds = [];
    private LockingHabits _habits = LockingHabits.Nothing;

    /// <summary>Compares with the holds of the looks before, and remembers those of this one.</summary>
    public IReadOnlyList<Relation> LostLocks(HostFacts host)
    {
        lock (_gate)
        {
            var lost = LostLock.Among(_holds.Values, host);
            _holds = lost.Concat(LostLock.Holds(host)).DistinctBy(h => (h.File, h.Process.Identity)).ToDictionary(h => (h.File, h.Process.Identity));
            return [.. LostLock.Find(lost, host)];
        }
    }

    /// <summary>Adds this look to what is known of how programs lock which mailbox, and says which of them do not fit. One look alone says nothing.</summary>
    public IReadOnlyList<Relation> Habits(IReadOnlyList<JudgedArtefact> judged, IReadOnlyList<Relation> among, HostFacts host)
    {
        var sights = LockingSights.Of(judged, among, host, e => stores.IsBelowRoots(e) && NamedFile.AsLockHandle(e.Path!.Value) is null);
        lock (_gate)
        {
            _habits = _habits.With(sights);
            return [.. _habits.Incompatible(host.Now)];
        }
    }

    /// <summary>Locked files below the roots, and those of which a lock was lost: of each, all descriptors matter.</summary>
    public IReadOnlyList<FileIdentity> LockedBelowRoots(LockTable locks)
    {
        lock (_gate)
            return [.. locks.Entries.Where(e => e is { File: not null, PathState: PathState.Current } && stores.IsBelowRoots(e)).Select(e => e.File!.Value), .. _holds.Keys.Select(k => k.File)];
    }
}
