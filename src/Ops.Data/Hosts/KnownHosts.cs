using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>The hosts that ever reported, so that one that is gone is shown as gone and not forgotten. Singleton.</summary>
public sealed class KnownHosts(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
{
    // Each host is a parameter of the statement; providers allow more, and nothing is won by it.
    private const int LargestStatement = 500;

    /// <summary>Records that a host was heard just now: at its Hello, and now and then while it stays connected.</summary>
    public async Task SeenAsync(string hostId, string name, string version, Guid bootId, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        // Two statements and not read-then-write: two connections of one host may say hello at the same moment.
        for (var attempt = 1; ; attempt++)
        {
            var now = clock.GetUtcNow();
            var updated = await db.Hosts.Where(h => h.HostId == hostId).ExecuteUpdateAsync(set => set
                .SetProperty(h => h.Name, name).SetProperty(h => h.Version, version).SetProperty(h => h.BootId, bootId).SetProperty(h => h.LastSeenAt, now), stop);
            if (updated > 0)
                return;
            db.Add(new KnownHost { HostId = hostId, Name = name, Version = version, BootId = bootId, FirstSeenAt = now, LastSeenAt = now });
            try
            {
                await db.SaveChangesAsync(stop);
                return;
            }
            catch (DbUpdateException e) when (attempt == 1 && e.IsUniqueViolation())
            {
                db.ChangeTracker.Clear();
            }
        }
    }

    /// <summary>Records that hosts are still connected: one statement for each 500 that are as they were noted, one for each of the others.</summary>
    public async Task StillSeenAsync(IReadOnlyList<SeenHost> seen, CancellationToken stop = default)
    {
        foreach (var some in seen.Chunk(LargestStatement))
        {
            await using var db = await contexts.CreateDbContextAsync(stop);
            string[] ids = [.. some.Select(h => h.HostId)];
            var noted = await db.Hosts.AsNoTracking().Where(h => ids.Contains(h.HostId)).Select(h => new SeenHost(h.HostId, h.Name, h.Version, h.BootId)).ToListAsync(stop);
            string[] same = [.. noted.Intersect(some).Select(h => h.HostId)];
            var now = clock.GetUtcNow();
            await db.Hosts.Where(h => same.Contains(h.HostId)).ExecuteUpdateAsync(set => set.SetProperty(h => h.LastSeenAt, now), stop);
            foreach (var other in some.Except(noted))
                await SeenAsync(other.HostId, other.Name, other.Version, other.BootId, stop);
        }
    }

    /// <summary>Takes a host away, and its place in a group: should it come back, it is a new one, in the default group. Operations and audit keep its name.
    /// Null when it is done, else why not. That its agent is not connected is the caller's part.</summary>
    public async Task<string?> ForgetAsync(string hostId, string actor)
    {
        try
        {
            await audit.ChangeAsync(async (db, stop) =>
            {
                if (await db.Hosts.SingleOrDefaultAsync(h => h.HostId == hostId, stop) is not { } host)
                    throw new ChangeRefusedException("This host is no longer known.");
                if (await db.AgentTokens.AnyAsync(t => t.HostId == hostId && t.RevokedAt == null, stop))
                    throw new ChangeRefusedException("A token of this host is still valid, so its agent may come back at any time. Revoke it first.");
                db.Remove(host);
                if (await db.HostGroupMembers.SingleOrDefaultAsync(m => m.HostId == hostId, stop) is { } member)
                    db.Remove(member);
                db.RemoveRange(await db.Set<StoreAuditRow>().Where(a => a.HostId == hostId).ToListAsync(stop));
                return new AuditDraft { Actor = actor, Action = AuditActions.HostForgotten, Host = host.Name, Outcome = "forgotten", Detail = new System.Text.Json.Nodes.JsonObject { ["hostId"] = hostId }.ToJsonString() };
            });
            return null;
        }
        catch (ChangeRefusedException e)
        {
            return e.Message;
        }
        catch (AuditNotWrittenException)
        {
            return "The audit could not be written, so the host is still known.";
        }
    }

    /// <summary>All, by name.</summary>
    public async Task<IReadOnlyList<KnownHost>> ListAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Hosts.AsNoTracking().OrderBy(h => h.Name).ThenBy(h => h.HostId).ToListAsync(stop);
    }
}

/// <summary>What is noted about a connected host.</summary>
public sealed record SeenHost(string HostId, string Name, string Version, Guid BootId);
