using Ops.Contracts;
using Ops.Incidents;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What a scan covers; its findings are closed by the next scan of the same area only.</summary>
public enum ScanArea
{
    KernelLocks,
    Stores,
}

/// <summary>What one look at one area found, ready for the console.</summary>
/// <param name="NotLookedAt">Places that could not be read: findings there stay as they were.</param>
public sealed record AreaScan(
    ScanArea Area, IReadOnlyList<Finding> Findings, IReadOnlyList<BlindSpot> BlindSpots, IReadOnlyList<FilePath> NotLookedAt, TimeSpan Duration)
{
    /// <summary>Keys of findings of the look before that are gone for certain: they need no second look.</summary>
    public IReadOnlySet<string> Gone { get; init; } = new HashSet<string>();

    /// <summary>When it began, by <see cref="System.Diagnostics.Stopwatch"/>; null where nothing is seen between two scans.</summary>
    public long? StartedAt { get; init; }

    public bool Missed(Finding finding) =>
        NotLookedAt.Count > 0 && FindingWords.PathOf(finding) is var path && NotLookedAt.Any(path.IsAtOrBelow);
}
