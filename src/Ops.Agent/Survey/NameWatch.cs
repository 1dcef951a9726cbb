using Ops.Contracts;

namespace Ops.Agent;

/// <summary>A watch on the names below the stores.</summary>
/// <param name="watch">What is ended with it; null where no name is reported.</param>
/// <param name="blindSpots">Asked again and again: mounts come and go.</param>
public sealed class NameWatch(IDisposable? watch, Func<IReadOnlyList<BlindSpot>> blindSpots) : IDisposable
{
    public static NameWatch None { get; } = new(null, static () => []);

    /// <summary>Whether some place is watched.</summary>
    public bool IsOn => watch is not null;

    /// <summary>Where changes are found by scans only, and what that costs.</summary>
    public IReadOnlyList<BlindSpot> BlindSpots => blindSpots();

    public void Dispose() => watch?.Dispose();
}
