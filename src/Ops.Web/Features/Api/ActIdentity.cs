using System.Text.Json;
using Ops.Data;
using Ops.Web.Features.Acts.Requests;

namespace Ops.Web.Features.Api;

/// <summary>What makes an act the one that was asked for under its id, from what is stored of it.</summary>
internal sealed record ActIdentity(string HostId, string Action, string Key, Guid? Quarantined, string? Fingerprint, string Reason, ProcessRef? Process, int? Descriptor)
{
    /// <summary>Null when nothing is known under this id.</summary>
    public static async Task<ActIdentity?> OfAsync(Guid id, OperationLog log, ApprovalBook approvals, CancellationToken stop)
    {
        if (await log.GetAsync(id, stop) is { } o)
            return new(o.HostId, o.Action, o.FindingKey, o.UndoOf, o.Fingerprint, o.Reason, o.Process is { } process ? JsonSerializer.Deserialize(process, OpsJson.Default.ProcessRef) : null, o.Descriptor);
        return await approvals.FindStoredAsync(id, stop) is { Items: [var item, ..] } r
            ? new(item.Target.HostId, r.Action, item.Target.FindingKey, item.Target.Quarantined, item.Target.Quarantined is null ? item.Fingerprint : null, r.Reason, item.Target.Process, item.Target.Descriptor)
            : null;
    }

    /// <summary>Whether the order is the same once more. With another target, preview or reason it is another act: nothing is begun for it.</summary>
    public bool IsOf(ActOrder order, string hostId) =>
        (HostId, Action) == (hostId, order.Action)
        && (Quarantined is not null ? Quarantined == order.Quarantined : Key == order.Key && Fingerprint == order.Fingerprint)
        && (Process is null || Process == order.Process) && (Descriptor is null || Descriptor == order.Descriptor)
        && Reason == AuditChain.Storable(order.Reason?.Trim());
}
