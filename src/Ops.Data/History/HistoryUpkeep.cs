using Microsoft.EntityFrameworkCore;

namespace Ops.Data;

/// <summary>How long history is kept.</summary>
/// <param name="Episodes">Also sums by day, and incidents.</param>
/// <param name="Hours">Sums by hour, and minutes.</param>
public sealed record HistoryRetention(TimeSpan Episodes, TimeSpan Hours)
{
    public static HistoryRetention Default { get; } = new(TimeSpan.FromDays(90), TimeSpan.FromDays(8));
}

/// <summary>Takes away what is too old, and rolls up the names of hours and days that are over. Singleton; called about once an hour.</summary>
public sealed class HistoryUpkeep(IDbContextFactory<OpsDb> contexts)
{
    /// <summary>Names of one host, dimension and hour or day that are kept by name; the others become one sum without a name.</summary>
    public const int NamesKept = 200;

    private const long HourMs = 3_600_000, DayMs = 24 * HourMs;
    private const int Portion = 5_000;

    // One that is followed is stored again every few seconds; should it be followed after all, its next change opens it again.
    private static readonly TimeSpan LostAfter = TimeSpan.FromDays(1);

    /// <summary>Does all that is due.</summary>
    /// <param name="firstId">Of an opening time, the smallest number of an episode.</param>
    /// <returns>Rows that were taken away.</returns>
    public async Task<int> RunAsync(DateTimeOffset now, HistoryRetention retention, Func<DateTimeOffset, long> firstId, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var nowMs = now.ToUnixTimeMilliseconds();
        var gone = await DeleteAsync(db, firstId(now - retention.Episodes), stop);
        var hours = nowMs - (long)retention.Hours.TotalMilliseconds;
        var days = nowMs - (long)retention.Episodes.TotalMilliseconds;
        await CloseLostAsync(db, now, stop);
        gone += await db.Set<HistoryMinute>().Where(m => m.At < hours).ExecuteDeleteAsync(stop);
        gone += await db.Set<EpisodeTally>().Where(t => (t.Grain == TallyDimensions.Hour && t.At < hours) || (t.Grain == TallyDimensions.Day && t.At < days)).ExecuteDeleteAsync(stop);
        gone += await db.Set<IncidentEntryRow>().Where(e => db.Set<IncidentRow>().Any(i => i.Id == e.IncidentId && i.ClosedAt < days)).ExecuteDeleteAsync(stop);
        gone += await db.Set<IncidentRow>().Where(i => i.ClosedAt < days).ExecuteDeleteAsync(stop);
        // An hour that is over may still get the end of an episode; two hours later hardly any does, and that becomes a row of its own.
        gone += await RollUpAsync(db, TallyDimensions.Hour, nowMs - (2 * HourMs) - (nowMs % HourMs), stop);
        gone += await RollUpAsync(db, TallyDimensions.Day, nowMs - (nowMs % DayMs) - (2 * HourMs), stop);
        return gone;
    }

    // In portions: one long transaction would keep every other writer of SQLite waiting.
    private static async Task<int> DeleteAsync(OpsDb db, long below, CancellationToken stop)
    {
        var gone = 0;
        while (true)
        {
            var last = await db.Set<EpisodeRow>().Where(e => e.Id < below).OrderBy(e => e.Id).Skip(Portion - 1).Select(e => (long?)e.Id).FirstOrDefaultAsync(stop) ?? below - 1;
            var count = await db.Set<EpisodeRow>().Where(e => e.Id <= last && e.Id < below).ExecuteDeleteAsync(stop);
            gone += count;
            if (count < Portion)
                return gone;
        }
    }

    // Its last change was dropped, or its console never came back.
    private static Task<int> CloseLostAsync(OpsDb db, DateTimeOffset now, CancellationToken stop)
    {
        var lost = (now - LostAfter).ToUnixTimeMilliseconds();
        return db.Set<EpisodeRow>().Where(e => e.ClosedAt == null && e.LastSeenAt < lost).ExecuteUpdateAsync(e => e.SetProperty(r => r.ClosedAt, r => r.LastSeenAt).SetProperty(r => r.End, "unknown"), stop);
    }

    private static async Task<int> RollUpAsync(OpsDb db, string grain, long before, CancellationToken stop)
    {
        var crowded = await db.Set<EpisodeTally>().Where(t => t.Grain == grain && t.At < before)
            .GroupBy(t => new { t.Dimension, t.At, t.HostId }).Where(g => g.Count() > NamesKept + 1).Select(g => g.Key).ToListAsync(stop);
        var gone = 0;
        foreach (var group in crowded)
        {
            await using var transaction = await db.Database.BeginTransactionAsync(stop);
            var rest = await db.Set<EpisodeTally>().Where(t => t.Grain == grain && t.Dimension == group.Dimension && t.At == group.At && t.HostId == group.HostId && t.Name != "")
                .OrderByDescending(t => t.BlockedSeconds).ThenByDescending(t => t.Episodes).Skip(NamesKept).ToListAsync(stop);
            var sum = await db.Set<EpisodeTally>().SingleOrDefaultAsync(t => t.Grain == grain && t.Dimension == group.Dimension && t.At == group.At && t.HostId == group.HostId && t.Name == "", stop);
            if (sum is null)
                db.Add(sum = new EpisodeTally { Grain = grain, Dimension = group.Dimension, At = group.At, HostId = group.HostId, Name = "" });
            foreach (var row in rest)
            {
                sum.Episodes += row.Episodes;
                sum.BlockedSeconds += row.BlockedSeconds;
                sum.MostVictims = Math.Max(sum.MostVictims, row.MostVictims);
            }
            db.RemoveRange(rest);
            gone += rest.Count;
            await db.SaveChangesAsync(stop);
            await transaction.CommitAsync(stop);
            db.ChangeTracker.Clear();
        }
        return gone;
    }
}
