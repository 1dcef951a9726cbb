using Ops.Web.Live;
using Ops.Web.Live.Integrity;

namespace Ops.Web.Features.Integrity;

/// <summary>One store in the list.</summary>
/// <param name="CanStart">Why no audit can be started now; null when one can.</param>
/// <param name="Audit">Null when there was none.</param>
public sealed record StoreLine(string HostId, string Host, string Root, string? CanStart, StoredAudit? Audit)
{
    /// <summary>Stores that agents name, and those that are only remembered; what differs first.</summary>
    public static IReadOnlyList<StoreLine> Of(LiveView view, IIntegrityDesk desk)
    {
        var stored = desk.Stored.ToDictionary(a => (a.HostId, a.End.Root));
        var named = view.Hosts.SelectMany(h => (desk.StateOf(h.Status.HostId)?.Roots ?? []).Select(r => (h.Status.HostId, Root: r)));
        return [.. named.Concat(stored.Keys.Select(k => (k.HostId, Root: k.Root))).Distinct()
            .Select(s => new StoreLine(s.HostId, NameOf(view, stored.GetValueOrDefault((s.HostId, s.Root)), s.HostId), s.Root, WhyNot(view.Host(s.HostId)?.Status, desk.StateOf(s.HostId), s.Root), stored.GetValueOrDefault((s.HostId, s.Root))))
            .OrderByDescending(l => l.Audit?.Summary?.Damages ?? 0).ThenByDescending(l => l.Audit?.Summary?.Gaps > 0).ThenBy(l => l.Host, StringComparer.Ordinal).ThenBy(l => l.Root, StringComparer.Ordinal)];
    }

    private static string? WhyNot(HostStatus? host, StoreAuditState? state, string root) => host switch
    {
        null or { Connection: HostConnection.Lost } => "The agent is not connected.",
        { Audits: null } when host.Capabilities.Contains(Hello.AuditsStores) => "The agent has not reported on audits yet.",
        { Audits: null } => "The agent is too old to audit its stores.",
        { Audits.Running: not null } => "An audit runs on this host: one at a time.",
        _ => state?.Roots.Contains(root) == false ? "This directory is no longer a store of the agent." : null,
    };

    private static string NameOf(LiveView view, StoredAudit? stored, string hostId) => view.Host(hostId)?.Status.HostName ?? stored?.Host ?? hostId;
}
