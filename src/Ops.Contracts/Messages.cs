namespace Ops.Contracts;

/// <summary>Who an agent is and what it can do; first message of every connection.</summary>
/// <param name="HostId">Stable id of the installation (the machine id, hashed); two hosts may share a name.</param>
/// <param name="Capabilities"><c>break</c>, <c>remove</c>, <c>undo</c>, <c>explain</c>: what this agent would do when the evidence allows it. <see cref="OnlyReports"/>: also an act
/// without a preview is refused when it is no longer wanted.</param>
/// <param name="Epoch">New for every start of the agent; sequence numbers count within it.</param>
/// <param name="Policy">What the policy file of the host allows; null from an agent that is too old to say. The agent enforces it whatever a console makes of it.</param>
public sealed record Hello(
    int Protocol, string Version, string HostId, string HostName, Guid BootId, Guid Epoch, bool IsPrivileged, IReadOnlyList<string> Capabilities,
    IReadOnlyList<string> Roots, IReadOnlyList<BlindSpot> BlindSpots, HostPolicy? Policy = null)
{
    public const int CurrentProtocol = 1;

    /// <summary>Among the capabilities of an agent that refuses <see cref="ExecuteRequest.NoLongerWanted"/> for every act, undo and purge included.</summary>
    public const string OnlyReports = "only-report";

    /// <summary>Among the capabilities of an agent that answers <see cref="IAgentClient.FindProcesses"/> and takes what <see cref="IAgentClient.HearOtherHosts"/> brings.</summary>
    public const string AsksOtherHosts = "other-hosts";

    /// <summary>Among the capabilities of an agent that audits its stores when it is asked to, and reports it in its heartbeats.</summary>
    public const string AuditsStores = "audit-store";
}

/// <summary>What a host's policy says about acts, so that a page can show it before a user asks.</summary>
/// <param name="IsShadow">The host only says what it would do.</param>
/// <param name="Approvers">By verb: how many people other than the actor must have approved. A verb that is not named needs none.</param>
/// <param name="MaxActsPerMinute">0: no limit.</param>
/// <param name="BreakGlassAllowed">Whether an act without its approvers is possible, loudly.</param>
/// <param name="WeakerProtocolBelow">Directories whose dot locks may be renamed away where names cannot be exchanged; null: none. How many must agree to that stands
/// under <c>weaker</c> among the verbs.</param>
/// <param name="IsDrill">Its stores were made to practise: nothing there is a real incident.</param>
public sealed record HostPolicy(
    bool IsShadow, IReadOnlyList<string> Verbs, IReadOnlyDictionary<string, int> Approvers, int MaxActsPerMinute, bool BreakGlassAllowed,
    IReadOnlyList<string>? WeakerProtocolBelow = null, bool IsDrill = false);

/// <summary>A part of the whole state. The state is complete when the chunk with <paramref name="Last"/> has come.</summary>
/// <param name="Sequence">The state includes every delta up to this number.</param>
public sealed record SnapshotChunk(Guid Epoch, long Sequence, int Index, bool Last, IReadOnlyList<Finding> Findings);

/// <summary>What one scan changed. Sequence numbers are contiguous; a gap means resync.</summary>
/// <param name="Closed">Keys of findings that are no more.</param>
public sealed record Delta(
    Guid Epoch, long Sequence, IReadOnlyList<Finding> Opened, IReadOnlyList<Finding> Changed, IReadOnlyList<string> Closed);

/// <summary>Sent at least every 5 seconds; a console that hears nothing for 20 shows the host as lost, not as quiet.</summary>
/// <param name="ScanMilliseconds">Duration of the last scan of each kind, by area.</param>
/// <param name="CircuitOpen">Why the agent does nothing at all for now, as a sentence; null when it acts.</param>
/// <param name="Audits">Null from an agent that does not audit its stores.</param>
/// <param name="Cost">Null from an agent that is too old to say.</param>
/// <param name="Queues">Null from an agent that asks no queue, by its policy or because no mailbox needs it.</param>
public sealed record Heartbeat(
    Guid Epoch, long Sequence, DateTimeOffset At, IReadOnlyDictionary<string, double> ScanMilliseconds, IReadOnlyList<BlindSpot> BlindSpots,
    string? CircuitOpen = null, StoreAuditBeat? Audits = null, AgentCost? Cost = null, IReadOnlyList<QueueReport>? Queues = null);

/// <summary>What waits in the queue of a mail transfer agent for mailboxes that need attention.</summary>
/// <param name="System">Word of the mail system.</param>
/// <param name="At">When it was asked.</param>
/// <param name="Messages">All that are in the queue, as far as it was read.</param>
/// <param name="Problem">Why it is not known, or not whole, in a sentence; null when it is whole.</param>
public sealed record QueueReport(string System, DateTimeOffset At, long Messages, string? Problem, IReadOnlyList<QueuedMail> For);

/// <summary>Messages that wait for one user.</summary>
/// <param name="User">As the mailbox names its user.</param>
/// <param name="OldestAt">When the oldest of them came; null when the queue does not say.</param>
/// <param name="Reason">Why one was not delivered, in the words of the mail system; null when it does not say.</param>
public sealed record QueuedMail(string User, long Messages, DateTimeOffset? OldestAt, string? Reason);

/// <summary>What an agent costs its host.</summary>
/// <param name="ProcessorPercent">Of one core, over the last minute; null in the first seconds, and from an agent that shares its process with a console.</param>
/// <param name="BudgetPercent">Above that it looks less often where nothing changes; null: no limit.</param>
/// <param name="ResidentMegabytes">In MiB; null from an agent that shares its process with a console.</param>
/// <param name="EventLagMilliseconds">The longest time in the last minute from an event to its finding; null when there was none.</param>
/// <param name="EventsMissed">Names that were there, or were gone, and of which no event had come: a fault.</param>
/// <param name="CoversAll">Whether events cover every store, so that none is walked through but to verify that.</param>
/// <param name="IsSlowed">It is above its budget, and looks less often.</param>
/// <param name="WholeScan">The last scan that went through all stores.</param>
/// <param name="VerifiedAt">When the last verification in the background came to its end.</param>
public sealed record AgentCost(
    double? ProcessorPercent, double? BudgetPercent, double? ResidentMegabytes, double? EventLagMilliseconds, int EventsMissed, bool CoversAll, bool IsSlowed,
    ScanCost? WholeScan, DateTimeOffset? VerifiedAt);

/// <summary>What one scan took.</summary>
public sealed record ScanCost(double Milliseconds, double ProcessorMilliseconds, DateTimeOffset At);

/// <summary>One run of one process: a pid that was given to another process since never equals it.</summary>
/// <param name="StartTicks">Clock ticks since boot, field 22 of <c>/proc/PID/stat</c>.</param>
public sealed record ProcessRef(int Pid, ulong StartTicks, Guid BootId);

/// <summary>Asks what an act would find and do, without doing it.</summary>
/// <param name="Process">For <c>ask</c>, <c>term</c>, <c>kill</c> and <c>rescue</c>: whom it is about.</param>
/// <param name="Descriptor">For <c>rescue</c>: which of its open files; null for the one that the finding names.</param>
public sealed record PreviewRequest(string Action, string FindingKey, string Path, string? PathBytes, ProcessRef? Process = null, int? Descriptor = null);

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
/// <param name="Action"><c>break</c>, <c>remove</c>, <c>undo</c>, <c>ask</c>, <c>term</c>, <c>kill</c>, <c>rescue</c> or <c>purge</c>. No free-form command exists.</param>
/// <param name="Fingerprint">From the preview; the agent looks again and refuses when it differs.</param>
/// <param name="Approvers">People who saw the fresh preview and agreed; never the actor.</param>
/// <param name="UndoOf">For <c>undo</c> and <c>purge</c>: the operation to take back, or whose file goes for good.</param>
/// <param name="Process">For <c>ask</c>, <c>term</c>, <c>kill</c> and <c>rescue</c>: whom it is about.</param>
/// <param name="ConsoleHead">Hash of the console's audit chain when the intent was written there, 64 hex digits; the agent's journal keeps it.</param>
/// <param name="BreakGlass">Why the approvers that the policy asks for are not there; null: they are. Lifts nothing else.</param>
/// <param name="Descriptor">For <c>rescue</c>: which of the process's open files; null for the one that the finding names.</param>
public sealed record ExecuteRequest(
    Guid OperationId, string Action, string FindingKey, string Path, string? PathBytes, string? Fingerprint, string Actor, IReadOnlyList<string> Approvers,
    string Reason, Guid? UndoOf = null, ProcessRef? Process = null, string? ConsoleHead = null, string? BreakGlass = null, int? Descriptor = null)
{
    /// <summary>A fingerprint that differs from every real one: the console asks only what became of the operation, and an agent that has no record of it refuses.</summary>
    public const string NoLongerWanted = "sha256:no-longer-wanted";
}

/// <param name="Step">Number of the protocol step, from 1.</param>
/// <param name="State"><c>running</c>, <c>done</c>, <c>failed</c>.</param>
public sealed record OperationProgress(Guid OperationId, int Step, string Title, string State, string? Detail, DateTimeOffset At);

/// <summary>How an act ended.</summary>
/// <param name="Outcome"><c>done</c>, <c>refused</c>, <c>changed</c>, <c>gone</c>, <c>failed</c>.</param>
/// <param name="Removed">The file that was removed: content and state, for the audit.</param>
/// <param name="SettledWith">What was seen at the name during the settle period.</param>
/// <param name="JournalHead">Hash of the agent's own audit chain after this operation.</param>
/// <param name="Rescued">What a rescue saved.</param>
/// <param name="Settle">Before and after: who took the lock next, how long, what went wrong.</param>
public sealed record OperationResult(
    Guid OperationId, string Action, string Outcome, OperationRefusal? Refusal, string Summary, string? QuarantinePath, RemovedFile? Removed,
    string? SettledWith, IReadOnlyList<OperationProgress> Steps, DateTimeOffset StartedAt, DateTimeOffset EndedAt, string? JournalHead,
    RescuedFile? Rescued = null, Settle? Settle = null);

/// <param name="Content">Base64 of at most 64 KiB; null when it was not a regular file.</param>
public sealed record RemovedFile(FindingIdentity Identity, string? Content, IReadOnlyDictionary<string, string> ExtendedAttributes);

/// <summary>A ghost writer's bytes as they were saved. Nothing is ever delivered from it without a person.</summary>
/// <param name="Path">On the agent's host; mode 0600.</param>
/// <param name="Sha256">Of the whole file, holes read as zeros; hex.</param>
/// <param name="Messages">0 when it is no mbox.</param>
/// <param name="NotInMailbox">Messages that the live mailbox did not hold when it was compared; at most 500.</param>
public sealed record RescuedFile(string Path, long Bytes, string Sha256, int Messages, IReadOnlyList<RescuedMessage> NotInMailbox);

/// <summary>One message of a rescued mbox, by its own headers as they stand there (raw text from the mail).</summary>
public sealed record RescuedMessage(string? From, string? MessageId, string? Subject, string? Date, long Bytes);

/// <summary>Before and after an act on a lock.</summary>
/// <param name="Before">The file as it was taken, or as the lock was on it.</param>
/// <param name="After">What had the name when the watch ended; null when nothing had.</param>
/// <param name="Notes">What went wrong or should be looked at.</param>
public sealed record Settle(IReadOnlyList<SettleSighting> Sightings, FindingIdentity? Before, FindingIdentity? After, IReadOnlyList<string> Notes);

/// <summary>A process that had the lock after the act.</summary>
/// <param name="Who">As far as it could be determined: <c>pid 42 (exim4)</c>, or the user who owns the lock file.</param>
public sealed record SettleSighting(double AfterSeconds, string Who, double SeenForSeconds, bool StillThere);

/// <summary>Everything in the quarantines of a host's stores.</summary>
/// <param name="Problems">What could not be read: an item may be there all the same.</param>
public sealed record QuarantineAnswer(IReadOnlyList<QuarantineItem> Items, IReadOnlyList<BlindSpot> Problems);

/// <param name="Action"><c>break</c> or <c>remove</c>: what took it.</param>
/// <param name="Path">The name it had.</param>
/// <param name="Identity">Of the file as it is in quarantine now.</param>
/// <param name="PurgeAfter">From then on it may be removed for good.</param>
/// <param name="NoUndo">Why it could not be put back now; null when it could.</param>
public sealed record QuarantineItem(
    Guid OperationId, string Action, string Path, string? PathBytes, string QuarantinePath, DateTimeOffset TakenAt, string Actor, string Reason,
    FindingIdentity Identity, DateTimeOffset PurgeAfter, OperationRefusal? NoUndo);

/// <summary>Asks for a part of what a rescue saved.</summary>
/// <param name="Count">Bytes; the agent may give fewer.</param>
public sealed record RescueFetch(Guid OperationId, long Offset, int Count);

/// <param name="Total">Size of the whole file.</param>
/// <param name="Last">Whether the file ends with these bytes. Also true, with a total of 0, when there is no such file.</param>
public sealed record RescueChunk(byte[] Bytes, long Total, bool Last);

/// <summary>What a host in shadow mode would have done, and what became of it.</summary>
/// <param name="Since">The oldest entry that could be here: older ones were dropped.</param>
public sealed record ShadowReport(bool IsOn, DateTimeOffset Since, IReadOnlyList<ShadowEntry> Entries);

/// <param name="At">When it would have been done.</param>
/// <param name="State"><c>would-act</c> (nothing contradicted it yet), <c>owner-returned</c>, <c>changed</c>, <c>gone-by-itself</c>, <c>confirmed</c>
/// (undisturbed for the watch period).</param>
public sealed record ShadowEntry(
    DateTimeOffset At, string Action, string Path, string? PathBytes, string System, string Summary, string State, string? Note);

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

    /// <summary>What is in quarantine, and whether it could be put back.</summary>
    Task<QuarantineAnswer> Quarantine();

    /// <summary>A part of what a rescue saved.</summary>
    Task<RescueChunk> FetchRescued(RescueFetch request);

    /// <summary>What would have been done in shadow mode.</summary>
    Task<ShadowReport> Shadow();

    /// <summary>Which stores can be audited, and how their last audits ended.</summary>
    Task<StoreAuditState> Audits();

    Task<StoreAuditAnswer> StartAudit(StoreAuditRequest request);

    Task<StoreAuditAnswer> StopAudit(StoreAuditStop stop);

    Task<StoreAuditReport> FetchAudit(StoreAuditFetch request);

    /// <summary>Asks an agent that has joined for a new key, now. Does nothing where the agent has none.</summary>
    Task Renew() => Task.CompletedTask;

    /// <summary>Whether processes that locks on other hosts name run here, and whether files are in use here. Changes nothing.</summary>
    Task<ProcessAnswer> FindProcesses(ProcessQuestion question);

    /// <summary>What agents of other hosts said of processes that locks here name. It shows as evidence; what it lets the agent do is the agent's decision.</summary>
    Task HearOtherHosts(OtherHostReport report);
}
