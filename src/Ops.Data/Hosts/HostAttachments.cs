using Microsoft.EntityFrameworkCore;

namespace Ops.Data;

/// <summary>Numbers the connections of agents over all consoles, so that of two that claim one host the later is known. Singleton.</summary>
public sealed class HostAttachments(IDbContextFactory<OpsDb> contexts)
{
    private long _here;

    /// <summary>A number greater than any that was given before: by this console, and with PostgreSQL by all consoles of the database.</summary>
    public async Task<long> NextAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.NextAttachmentAsync(stop) ?? Interlocked.Increment(ref _here);
    }
}
