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

    /// <summary>Keys of findings that are as they were when the scan before was taken; they are not among <see cref="Findings"/>.</summary>
    public IReadOnlyCollection<string> Unchanged { get; init; } = [];

    /// <summary>To be called when what it found was taken in: what the next scan calls unchanged counts from there.</summary>
    public Action? Taken { get; init; }

    /// <summary>How many kernel locks a look that kept nothing found to be other than one that read only what had changed.</summary>
    public int Unnoticed { get; init; }

    /// <summary>Whether it went through all of its area, and did not only look at what is known to be there.</summary>
    public bool IsWhole { get; init; } = true;

    /// <summary>Whether it went through a part of its area, and only looked at what is known to be in the rest.</summary>
    public bool IsPartlyWalked { get; init; }

    /// <summary>Processor time that it took; zero where that was not measured.</summary>
    public TimeSpan Used { get; init; }

    /// <summary>Names where only a period of time stands in the way of a verdict, and when it ends.</summary>
    public IReadOnlyList<(FilePath Name, DateTimeOffset At)> Rechecks { get; init; } = [];

    /// <summary>Names at which something was known to be, and is no longer.</summary>
    public IReadOnlyList<FilePath> Vanished { get; init; } = [];

    /// <summary>When it began, by <see cref="System.Diagnostics.Stopwatch"/>; null where nothing is seen between two scans.</summary>
    public long? StartedAt { get; init; }

    public bool Missed(Finding finding) =>
        NotLookedAt.Count > 0 && FindingWords.PathOf(finding) is var path && NotLookedAt.Any(path.IsAtOrBelow);
}
