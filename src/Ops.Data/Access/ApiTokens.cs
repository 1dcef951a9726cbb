using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Makes, checks and revokes the tokens of the REST API. Singleton.</summary>
public sealed class ApiTokens(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
    : AccessSecrets<ApiToken>(contexts, audit, clock, new("opst_", "token", "tokenId", AuditActions.ApiTokenCreated, AuditActions.ApiTokenRevoked))
{
    private protected override ApiToken New(string label, byte[] hash, string actor) => new() { Label = label, Hash = hash, CreatedBy = actor, Rights = ApiRights.Read };

    private protected override JsonObject DetailOf(ApiToken secret)
    {
        var detail = base.DetailOf(secret);
        detail["rights"] = secret.Rights;
        return detail;
    }
}
