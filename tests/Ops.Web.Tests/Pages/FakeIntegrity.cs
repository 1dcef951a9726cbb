using System.Security.Claims;
using Ops.Integrity;
using Ops.Web.Features.Integrity;
using Ops.Web.Live.Integrity;

namespace Ops.Web.Tests.Pages;

/// <summary>Audits of stores as literals.</summary>
internal sealed class FakeIntegrity : IIntegrityDesk
{
    public List<StoredAudit> All { get; } = [];

    public StoreAuditState? State { get; set; } = new(["/var/spool/cyrus"], [], null, 16_000_000);

    public AuditDocument? Report { get; set; }

    public List<string> Asked { get; } = [];

    public IReadOnlyCollection<StoredAudit> Stored => All;

    public StoreAuditState? StateOf(string hostId) => State;

    public Task<AuditDocument?> ReportAsync(string hostId, string root, CancellationToken stop) => Task.FromResult(Report);

    public Task<string?> StartAsync(ClaimsPrincipal user, string hostId, string root, bool full)
    {
        Asked.Add($"start {hostId} {root} {full}");
        return Task.FromResult<string?>(null);
    }

    public Task<string?> StopAsync(ClaimsPrincipal user, string hostId, Guid id, string root)
    {
        Asked.Add($"stop {hostId} {id}");
        return Task.FromResult<string?>("This audit no longer runs.");
    }

    public static AuditDocument Document(params IReadOnlyList<AuditedMessage> damages) => new(
        "mail1", DateTimeOffset.UnixEpoch, damages.Count > 0 ? "damaged" : "clean", "3 messages in 1 mailbox.", damages, [], new AuditCoverage(1, 3, 2, 100, [], 0, 0, 0, 0, 0, 0, 0, 1), [],
        [.. damages.GroupBy(d => d.Check).Select(g => new AuditedCheck(g.Key, g.Count()))]);

    public static AuditedMessage Damage(string check = "content", string mailbox = "/var/spool/cyrus/u/alice", long uid = 7, string? name = "user.alice") => new(
        "mismatch", "message", check, "cyrus", mailbox, name, uid, $"{mailbox}/{uid}.", null, new(3, "aaaa"), new(3, "bbbb", null, "fe:00", 12, 1, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch), [],
        ["The size is as cyrus.index says.", "A second look saw the same."], "Do not run reconstruct.");
}
