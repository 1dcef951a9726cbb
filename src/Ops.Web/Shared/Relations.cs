using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>Which process blocks which, as far as one host's findings show it.</summary>
/// <param name="Waiters">Those who wait for this finding to go.</param>
/// <param name="Blockers">Those that this finding waits for.</param>
public sealed record Relations(IReadOnlyList<LiveFinding> Waiters, IReadOnlyList<LiveFinding> Blockers)
{
    public static Relations None { get; } = new([], []);

    /// <summary>The deadlock that the process behind this finding is part of; null when there is none.</summary>
    public LiveFinding? Deadlock { get; private init; }

    /// <summary>For a deadlock: what its processes hold and wait for.</summary>
    public IReadOnlyList<LiveFinding> Members { get; private init; } = [];

    public static Relations Of(LiveFinding found, LiveView view)
    {
        if (view.Host(found.HostId) is not { } host)
            return None;
        if (found.Finding.Cycle is { Count: > 0 } cycle)
        {
            return None with
            {
                Members = [.. host.KernelLocks.Concat(host.Files).Where(f => f.Key != found.Key && f.Finding.Verdict is "held" or "waiting" && Pid(f.Finding) is { } p && cycle.Contains(p))],
            };
        }
        var deadlock = Pid(found.Finding) is { } party && found.Finding.OwnerAlive == true
            ? host.Files.FirstOrDefault(f => f.Finding.Cycle.Contains(party)) : null;
        return Queue(found, host) with { Deadlock = deadlock };
    }

    private static Relations Queue(LiveFinding found, HostView host)
    {
        var finding = found.Finding;
        if (finding.Lock is { } mine)
        {
            var group = host.KernelLocks.Where(l => l.Key != found.Key && l.Finding.Lock?.Group == mine.Group).ToList();
            var pid = Pid(finding);
            return new(
                [.. group.Where(l => l.Finding.Lock!.Depth > mine.Depth && pid is { } p && l.Finding.Lock.BlockedBy.Contains(p)).OrderBy(l => l.Finding.Lock!.Depth)],
                [.. group.Where(l => Pid(l.Finding) is { } p && mine.BlockedBy.Contains(p)).OrderBy(l => l.Finding.Lock!.Depth)]);
        }
        // Dot locks: a waiter's finding is about the path of the lock it waits for.
        var same = host.Files.Where(f => f.Key != found.Key && NameOf(f.Finding) == NameOf(finding)).ToList();
        return IsDotLockWaiter(finding) ? new([], [.. same.Where(f => IsLock(f.Finding))])
            : IsLock(finding) ? new([.. same.Where(f => IsDotLockWaiter(f.Finding))], [])
            : None;
    }

    /// <summary>For every lock of a host that processes poll for, by its name: how many. One that only probably waits is listed and not counted.</summary>
    public static IReadOnlyDictionary<(string, string?), int> DotLockWaiters(HostView host) => host.Files
        .Where(f => IsDotLockWaiter(f.Finding) && !f.Finding.Evidence.Any(e => e.Question == Questions.WaitsFor && e.Answer == Words.Of(Answer.Unknown)))
        .GroupBy(f => NameOf(f.Finding))
        .ToDictionary(g => g.Key, g => g.Select(f => Pid(f.Finding)).Distinct().Count());

    /// <summary>What a finding is about; the bytes distinguish names that look alike as text.</summary>
    public static (string, string?) NameOf(Finding finding) => (finding.Path, finding.PathBytes);

    /// <summary>Whether it is a lock by its being there, not what several of them say together.</summary>
    public static bool IsLock(Finding finding) => finding is { Relation: null, Lock: null } && (finding.Kind == Words.Of(ArtefactKind.DotLock)
        || finding.Kind == Words.Of(ArtefactKind.MbxLock) || finding.Kind == Words.Of(ArtefactKind.LockFile));

    private static int? Pid(Finding finding) => finding.Owner?.Pid ?? finding.Process?.Pid;

    private static bool IsDotLockWaiter(Finding finding) => finding.Relation == Words.Of(RelationKind.DotLockWaiter);
}
