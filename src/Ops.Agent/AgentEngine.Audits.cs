using Ops.Contracts;

namespace Ops.Agent;

/// <summary>Audits of the stores. Apart from the scans: a thread of its own, and nothing here waits for the session's loop.</summary>
public sealed partial class AgentEngine
{
    private AuditRunner? _audits;

    /// <summary>From now on stores are audited: when a console asks, and by the schedule of the policy, with a console or without. For an agent that stays, and before its first session.</summary>
    public void ServeAudits() => _audits ??= new AuditRunner(_settings, _clock, _log, () => _ = _session?.Post(SendHeartbeat));

    public Task<StoreAuditState> Audits() => Task.Run(() => _audits?.State() ?? new StoreAuditState([], [], null, null));

    public Task<StoreAuditAnswer> StartAudit(StoreAuditRequest request) => Task.Run(() => _audits?.Start(request) ?? NoAudits);

    public Task<StoreAuditAnswer> StopAudit(StoreAuditStop stop) => Task.Run(() => _audits?.Stop(stop) ?? NoAudits);

    public Task<StoreAuditReport> FetchAudit(StoreAuditFetch request) =>
        Task.Run(() => _audits?.Report(request) ?? new StoreAuditReport(request.Id, request.Root, null, Full: false, _clock.GetUtcNow(), null));

    private static StoreAuditAnswer NoAudits => new(new OperationRefusal("no-audits", "This agent audits no stores."));
}
