using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Makes, checks and revokes the tokens of remote agents. Singleton.</summary>
public sealed class AgentTokens(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
{
    /// <summary>Every token begins with it, so that secret scanners can find one in the wrong place.</summary>
    public const string Prefix = "opsa_";

    /// <summary>Makes a token. <c>Plain</c> is the only time it can be read.</summary>
    public async Task<(AgentToken Token, string Plain)> CreateAsync(string hostLabel, string actor, CancellationToken stop = default)
    {
        var plain = SecretText.Create(Prefix);
        var token = new AgentToken
        {
            Id = Guid.NewGuid(),
            HostLabel = hostLabel,
            Hash = SecretText.Hash(plain),
            CreatedBy = actor,
            CreatedAt = clock.GetUtcNow(),
        };
        await audit.ChangeAsync((db, _) =>
        {
            db.Add(token);
            return Task.FromResult(Draft(token, AuditActions.TokenCreated, actor));
        }, stop);
        return (token, plain);
    }

    /// <summary>The token this text is, or null for a wrong or revoked one; notes the use.</summary>
    /// <remarks>The look-up is by SHA-256, so what its timing could reveal is about hashes of guesses, from which no token can be built.</remarks>
    public async Task<AgentToken?> VerifyAsync(string? plain, CancellationToken stop = default)
    {
        if (!SecretText.LooksLike(plain, Prefix))
            return null;
        var hash = SecretText.Hash(plain!);
        await using var db = await contexts.CreateDbContextAsync(stop);
        var token = await db.AgentTokens.AsNoTracking().SingleOrDefaultAsync(t => t.Hash == hash, stop);
        if (token is null || !CryptographicOperations.FixedTimeEquals(token.Hash, hash) || token.RevokedAt is not null)
            return null;
        var now = clock.GetUtcNow();
        try
        {
            // Revoked between the two statements: then no row is updated, and the token is refused.
            var noted = await db.AgentTokens.Where(t => t.Id == token.Id && t.RevokedAt == null).ExecuteUpdateAsync(set => set.SetProperty(t => t.LastUsedAt, now), stop);
            token.LastUsedAt = now;
            return noted == 1 ? token : null;
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            // A disk that is full must not blind the console: that it was used is not noted, and a revocation could not have been written either.
            DatabaseFailure.ForgetConnections(db);
            return token;
        }
    }

    /// <summary>Binds a token to the host that uses it, permanently. False: it was revoked, belongs to another host, or another good token speaks for this host.</summary>
    public async Task<bool> BindAsync(Guid id, string hostId, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        // Bound before: nothing has to be written, which may be impossible at the moment.
        if (await db.AgentTokens.AnyAsync(t => t.Id == id && t.RevokedAt == null && t.HostId == hostId, stop))
            return true;
        return await db.AgentTokens
            .Where(t => t.Id == id && t.RevokedAt == null && (t.HostId == null || t.HostId == hostId)
                && !db.AgentTokens.Any(other => other.Id != id && other.HostId == hostId && other.RevokedAt == null))
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.HostId, hostId), stop) == 1;
    }

    /// <summary>False when there is no such token or it was revoked before. Ending the agent's connection is the caller's part.</summary>
    public async Task<bool> RevokeAsync(Guid id, string actor, CancellationToken stop = default)
    {
        var revoked = false;
        await audit.ChangeAsync(async (db, stop) =>
        {
            var token = await db.AgentTokens.SingleOrDefaultAsync(t => t.Id == id, stop);
            revoked = token is { RevokedAt: null };
            if (revoked)
                token!.RevokedAt = clock.GetUtcNow();
            return token is null
                ? new() { Actor = actor, Action = AuditActions.TokenRevoked, Outcome = "no such token" }
                : Draft(token, AuditActions.TokenRevoked, actor) with { Outcome = revoked ? "revoked" : "was revoked before" };
        }, stop);
        return revoked;
    }

    /// <summary>All, newest first, revoked ones too.</summary>
    public async Task<IReadOnlyList<AgentToken>> ListAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.AgentTokens.AsNoTracking().OrderByDescending(t => t.CreatedAt).ToListAsync(stop);
    }

    private static AuditDraft Draft(AgentToken token, string action, string actor) =>
        new() { Actor = actor, Action = action, Host = token.HostLabel, Outcome = "created", Detail = $$"""{"tokenId":"{{token.Id}}"}""" };
}
