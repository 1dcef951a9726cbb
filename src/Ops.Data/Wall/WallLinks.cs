using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Makes, checks and revokes the links of wallboards. Singleton.</summary>
public sealed class WallLinks(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
    : AccessSecrets<WallLink>(contexts, audit, clock, new("opsw_", "link", "linkId", AuditActions.WallLinkCreated, AuditActions.WallLinkRevoked))
{
    private protected override WallLink New(string label, byte[] hash, string actor) => new() { Label = label, Hash = hash, CreatedBy = actor };
}
