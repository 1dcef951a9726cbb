using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Makes, checks and revokes the links of wallboards. Singleton.</summary>
public sealed class WallLinks(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
{
    /// <summary>Every token begins with it, so that secret scanners can find one in the wrong place.</summary>
    public const string Prefix = "opsw_";

    private static readonly TimeSpan NoteUseEvery = TimeSpan.FromMinutes(1);

    // Good at the last look at the database, by hash: a screen must not go dark because the disk of the console is full. Only links that exist are in it.
    private readonly ConcurrentDictionary<string, WallLink> _good = new(StringComparer.Ordinal);

    /// <summary>Makes a link. <c>Plain</c> is the only time its token can be read.</summary>
    public async Task<(WallLink Link, string Plain)> CreateAsync(string label, TimeSpan lifetime, string actor, CancellationToken stop = default)
    {
        var plain = SecretText.Create(Prefix);
        var now = clock.GetUtcNow();
        var link = new WallLink { Id = Guid.NewGuid(), Label = label, Hash = SecretText.Hash(plain), CreatedBy = actor, CreatedAt = now, ExpiresAt = now + lifetime };
        await audit.ChangeAsync((db, _) =>
        {
            db.Add(link);
            return Task.FromResult(Draft(link, AuditActions.WallLinkCreated, actor, "created"));
        }, stop);
        return (link, plain);
    }

    /// <summary>The link of this token, or null for one that is wrong, revoked or over; notes the use.</summary>
    /// <remarks>The look-up is by SHA-256, as for <see cref="AgentTokens"/>.</remarks>
    public async Task<WallLink?> VerifyAsync(string? plain, CancellationToken stop = default)
    {
        if (!SecretText.LooksLike(plain, Prefix))
            return null;
        var hash = SecretText.Hash(plain!);
        var name = Convert.ToHexString(hash);
        var now = clock.GetUtcNow();
        try
        {
            await using var db = await contexts.CreateDbContextAsync(stop);
            var link = await db.WallLinks.AsNoTracking().SingleOrDefaultAsync(l => l.Hash == hash, stop);
            if (link?.IsGood(now) != true)
            {
                _good.TryRemove(name, out _);
                return null;
            }
            _good[name] = link;
            if (link.LastUsedAt is null || now - link.LastUsedAt >= NoteUseEvery)
                await db.WallLinks.Where(l => l.Id == link.Id).ExecuteUpdateAsync(set => set.SetProperty(l => l.LastUsedAt, now), stop);
            return link;
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return _good.TryGetValue(name, out var known) && known.IsGood(now) ? known : null;
        }
    }

    /// <summary>False when there is no such link or it was revoked before.</summary>
    public async Task<bool> RevokeAsync(Guid id, string actor, CancellationToken stop = default)
    {
        var revoked = false;
        await audit.ChangeAsync(async (db, stop) =>
        {
            var link = await db.WallLinks.SingleOrDefaultAsync(l => l.Id == id, stop);
            revoked = link is { RevokedAt: null };
            if (revoked)
                link!.RevokedAt = clock.GetUtcNow();
            return link is null
                ? new() { Actor = actor, Action = AuditActions.WallLinkRevoked, Outcome = "no such link" }
                : Draft(link, AuditActions.WallLinkRevoked, actor, revoked ? "revoked" : "was revoked before");
        }, stop);
        return revoked;
    }

    /// <summary>All, newest first; revoked and expired ones too.</summary>
    public async Task<IReadOnlyList<WallLink>> ListAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.WallLinks.AsNoTracking().OrderByDescending(l => l.CreatedAt).ToListAsync(stop);
    }

    private static AuditDraft Draft(WallLink link, string action, string actor, string outcome) =>
        new() { Actor = actor, Action = action, Outcome = outcome, Reason = link.Label, Detail = $$"""{"linkId":"{{link.Id}}","expiresAt":"{{link.ExpiresAt.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}}"}""" };
}
