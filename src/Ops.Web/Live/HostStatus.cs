
namespace Ops.Web.Live;

/// <summary>What the console knows about the link to one agent.</summary>
public enum HostConnection
{
    /// <summary>Connected, and its state is being fetched (first snapshot, or again after a gap); what is shown may be old.</summary>
    Syncing,

    /// <summary>Connected, and every change so far has arrived.</summary>
    Live,

    /// <summary>The connection ended or nothing was heard for 20 seconds: what is shown is the last known state, not "quiet".</summary>
    Lost,
}

/// <summary>One host as its agent described it, and how the link to it is.</summary>
/// <param name="HostId">Stable id; use it in addresses. Two hosts may share a <paramref name="HostName"/>.</param>
/// <param name="Origin">Where the agent comes from: <c>embedded</c>, or the name of the token it signed in with.</param>
/// <param name="LostReason">One sentence; null unless <see cref="HostConnection.Lost"/>.</param>
/// <param name="IsPrivileged">False: the agent is not root and cannot see everything; <paramref name="BlindSpots"/> name what.</param>
/// <param name="BlindSpots">What the last scan could not see or prove, the console's own limits included.</param>
/// <param name="ScanMilliseconds">Duration of the last scan of each kind, by area.</param>
/// <param name="LastHeardAt">By the console's clock.</param>
public sealed record HostStatus(
    string HostId, string HostName, string Origin, bool IsEmbedded, HostConnection Connection, string? LostReason, string Version, Guid BootId, bool IsPrivileged,
    IReadOnlyList<string> Capabilities, IReadOnlyList<string> Roots, IReadOnlyList<BlindSpot> BlindSpots,
    IReadOnlyDictionary<string, double> ScanMilliseconds, DateTimeOffset ConnectedAt, DateTimeOffset LastHeardAt)
{
    /// <summary>What the host's own policy file allows; null from an agent that does not say.</summary>
    public HostPolicy? Policy { get; init; }

    /// <summary>Its stores were made to practise: what is there is shown, and neither counts nor alerts.</summary>
    public bool IsDrill => Policy is { IsDrill: true };

    /// <summary>What the agent calls its host, where that is the name of another known host; null when it is shown under its own.</summary>
    public string? ReportedName { get; init; }

    /// <summary>When two machines were last seen to report as this one at the same time (a cloned machine id); null when they were not, of late.</summary>
    public DateTimeOffset? CollidedAt { get; init; }

    /// <summary>Why the agent has stopped acting for a while, in a sentence; null while it acts.</summary>
    public string? CircuitOpen { get; init; }

    /// <summary>What the last heartbeat said of audits of its stores; null from an agent that does none.</summary>
    public StoreAuditBeat? Audits { get; init; }

    /// <summary>What its agent costs the host; null from an agent that does not say.</summary>
    public AgentCost? Cost { get; init; }

    /// <summary>What the queues of its mail systems said last; null from an agent that asks none.</summary>
    public IReadOnlyList<QueueReport>? Queues { get; init; }
}
