using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Who waits for whom over kernel locks and dot locks together.</summary>
/// <remarks>May be used from several threads.</remarks>
internal sealed class Waits(ProcReader processes, WatchedStores stores, FindingFactory factory, TimeProvider clock)
{
    private readonly SleepWatch _sleep = new(processes, clock);
    private readonly Lock _sleepGate = new();

    public IEnumerable<Finding> DeadlockFindings(HostFacts host, IReadOnlyList<KernelLockVerdict> locks, StoresLook? stores, CancellationToken stop) =>
        Deadlock.Find(Of(host, locks, stores, stop), host).Select(r => factory.OfRelation(r, host.Now));

    /// <summary>Every wait that is known of.</summary>
    /// <param name="stores">The last look at the stores; what has changed since does not count.</param>
    public WaitGraph Of(HostFacts host, IReadOnlyList<KernelLockVerdict> locks, StoresLook? stores, CancellationToken stop)
    {
        var waiters = (stores?.Relations ?? []).Where(r => r.Kind == RelationKind.DotLockWaiter && IsThere(r.File) && IsSame(r.Verdict.Owner.Process, host)).ToList();
        var dotLocks = (stores?.DotLocks ?? []).Where(d => IsThere(d.Lock) && IsSame(d.Holder, host)).ToList();
        var known = WaitGraph.From(locks, waiters);
        return known.With(LikelyAmong(known, dotLocks, host, stop)).WithParents(host.Processes, processes.WaitsForChild);
    }

    /// <summary>Whether a look at the stores may add to the waits among these locks: a process waits already, or a locked file has a dot lock too.</summary>
    public bool MayMeetDotLocks(IEnumerable<KernelLockVerdict> locks)
    {
        if (locks.Any(l => l.Entry.Lock.IsWaiter))
            return true;
        var isSilent = stores.SilentNow();
        return ExistingNames.IsAnyNextTo(locks.Select(l => l.Entry.Path).OfType<FilePath>().Where(path => !isSilent(path)), ".lock"u8);
    }

    /// <inheritdoc cref="SleepWatch.SleepsOnTimer"/>
    public bool? SleepsOnTimer(ProcessFacts process) => _sleep.SleepsOnTimer(process);

    /// <summary>Watching a process takes seconds: only those are watched that would close a circle which is not closed without them.</summary>
    private List<Wait> LikelyAmong(WaitGraph known, IReadOnlyList<HeldDotLock> dotLocks, HostFacts host, CancellationToken stop)
    {
        bool IsNew(Wait wait) => !known.BlockersOf(wait.Waiter).Any(w => w.Blocker == wait.Blocker);
        var possible = LikelyWaits.Find(dotLocks, host, static _ => true).Where(IsNew).ToList();
        if (possible.Count == 0)
            return [];
        var circles = known.With(possible).WithParents(host.Processes, processes.WaitsForChild).Cycles().SelectMany(c => c).ToHashSet();
        var watched = possible.Select(w => w.Waiter).Where(circles.Contains).ToHashSet();
        return [.. LikelyWaits.Find(dotLocks, host, process => watched.Contains(process.Pid) ? Wakes(process, stop) : false).Where(IsNew)];
    }

    private bool? Wakes(ProcessFacts process, CancellationToken stop)
    {
        lock (_sleepGate)
            return _sleep.WakesAgainAndAgain(process, stop);
    }

    // A lock that was released and taken again is another file.
    private bool IsThere(FileFacts? file) => file is not null && !stores.IsSilent(file.Path) && ArtefactReader.Stat(file.Path).TryGet(out var now) && now.Identity == file.Identity;

    private static bool IsSame(ProcessFacts? process, HostFacts host) =>
        process is not null && host.Processes.Processes.TryGetValue(process.Pid, out var now) && now.IsAlive && now.Identity == process.Identity;
}
