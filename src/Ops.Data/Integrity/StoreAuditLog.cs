using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;

namespace Ops.Data;

/// <summary>The last audit and report of each store. One row for a store, so it does not grow with time. Singleton.</summary>
public sealed class StoreAuditLog(IDbContextFactory<OpsDb> contexts)
{
    /// <summary>Stores of one host that are kept.</summary>
    public const int MostOfHost = 1_000;

    /// <summary>All, without their reports.</summary>
    public async Task<IReadOnlyList<StoreAuditRow>> ListAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Set<StoreAuditRow>().AsNoTracking().OrderBy(a => a.HostId).ThenBy(a => a.RootKey).Select(a => new StoreAuditRow
        {
            HostId = a.HostId,
            RootKey = a.RootKey,
            Root = a.Root,
            Host = a.Host,
            AuditId = a.AuditId,
            Asked = a.Asked,
            Full = a.Full,
            Outcome = a.Outcome,
            Note = a.Note,
            StartedAt = a.StartedAt,
            EndedAt = a.EndedAt,
            ReportId = a.ReportId,
            ReportFull = a.ReportFull,
            ReportAt = a.ReportAt,
            Summary = a.Summary,
        }).ToListAsync(stop);
    }

    /// <summary>The report of a store as JSON; null when there is none.</summary>
    public async Task<string?> ReportAsync(string hostId, string root, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var key = KeyOf(root);
        return await db.Set<StoreAuditRow>().AsNoTracking().Where(a => a.HostId == hostId && a.RootKey == key).Select(a => a.Report).SingleOrDefaultAsync(stop);
    }

    /// <summary>Puts a row in the place of the one before.</summary>
    /// <param name="row">Without a report: the stored one stays.</param>
    public async Task PutAsync(StoreAuditRow row, CancellationToken stop = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var db = await contexts.CreateDbContextAsync(stop);
            var stored = await db.Set<StoreAuditRow>().SingleOrDefaultAsync(a => a.HostId == row.HostId && a.RootKey == row.RootKey, stop);
            if (stored is null && await db.Set<StoreAuditRow>().CountAsync(a => a.HostId == row.HostId, stop) >= MostOfHost)
                return;
            if (stored is null)
            {
                db.Add(row);
            }
            else
            {
                row.Report ??= stored.Report;
                db.Entry(stored).CurrentValues.SetValues(row);
            }
            try
            {
                await db.SaveChangesAsync(stop);
                return;
            }
            catch (DbUpdateException e) when (attempt == 1 && e.IsUniqueViolation())
            {
                // Another console put it at the same moment.
            }
        }
    }

    public static string KeyOf(string root) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)).AsSpan(0, 16));
}
