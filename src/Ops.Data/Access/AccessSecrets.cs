using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Makes, checks and revokes the secrets of one kind.</summary>
public abstract class AccessSecrets<T>(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock, AccessKind kind)
    where T : AccessSecret
{
    private static readonly TimeSpan NoteUseEvery = TimeSpan.FromMinutes(1);

    // Good at the last look at the database, by hash: a screen must not go dark because the disk of the console is full. Only secrets that exist are in it.
    private readonly ConcurrentDictionary<string, T> _good = new(StringComparer.Ordinal);

    /// <summary>Makes one. <c>Plain</c> is the only time its token can be read.</summary>
    public Task<(T Secret, string Plain)> CreateAsync(string label, TimeSpan lifetime, string actor, CancellationToken stop = default) => CreateAsync(label, lifetime, actor, static _ => { }, stop);

    private protected async Task<(T Secret, string Plain)> CreateAsync(string label, TimeSpan lifetime, string actor, Action<T> grant, CancellationToken stop)
    {
        var plain = SecretText.Create(kind.Prefix);
        var secret = New(label, SecretText.Hash(plain), actor);
        grant(secret);
        secret.Id = Guid.NewGuid();
        secret.CreatedAt = clock.GetUtcNow();
        secret.ExpiresAt = secret.CreatedAt + lifetime;
        await audit.ChangeAsync((db, _) =>
        {
            db.Add(secret);
            return Task.FromResult(Draft(secret, kind.Created, actor, "created"));
        }, stop);
        return (secret, plain);
    }

    /// <summary>The secret of this token, or null for one that is wrong, revoked or over; notes the use.</summary>
    /// <remarks>The look-up is by SHA-256, as for <see cref="AgentTokens"/>.</remarks>
    public async Task<T?> VerifyAsync(string? plain, CancellationToken stop = default)
    {
        if (!SecretText.LooksLike(plain, kind.Prefix))
            return null;
        var hash = SecretText.Hash(plain!);
        var name = Convert.ToHexString(hash);
        var now = clock.GetUtcNow();
        try
        {
            await using var db = await contexts.CreateDbContextAsync(stop);
            var secret = await db.Set<T>().AsNoTracking().SingleOrDefaultAsync(l => l.Hash == hash, stop);
            if (secret?.IsGood(now) != true)
            {
                _good.TryRemove(name, out _);
                return null;
            }
            _good[name] = secret;
            if (secret.LastUsedAt is null || now - secret.LastUsedAt >= NoteUseEvery)
                await db.Set<T>().Where(l => l.Id == secret.Id).ExecuteUpdateAsync(set => set.SetProperty(l => l.LastUsedAt, now), stop);
            return secret;
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return _good.TryGetValue(name, out var known) && known.IsGood(now) ? known : null;
        }
    }

    /// <summary>The secret of this id when it is good now, as the database says; what was known before does not count.</summary>
    public async Task<T?> FindGoodAsync(Guid id, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await FindGoodAsync(db, id, stop);
    }

    /// <summary>The same within a change of the caller: nothing is revoked between the look and the change.</summary>
    public async Task<T?> FindGoodAsync(OpsDb db, Guid id, CancellationToken stop) =>
        await db.Set<T>().AsNoTracking().SingleOrDefaultAsync(l => l.Id == id, stop) is { } secret && secret.IsGood(clock.GetUtcNow()) ? secret : null;

    /// <summary>Which secret this token was at the last look at the database; null where it was none, or there was no look. Asks nothing, so it must not open anything.</summary>
    public Guid? LastKnown(string? plain) =>
        SecretText.LooksLike(plain, kind.Prefix) && _good.TryGetValue(Convert.ToHexString(SecretText.Hash(plain!)), out var known) ? known.Id : null;

    /// <summary>False when there is no such secret or it was revoked before.</summary>
    public async Task<bool> RevokeAsync(Guid id, string actor, CancellationToken stop = default)
    {
        var revoked = false;
        await audit.ChangeAsync(async (db, stop) =>
        {
            var secret = await db.Set<T>().SingleOrDefaultAsync(l => l.Id == id, stop);
            revoked = secret is { RevokedAt: null };
            if (revoked)
                secret!.RevokedAt = clock.GetUtcNow();
            return secret is null
                ? new() { Actor = actor, Action = kind.Revoked, Outcome = $"no such {kind.Noun}" }
                : Draft(secret, kind.Revoked, actor, revoked ? "revoked" : "was revoked before");
        }, stop);
        return revoked;
    }

    /// <summary>All, newest first; revoked and expired ones too.</summary>
    public async Task<IReadOnlyList<T>> ListAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Set<T>().AsNoTracking().OrderByDescending(l => l.CreatedAt).ToListAsync(stop);
    }

    /// <summary>What the audit has of one, next to label, actor and outcome.</summary>
    private protected virtual JsonObject DetailOf(T secret) => new() { [kind.IdField] = secret.Id.ToString(), ["expiresAt"] = $"{secret.ExpiresAt.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}" };

    private protected abstract T New(string label, byte[] hash, string actor);

    private AuditDraft Draft(T secret, string action, string actor, string outcome) =>
        new() { Actor = actor, Action = action, Outcome = outcome, Reason = secret.Label, Detail = DetailOf(secret).ToJsonString() };
}

/// <summary>What differs between kinds of secrets.</summary>
/// <param name="Prefix">Every token begins with it, so that secret scanners can find one in the wrong place.</param>
/// <param name="Noun">In the audit: "link".</param>
/// <param name="IdField">Of its id in the audit's detail.</param>
/// <param name="Created">Action of the audit.</param>
/// <param name="Revoked">Action of the audit.</param>
public sealed record AccessKind(string Prefix, string Noun, string IdField, string Created, string Revoked);
