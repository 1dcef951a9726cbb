namespace Ops.Web.Tests;

/// <summary>The agent's side as the console sees it: remembers what it was asked and answers as the test says.</summary>
internal sealed class FakeAgent : IAgentClient
{
    private int _resyncs;

    public int Resyncs => Volatile.Read(ref _resyncs);

    public List<ExecuteRequest> Executed { get; } = [];

    public List<PreviewRequest> Previewed { get; } = [];

    public Func<PreviewRequest, Task<PreviewAnswer>> OnPreview { get; set; } = _ => Task.FromResult(new PreviewAnswer(null, "sha256:1", ["exchange"], [], null));

    public Func<ExecuteRequest, Task<OperationResult>> OnExecute { get; set; } = request => Task.FromResult(Some.Result(request));

    public Func<Task<QuarantineAnswer>> OnQuarantine { get; set; } = () => Task.FromResult(new QuarantineAnswer([], []));

    public Func<RescueFetch, Task<RescueChunk>> OnFetchRescued { get; set; } = _ => Task.FromResult(new RescueChunk([], 0, Last: true));

    public Func<Task<ShadowReport>> OnShadow { get; set; } = () => Task.FromResult(new ShadowReport(IsOn: false, DateTimeOffset.UnixEpoch, []));

    public Task Resync()
    {
        Interlocked.Increment(ref _resyncs);
        return Task.CompletedTask;
    }

    private int _renewals;

    public int Renewals => Volatile.Read(ref _renewals);

    public Task Renew()
    {
        Interlocked.Increment(ref _renewals);
        return Task.CompletedTask;
    }

    public Task<ExplainAnswer> Explain(ExplainRequest request) => Task.FromResult(new ExplainAnswer(request.Subject, ["nobody holds it"], []));

    public Task<PreviewAnswer> Preview(PreviewRequest request)
    {
        lock (Previewed)
            Previewed.Add(request);
        return OnPreview(request);
    }

    public Task<OperationResult> Execute(ExecuteRequest request)
    {
        lock (Executed)
            Executed.Add(request);
        return OnExecute(request);
    }

    public Task<QuarantineAnswer> Quarantine() => OnQuarantine();

    public Task<RescueChunk> FetchRescued(RescueFetch request) => OnFetchRescued(request);

    public Task<ShadowReport> Shadow() => OnShadow();

    public StoreAuditState AuditState { get; set; } = new([], [], null, null);

    public Func<StoreAuditRequest, Task<StoreAuditAnswer>> OnStartAudit { get; set; } = _ => Task.FromResult(new StoreAuditAnswer(null));

    public Func<StoreAuditFetch, StoreAuditReport> OnFetchAudit { get; set; } = f => new(f.Id, f.Root, null, Full: false, DateTimeOffset.UnixEpoch, null);

    public Func<ProcessQuestion, ProcessAnswer> OnFindProcesses { get; set; } = q => new("mail1", q.BootId ?? Guid.Empty, DateTimeOffset.UnixEpoch, [], []);

    public List<OtherHostReport> Heard { get; } = [];

    public Task<ProcessAnswer> FindProcesses(ProcessQuestion question) => Task.FromResult(OnFindProcesses(question));

    public Task HearOtherHosts(OtherHostReport report)
    {
        lock (Heard)
            Heard.Add(report);
        return Task.CompletedTask;
    }

    public Task<StoreAuditState> Audits() => Task.FromResult(AuditState);

    public Task<StoreAuditAnswer> StartAudit(StoreAuditRequest request) => OnStartAudit(request);

    public Task<StoreAuditAnswer> StopAudit(StoreAuditStop stop) => Task.FromResult(new StoreAuditAnswer(new("not-running", "This audit no longer runs.")));

    public Task<StoreAuditReport> FetchAudit(StoreAuditFetch request) => Task.FromResult(OnFetchAudit(request));
}
