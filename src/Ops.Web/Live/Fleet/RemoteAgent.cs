using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ops.Cluster;

namespace Ops.Web.Live.Fleet;

/// <summary>An agent that is connected to another console, asked by way of that console.</summary>
internal sealed class RemoteAgent(string hostId, ConsoleId console, long attachment, bool isEmbedded, IConsoles consoles, LiveState live, LiveLimits limits) : IAgentLink, IAgentClient
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<OperationResult>> _acts = new();

    public event Action<OperationProgress>? ProgressReported;

    public string HostId => hostId;

    public ConsoleId Console => console;

    public long Attachment => attachment;

    public bool IsEmbedded => isEmbedded;

    public IAgentClient Client => this;

    public Task Ended => _ended.Task;

    public bool IsLost => _ended.Task.IsCompleted || live.Current.Host(hostId)?.Status.Connection is null or HostConnection.Lost;

    public void End()
    {
        _ended.TrySetResult();
        foreach (var act in _acts.Values)
            act.TrySetException(new ConsoleUnreachableException("The console to which its agent was connected has ended, or its agent is connected to another one."));
    }

    public Task Resync() => AskAsync<string>(nameof(Resync), null, null);

    public Task<ExplainAnswer> Explain(ExplainRequest request) => AskAsync(nameof(Explain), Text(request, OpsJson.Default.ExplainRequest), OpsJson.Default.ExplainAnswer)!;

    public Task<PreviewAnswer> Preview(PreviewRequest request) => AskAsync(nameof(Preview), Text(request, OpsJson.Default.PreviewRequest), OpsJson.Default.PreviewAnswer)!;

    public Task<QuarantineAnswer> Quarantine() => AskAsync(nameof(Quarantine), null, OpsJson.Default.QuarantineAnswer)!;

    public Task<RescueChunk> FetchRescued(RescueFetch request) => AskAsync(nameof(FetchRescued), Text(request, OpsJson.Default.RescueFetch), OpsJson.Default.RescueChunk)!;

    public Task<ShadowReport> Shadow() => AskAsync(nameof(Shadow), null, OpsJson.Default.ShadowReport)!;

    public Task<StoreAuditState> Audits() => AskAsync(nameof(Audits), null, OpsJson.Default.StoreAuditState)!;

    public Task<StoreAuditAnswer> StartAudit(StoreAuditRequest request) => AskAsync(nameof(StartAudit), Text(request, OpsJson.Default.StoreAuditRequest), OpsJson.Default.StoreAuditAnswer)!;

    public Task<StoreAuditAnswer> StopAudit(StoreAuditStop stop) => AskAsync(nameof(StopAudit), Text(stop, OpsJson.Default.StoreAuditStop), OpsJson.Default.StoreAuditAnswer)!;

    public Task<StoreAuditReport> FetchAudit(StoreAuditFetch request) => AskAsync(nameof(FetchAudit), Text(request, OpsJson.Default.StoreAuditFetch), OpsJson.Default.StoreAuditReport)!;

    public Task<ProcessAnswer> FindProcesses(ProcessQuestion question) => AskAsync(nameof(FindProcesses), Text(question, OpsJson.Default.ProcessQuestion), OpsJson.Default.ProcessAnswer)!;

    public Task HearOtherHosts(OtherHostReport report) => AskAsync<string>(nameof(HearOtherHosts), Text(report, OpsJson.Default.OtherHostReport), null);

    /// <summary>Completes when the agent's answer has come back by way of its console. Fails when that console ends: then it is unknown whether the agent acted.</summary>
    public async Task<OperationResult> Execute(ExecuteRequest request)
    {
        // Under its id before it is sent: the answer may be here before that of the sending.
        var act = _acts.GetOrAdd(request.OperationId, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (_ended.Task.IsCompleted)
            End();
        try
        {
            await consoles.AskAsync(console, FleetKinds.Act, JsonSerializer.SerializeToUtf8Bytes(new(hostId, request), FleetJson.Default.AgentAct), limits.AnswerWithin);
            return await act.Task;
        }
        finally
        {
            _acts.TryRemove(request.OperationId, out _);
        }
    }

    internal void Progressed(OperationProgress progress) => ProgressReported?.Invoke(progress);

    internal void Acted(ActEnd end)
    {
        if (!_acts.TryGetValue(end.OperationId, out var act))
            return;
        if (end.Result is { } result)
            act.TrySetResult(result);
        else
            act.TrySetException(new ConsoleUnreachableException(end.Failure ?? "its answer did not come"));
    }

    private static string Text<T>(T request, JsonTypeInfo<T> type) => JsonSerializer.Serialize(request, type);

    private async Task<T?> AskAsync<T>(string method, string? request, JsonTypeInfo<T>? answer)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new(hostId, method, request), FleetJson.Default.AgentQuestion);
        var reply = JsonSerializer.Deserialize(await consoles.AskAsync(console, FleetKinds.Ask, body, limits.AnswerWithin), FleetJson.Default.AgentReply);
        if (reply is null or { Failure: not null })
            throw new ConsoleUnreachableException(reply?.Failure ?? "the other console gave no answer");
        return answer is null || reply.Answer is null ? default : JsonSerializer.Deserialize(reply.Answer, answer);
    }
}
