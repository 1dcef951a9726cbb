using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Lets hosts join by a secret that is good once, and knows their agents by their keys from then on. Revoked as every <see cref="AgentToken"/> is. Singleton.</summary>
public sealed class AgentKeys(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
{
    /// <summary>Every secret begins with it, so that secret scanners can find one in the wrong place.</summary>
    public const string Prefix = "opsj_";

    /// <summary>How long a host may take to join.</summary>
    public static readonly TimeSpan JoinWithin = TimeSpan.FromHours(24);

    /// <summary>Makes a secret. <c>Plain</c> is the only time it can be read.</summary>
    public async Task<(AgentToken Token, string Plain)> CreateAsync(string hostLabel, string actor, CancellationToken stop = default)
    {
        var plain = SecretText.Create(Prefix);
        var now = clock.GetUtcNow();
        var token = new AgentToken { Id = Guid.NewGuid(), HostLabel = hostLabel, Hash = SecretText.Hash(plain), CreatedBy = actor, CreatedAt = now, ExpiresAt = now + JoinWithin };
        await audit.ChangeAsync((db, _) =>
        {
            db.Add(token);
            return Task.FromResult(Draft(token, AuditActions.TokenCreated, actor, "created"));
        }, stop);
        return (token, plain);
    }

    /// <summary>Uses up a secret: from now on this key speaks for this host.</summary>
    /// <returns>The token, or why the host may not join.</returns>
    /// <exception cref="AuditNotWrittenException">It could not be written, so nothing was changed.</exception>
    public async Task<(AgentToken? Joined, string? Why)> JoinAsync(string? plain, string hostId, string hostName, byte[] keyHash, DateTimeOffset certificateEndsAt, CancellationToken stop = default)
    {
        const string Wrong = "This token is wrong or was revoked.";
        if (!SecretText.LooksLike(plain, Prefix))
            return (null, Wrong);
        var hash = SecretText.Hash(plain!);
        await using (var db = await contexts.CreateDbContextAsync(stop))
        {
            // A stranger's guesses must not queue for the audit.
            if (!await db.AgentTokens.AnyAsync(t => t.Hash == hash && t.RevokedAt == null, stop))
                return (null, Wrong);
        }
        AgentToken? joined = null;
        var why = await TryAsync(async (db, stop) =>
        {
            var now = clock.GetUtcNow();
            var token = await db.AgentTokens.SingleOrDefaultAsync(t => t.Hash == hash && t.RevokedAt == null, stop) ?? throw new ChangeRefusedException(Wrong);
            if (token.JoinedAt is { } at)
                throw new ChangeRefusedException($"This token was used at {at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC; it is good once.");
            if (token.ExpiresAt is not { } end || now >= end)
                throw new ChangeRefusedException("This token is too old.");
            if (await db.AgentTokens.AnyAsync(t => t.HostId == hostId && t.RevokedAt == null, stop))
                throw new ChangeRefusedException("Another token of this host is valid. Revoke that one first.");
            (token.HostId, token.JoinedAt, token.LastUsedAt, token.KeyHash, token.CertificateEndsAt) = (hostId, now, now, keyHash, certificateEndsAt);
            joined = token;
            return Draft(token, AuditActions.AgentJoined, "agent", "joined", ("hostId", hostId), ("hostName", hostName));
        }, stop);
        return why is null ? (joined, null) : (null, why);
    }

    /// <summary>Whom this key speaks for; null when it is not (or no longer) a key of this agent. Notes the use, which ends the key before it.</summary>
    public async Task<AgentToken?> VerifyAsync(Guid id, byte[] keyHash, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        if (await db.AgentTokens.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is not { RevokedAt: null, JoinedAt: not null } token || !IsKeyOf(token, keyHash))
            return null;
        var now = clock.GetUtcNow();
        try
        {
            var same = db.AgentTokens.Where(t => t.Id == id && t.RevokedAt == null);
            // Revoked, or replaced, between the two statements: then no row is updated.
            return await (Same(token.KeyHash, keyHash)
                ? same.Where(t => t.KeyHash == keyHash).ExecuteUpdateAsync(set => set.SetProperty(t => t.LastUsedAt, now).SetProperty(t => t.PreviousKeyHash, (byte[]?)null), stop)
                : same.Where(t => t.PreviousKeyHash == keyHash).ExecuteUpdateAsync(set => set.SetProperty(t => t.LastUsedAt, now), stop)) == 1 ? token : null;
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            // As for the tokens: a full disk must not blind the console.
            DatabaseFailure.ForgetConnections(db);
            return token;
        }
    }

    /// <summary>Puts a new key in the place of the one that asks for it, which stays good until the new one is used.</summary>
    /// <returns>Null when it is done, else why not.</returns>
    /// <exception cref="AuditNotWrittenException">It could not be written, so nothing was changed.</exception>
    public Task<string?> RenewAsync(Guid id, byte[] keyHash, byte[] next, DateTimeOffset certificateEndsAt, CancellationToken stop = default) => TryAsync(async (db, stop) =>
    {
        if (await db.AgentTokens.SingleOrDefaultAsync(t => t.Id == id, stop) is not { RevokedAt: null, JoinedAt: not null } token || !IsKeyOf(token, keyHash))
            throw new ChangeRefusedException("This agent's key was revoked or replaced.");
        (token.PreviousKeyHash, token.KeyHash, token.CertificateEndsAt, token.RotationAskedAt) = (keyHash, next, certificateEndsAt, null);
        return Draft(token, AuditActions.AgentRenewed, "agent", "renewed");
    }, stop);

    /// <summary>Notes that the agent is to make a new key, which ends the one it has.</summary>
    /// <returns>Null when it is done, else why not.</returns>
    /// <exception cref="AuditNotWrittenException">It could not be written, so nothing was changed.</exception>
    public Task<string?> AskRotationAsync(Guid id, string actor, CancellationToken stop = default) => TryAsync(async (db, stop) =>
    {
        if (await db.AgentTokens.SingleOrDefaultAsync(t => t.Id == id, stop) is not { RevokedAt: null, JoinedAt: not null } token)
            throw new ChangeRefusedException("This host has not joined, or was revoked.");
        token.RotationAskedAt = clock.GetUtcNow();
        return Draft(token, AuditActions.AgentRotation, actor, "asked");
    }, stop);

    /// <summary>Whether the agent is to make a new key.</summary>
    public async Task<bool> IsRotationAskedAsync(Guid id, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.AgentTokens.AnyAsync(t => t.Id == id && t.RotationAskedAt != null, stop);
    }

    private async Task<string?> TryAsync(Func<OpsDb, CancellationToken, Task<AuditDraft>> change, CancellationToken stop)
    {
        try
        {
            await audit.ChangeAsync(change, stop);
            return null;
        }
        catch (ChangeRefusedException e)
        {
            return e.Message;
        }
    }

    private static bool IsKeyOf(AgentToken token, byte[] keyHash) => Same(token.KeyHash, keyHash) || Same(token.PreviousKeyHash, keyHash);

    private static bool Same(byte[]? one, byte[] other) => one is not null && CryptographicOperations.FixedTimeEquals(one, other);

    private static AuditDraft Draft(AgentToken token, string action, string actor, string outcome, params ReadOnlySpan<(string Name, string Value)> more)
    {
        var detail = new JsonObject { ["tokenId"] = token.Id.ToString() };
        foreach (var (name, value) in more)
            detail[name] = value;
        return new() { Actor = actor, Action = action, Host = token.HostLabel, Outcome = outcome, Detail = detail.ToJsonString() };
    }
}
