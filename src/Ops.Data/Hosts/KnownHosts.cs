using Microsoft.EntityFrameworkCore;

namespace Ops.Data;

/// <summary>The hosts that ever reported, so that one that is gone is shown as gone and not forgotten. Singleton.</summary>
public sealed class KnownHosts(IDbContextFactory<OpsDb> contexts, TimeProvider clock)
{
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

    /// <summary>All, by name.</summary>
    public async Task<IReadOnlyList<KnownHost>> ListAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Hosts.AsNoTracking().OrderBy(h => h.Name).ThenBy(h => h.HostId).ToListAsync(stop);
    }
}
