using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What one look at the host found, and what it could not see.</summary>
/// <param name="Locks">Verdicts on every kernel lock, also those that are no findings here because they lie outside the roots.</param>
/// <param name="NotLookedAt">Directories that could not be read.</param>
/// <param name="HasFailed">Whether some part failed that should have worked; missing privileges are no failure.</param>
/// <param name="Recheck">When only the grace period stood in the way of a verdict: from when another look decides.</param>
public sealed record Survey(
    HostFacts Host,
    IReadOnlyList<Finding> Findings,
    IReadOnlyList<KernelLockVerdict> Locks,
    IReadOnlyList<BlindSpot> BlindSpots,
    IReadOnlyList<FilePath> NotLookedAt,
    bool HasFailed,
    DateTimeOffset? Recheck,
    TimeSpan Duration);

/// <summary>One artefact, looked at closely and by itself.</summary>
public sealed record CloseLook(ArtefactFacts Artefact, Verdict Verdict, HostFacts Host, Finding Finding);
