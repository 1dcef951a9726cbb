using System.Text.Json;
using Ops.Data;

namespace Ops.Web.Features.Acts.Operations;

/// <summary>The one place where a stored operation becomes a request to an agent, and an agent's answer becomes stored evidence.</summary>
internal static class OperationWire
{
    /// <summary>The row of an act that is about to be requested.</summary>
    /// <param name="fingerprint">Of the preview. That of an item in quarantine is the console's own and is not sent: the agent knows the operation.</param>
    public static Operation New(ActTarget target, string host, string path, string? pathBytes, string actor, string reason, string? fingerprint) => new()
    {
        Id = Guid.CreateVersion7(),
        HostId = target.HostId,
        Host = host,
        Action = target.Action,
        FindingKey = target.FindingKey,
        Path = path,
        PathBytes = pathBytes,
        Fingerprint = target.Quarantined is null ? fingerprint : null,
        UndoOf = target.Quarantined,
        Actor = actor,
        Reason = reason,
        Process = target.Process is { } process ? JsonSerializer.Serialize(process, OpsJson.Default.ProcessRef) : null,
        Descriptor = target.Descriptor,
    };

    /// <summary>From the row alone: asked again after a restart, the agent gets the very same request.</summary>
    /// <param name="head">Of the console's chain when the intent was written.</param>
    public static ExecuteRequest RequestOf(Operation operation, string? head) => new(
        operation.Id, operation.Action, operation.FindingKey, operation.Path, operation.PathBytes, operation.Fingerprint, operation.Actor,
        operation.Approvers is { } names ? JsonSerializer.Deserialize(names, OpsJson.Default.IReadOnlyListString) ?? [] : [], operation.Reason, operation.UndoOf,
        Process: operation.Process is { } process ? JsonSerializer.Deserialize(process, OpsJson.Default.ProcessRef) : null,
        ConsoleHead: head, BreakGlass: operation.BreakGlass, Descriptor: operation.Descriptor);

    public static OperationEvidence EvidenceOf(OperationResult result) => new()
    {
        QuarantinePath = result.QuarantinePath,
        StaleContent = ContentOf(result.Removed),
        StaleStat = result.Removed is { } removed ? JsonSerializer.Serialize(removed with { Content = null }, OpsJson.Default.RemovedFile) : null,
        Steps = JsonSerializer.Serialize(result.Steps, OpsJson.Default.IReadOnlyListOperationProgress),
        SettledWith = result.SettledWith,
        Settle = result.Settle is { } settle ? JsonSerializer.Serialize(settle, OpsJson.Default.Settle) : null,
        Rescued = result.Rescued is { } rescued ? JsonSerializer.Serialize(rescued, OpsJson.Default.RescuedFile) : null,
        AgentHead = result.JournalHead,
    };

    // An agent that sends something else than base64 has sent nothing.
    private static byte[]? ContentOf(RemovedFile? removed)
    {
        if (removed?.Content is not { } text)
            return null;
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }
}
