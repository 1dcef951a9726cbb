using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Makes, checks and revokes the tokens of the REST API. Singleton.</summary>
public sealed class ApiTokens(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
    : AccessSecrets<ApiToken>(contexts, audit, clock, new("opst_", "token", "tokenId", AuditActions.ApiTokenCreated, AuditActions.ApiTokenRevoked))
{
    /// <summary>Makes one that acts too, in the name of a person. <c>Plain</c> is the only time its token can be read.</summary>
    public Task<(ApiToken Secret, string Plain)> CreateToActAsync(string label, TimeSpan lifetime, string actor, string userId, CancellationToken stop = default) =>
        CreateAsync(label, lifetime, actor, t => t.Rights = $"{ApiRights.Read} {ApiRights.ActFor(userId)}", stop);

    private protected override ApiToken New(string label, byte[] hash, string actor) => new() { Label = label, Hash = hash, CreatedBy = actor, Rights = ApiRights.Read };

    private protected override JsonObject DetailOf(ApiToken secret)
    {
        var detail = base.DetailOf(secret);
        detail["rights"] = secret.Rights;
        return detail;
    }
}
