using Ops.Contracts;

namespace Ops.Agent;

/// <summary>What the engine needs of the host; the seam for tests without one.</summary>
public interface IHostWatch
{
    Guid BootId { get; }

    /// <summary>What can never be seen from here, such as other users' descriptors.</summary>
    IReadOnlyList<BlindSpot> Standing { get; }

    /// <summary>Keeps what has been seen of the clock for the next agent of this boot.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    void KeepBootTime();

    AreaScan LookAtLocks(CancellationToken stop);

    AreaScan LookAtStores(CancellationToken stop);

    /// <param name="since">When a finding of this key was first seen; null when that is not known.</param>
    ExplainAnswer Explain(string subject, Func<string, DateTimeOffset?> since);
}
