using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>One look at the host: what is reported of it, and the facts that it rests on.</summary>
/// <param name="Host">Facts that this look read. They are large: keep the scan alone for later.</param>
/// <param name="Locks">Verdicts on every kernel lock, also those that are no findings here because their files are outside the roots.</param>
/// <param name="HasFailed">Whether some part failed that should have worked; missing privileges are no failure.</param>
/// <param name="Recheck">When only the grace period stood in the way of a verdict: from when another look decides.</param>
public sealed record Survey(AreaScan Scan, HostFacts Host, IReadOnlyList<KernelLockVerdict> Locks, bool HasFailed, DateTimeOffset? Recheck)
{
    public IReadOnlyList<Finding> Findings => Scan.Findings;

    public IReadOnlyList<BlindSpot> BlindSpots => Scan.BlindSpots;
}
