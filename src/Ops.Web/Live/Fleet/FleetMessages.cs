using System.Text.Json.Serialization;

namespace Ops.Web.Live.Fleet;

/// <summary>What consoles of a fleet send to each other, as JSON. A console of the release before or after reads it too: add fields, never change the meaning of one; what changes more gets a new kind.</summary>
internal static class FleetKinds
{
    /// <summary>A <see cref="FleetBatch"/>.</summary>
    public const string Hosts = "hosts/1";

    /// <summary>A <see cref="AgentQuestion"/>, answered by an <see cref="AgentReply"/>.</summary>
    public const string Ask = "agent-ask/1";

    /// <summary>An <see cref="AgentAct"/>: answered when the agent was asked, not when it has acted.</summary>
    public const string Act = "agent-act/1";

    /// <summary>An <see cref="ActProgress"/>.</summary>
    public const string Progress = "act-progress/1";

    /// <summary>An <see cref="ActEnd"/>.</summary>
    public const string End = "act-end/1";

    /// <summary>A token id: its connections end.</summary>
    public const string TokenRevoked = "token-revoked/1";

    /// <summary>A token id: its agent is to make a new key.</summary>
    public const string KeyRotation = "key-rotation/1";

    /// <summary>A host id: an administrator removed it.</summary>
    public const string HostForgotten = "host-forgotten/1";

    /// <summary>An array of session ids: their open pages end.</summary>
    public const string SessionsEnded = "sessions-ended/1";
}

/// <summary>What changed about the hosts of one console since its last batch.</summary>
/// <param name="Number">Counts the batches of one run of a console to another one; an older batch that arrives late counts for nothing.</param>
/// <param name="SentAt">By the sender's clock: the receiver puts the times right by it.</param>
internal sealed record FleetBatch(long Number, DateTimeOffset SentAt, IReadOnlyList<HostNews> Hosts);

/// <summary>One host, or a part of one.</summary>
/// <param name="Attachment">Number of the agent's connection; of two consoles that claim a host the higher one is right.</param>
/// <param name="Whole">True: the findings are all there are, perhaps in several parts; false: what changed.</param>
/// <param name="IsComplete">False until the agent's first snapshot has arrived whole.</param>
/// <param name="First">True: parts that came before belong to another state.</param>
/// <param name="Last">False: more parts of the same state follow.</param>
/// <param name="Put">Findings that are new or changed.</param>
/// <param name="Closed">Keys of those that no longer exist.</param>
internal sealed record HostNews(
    string HostId, long Attachment, HostStatus Status, bool Whole, bool IsComplete, bool First, bool Last, IReadOnlyList<Finding> Put, IReadOnlyList<string> Closed);

/// <param name="Method">A method of <see cref="IAgentClient"/>.</param>
/// <param name="Request">Its argument as JSON; null when it has none.</param>
internal sealed record AgentQuestion(string HostId, string Method, string? Request);

/// <param name="Answer">As JSON.</param>
/// <param name="Failure">Why there is none.</param>
internal sealed record AgentReply(string? Answer, string? Failure);

internal sealed record AgentAct(string HostId, ExecuteRequest Request);

internal sealed record ActProgress(string HostId, OperationProgress Progress);

/// <param name="Result">Null when the agent's answer did not come: it is unknown whether it acted.</param>
internal sealed record ActEnd(string HostId, Guid OperationId, OperationResult? Result, string? Failure);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FleetBatch))]
[JsonSerializable(typeof(AgentQuestion))]
[JsonSerializable(typeof(AgentReply))]
[JsonSerializable(typeof(AgentAct))]
[JsonSerializable(typeof(ActProgress))]
[JsonSerializable(typeof(ActEnd))]
[JsonSerializable(typeof(Guid))]
[JsonSerializable(typeof(Guid[]))]
[JsonSerializable(typeof(string))]
internal sealed partial class FleetJson : JsonSerializerContext;
