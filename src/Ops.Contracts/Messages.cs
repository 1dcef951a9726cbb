namespace Ops.Contracts;

/// <summary>Who an agent is and what it can do; first message of every connection.</summary>
/// <param name="HostId">Stable id of the installation (the machine id, hashed); two hosts may share a name.</param>
/// <param name="Capabilities"><c>break</c>, <c>remove</c>, <c>undo</c>, <c>explain</c>: what this agent would do when the evidence allows it.</param>
/// <param name="Epoch">New for every start of the agent; sequence numbers count within it.</param>
public sealed record Hello(
    int Protocol, string Version, string HostId, string HostName, Guid BootId, Guid Epoch, bool IsPrivileged, IReadOnlyList<string> Capabilities,
    IReadOnlyList<string> Roots, IReadOnlyList<BlindSpot> BlindSpots)
{
    public const int CurrentProtocol = 1;
}

/// <summary>A part of the whole state. The state is complete when the chunk with <paramref name="Last"/> has come.</summary>
/// <param name="Sequence">The state includes every delta up to this number.</param>
public sealed record SnapshotChunk(Guid Epoch, long Sequence, int Index, bool Last, IReadOnlyList<Finding> Findings);

/// <summary>What one scan changed. Sequence numbers are contiguous; a gap means resync.</summary>
/// <param name="Closed">Keys of findings that are no more.</param>
public sealed record Delta(
    Guid Epoch, long Sequence, IReadOnlyList<Finding> Opened, IReadOnlyList<Finding> Changed, IReadOnlyList<string> Closed);

/// <summary>Sent at least every 5 seconds; a console that hears nothing for 20 shows the host as lost, not as quiet.</summary>
/// <param name="ScanMilliseconds">Duration of the last scan of each kind, by area.</param>
public sealed record Heartbeat(
    Guid Epoch, long Sequence, DateTimeOffset At, IReadOnlyDictionary<string, double> ScanMilliseconds, IReadOnlyList<BlindSpot> BlindSpots);

/// <summary>Asks what an act would find and do, without doing it.</summary>
public sealed record PreviewRequest(string Action, string FindingKey, string Path, string? PathBytes);

/// <param name="Steps">What will be done, in order, in words.</param>
/// <param name="Victims">Who is waiting or would be affected.</param>
/// <param name="Refusal">Null when the act may go on with <paramref name="Fingerprint"/>.</param>
public sealed record PreviewAnswer(
    Finding? Finding, string? Fingerprint, IReadOnlyList<string> Steps, IReadOnlyList<string> Victims, OperationRefusal? Refusal);

/// <summary>Why an agent says no, for a person.</summary>
/// <param name="Reason">A fixed word: <c>holder-alive</c>, <c>lock-changed</c>, <c>too-young</c>...</param>
/// <param name="Sentence">Names the missing evidence.</param>
public sealed record OperationRefusal(string Reason, string Sentence);

/// <summary>Asks for an act. Idempotent by <paramref name="OperationId"/>: an agent that already ran it answers with the recorded result.</summary>
/// <param name="Action"><c>break</c>, <c>remove</c> or <c>undo</c>. No free-form command exists.</param>
/// <param name="Fingerprint">From the preview; the agent looks again and refuses when it differs.</param>
/// <param name="UndoOf">For <c>undo</c>: the operation to take back.</param>
public sealed record ExecuteRequest(
    Guid OperationId, string Action, string FindingKey, string Path, string? PathBytes, string? Fingerprint, string Actor, IReadOnlyList<string> Approvers,
    string Reason, Guid? UndoOf = null);

/// <param name="Step">Number of the protocol step, from 1.</param>
/// <param name="State"><c>running</c>, <c>done</c>, <c>failed</c>.</param>
public sealed record OperationProgress(Guid OperationId, int Step, string Title, string State, string? Detail, DateTimeOffset At);

/// <summary>How an act ended.</summary>
/// <param name="Outcome"><c>done</c>, <c>refused</c>, <c>changed</c>, <c>gone</c>, <c>failed</c>.</param>
/// <param name="Removed">The file that was taken away: content and state, for the audit.</param>
/// <param name="SettledWith">What was seen at the name during the settle period.</param>
/// <param name="JournalHead">Hash of the agent's own audit chain after this operation.</param>
public sealed record OperationResult(
    Guid OperationId, string Action, string Outcome, OperationRefusal? Refusal, string Summary, string? QuarantinePath, RemovedFile? Removed,
    string? SettledWith, IReadOnlyList<OperationProgress> Steps, DateTimeOffset StartedAt, DateTimeOffset EndedAt, string? JournalHead);

/// <param name="Content">Base64 of at most 64 KiB; null when it was not a regular file.</param>
public sealed record RemovedFile(FindingIdentity Identity, string? Content, IReadOnlyDictionary<string, string> ExtendedAttributes);

public sealed record ExplainRequest(string Subject);

/// <summary>The causal chain in words.</summary>
/// <param name="Lines">Who holds, who waits, since when, what is safe to do next: one sentence a line.</param>
public sealed record ExplainAnswer(string Subject, IReadOnlyList<string> Lines, IReadOnlyList<Finding> Findings);

/// <summary>What an agent calls on the console (SignalR hub <c>/hubs/agent</c>, bearer token).</summary>
public interface IAgentHub
{
    Task Hello(Hello hello);

    Task Snapshot(SnapshotChunk chunk);

    Task Delta(Delta delta);

    Task Heartbeat(Heartbeat heartbeat);

    Task Progress(OperationProgress progress);
}

/// <summary>What a console calls on an agent. In process for the embedded agent, over the hub for a remote one: the same interface.</summary>
/// <remarks>Calls with an answer use SignalR client results.</remarks>
public interface IAgentClient
{
    /// <summary>Asks for a whole new snapshot, after a gap.</summary>
    Task Resync();

    Task<ExplainAnswer> Explain(ExplainRequest request);

    Task<PreviewAnswer> Preview(PreviewRequest request);

    Task<OperationResult> Execute(ExecuteRequest request);
}
