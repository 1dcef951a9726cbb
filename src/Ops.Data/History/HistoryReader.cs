using Microsoft.EntityFrameworkCore;

namespace Ops.Data;

/// <summary>What the History page asks for; a null filter filters nothing.</summary>
/// <param name="Mailbox">A path, or the user of a mailbox; whole, no wildcards.</param>
/// <param name="Cause">Word of a cause.</param>
/// <param name="Since">Smallest number of an episode: its opening time is in it.</param>
/// <param name="Until">Numbers below this one.</param>
public sealed record EpisodeFilter(string? HostId = null, string? Mailbox = null, string? Program = null, string? Cause = null, long? Since = null, long? Until = null);

/// <param name="Next">Number to continue below; null when there are no more.</param>
public sealed record EpisodePage(IReadOnlyList<EpisodeRow> Rows, long? Next);

/// <summary>A name with its sums over a time.</summary>
public sealed record TallySum(string Name, long Episodes, double BlockedSeconds, int MostVictims);

/// <summary>One field of the heat map.</summary>
/// <param name="At">Begin of the hour.</param>
public sealed record HeatCell(string Mailbox, long At, long Episodes, double BlockedSeconds, int MostVictims);

/// <summary>Which moment of the past; times are milliseconds since 1970.</summary>
/// <param name="At">The moment.</param>
/// <param name="From">Smallest number of an episode that may be over: older ones are found only while they are open, or each question would read the whole history.</param>
/// <param name="Below">Numbers below this one had begun at that moment.</param>
/// <param name="Since">First minute of the charts.</param>
/// <param name="Until">End of the charts; excluded.</param>
public sealed record MomentFilter(long At, long From, long Below, long Since, long Until);

/// <summary>One moment of the past.</summary>
/// <param name="Open">Episodes that were open then, those that were merely held left out, newest first; what they say of victims and cause is their worst, not only that moment's.</param>
/// <param name="IsCut">There were more.</param>
/// <param name="Minutes">Of all hosts, oldest first.</param>
/// <param name="Incidents">That were open then, newest first.</param>
public sealed record PastMoment(IReadOnlyList<EpisodeRow> Open, bool IsCut, IReadOnlyList<HistoryMinute> Minutes, IReadOnlyList<IncidentRow> Incidents);

/// <summary>What pages ask of history.</summary>
public interface IHistory
{
    /// <inheritdoc cref="HistoryReader.FindAsync"/>
    Task<EpisodePage> FindAsync(EpisodeFilter filter, long? below, int take, CancellationToken stop = default);

    /// <inheritdoc cref="HistoryReader.OfMailboxAsync"/>
    Task<IReadOnlyList<EpisodeRow>> OfMailboxAsync(string hostId, string mailbox, long since, int take, CancellationToken stop = default);

    /// <inheritdoc cref="HistoryReader.MomentAsync"/>
    Task<PastMoment> MomentAsync(MomentFilter filter, int take, CancellationToken stop = default);

    /// <inheritdoc cref="HistoryReader.TopAsync"/>
    Task<IReadOnlyList<TallySum>> TopAsync(string dimension, string? hostId, long since, long until, int take, CancellationToken stop = default);

    /// <inheritdoc cref="HistoryReader.TotalAsync"/>
    Task<TallySum> TotalAsync(string dimension, string? hostId, long since, long until, CancellationToken stop = default);

    /// <inheritdoc cref="HistoryReader.HeatAsync"/>
    Task<IReadOnlyList<HeatCell>> HeatAsync(string? hostId, long since, long until, int mailboxes, CancellationToken stop = default);
}

/// <summary>Finds what history has. Nothing here reads more than a page of episodes or the sums of the hours and days in question. Singleton.</summary>
public sealed class HistoryReader(IDbContextFactory<OpsDb> contexts) : IHistory
{
    private const long HourMs = 3_600_000, DayMs = 24 * HourMs;

    /// <summary>Longer times are answered from the sums of days.</summary>
    public const long LongestByHour = 2 * DayMs;

    /// <summary>Newest first.</summary>
    /// <param name="below">Number from the page before; null for the newest.</param>
    public async Task<EpisodePage> FindAsync(EpisodeFilter filter, long? below, int take, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var rows = await Apply(db.Set<EpisodeRow>().AsNoTracking(), filter, below).OrderByDescending(e => e.Id).Take(take + 1).ToListAsync(stop);
        return rows.Count > take ? new(rows[..take], rows[take - 1].Id) : new(rows, null);
    }

    /// <summary>Of one mailbox, newest first.</summary>
    public async Task<IReadOnlyList<EpisodeRow>> OfMailboxAsync(string hostId, string mailbox, long since, int take, CancellationToken stop = default)
    {
        var key = HistoryNames.Key(mailbox);
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Set<EpisodeRow>().AsNoTracking().Where(e => e.Mailbox == key && e.Id >= since && e.HostId + "" == hostId).OrderByDescending(e => e.Id).Take(take).ToListAsync(stop);
    }

    /// <summary>Those that were open when the console ended.</summary>
    public async Task<IReadOnlyList<EpisodeRow>> OpenAsync(int most, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Set<EpisodeRow>().AsNoTracking().Where(e => e.ClosedAt == null).OrderByDescending(e => e.Id).Take(most).ToListAsync(stop);
    }

    /// <summary>How it was at one moment: what was open then, the minutes around it, and the incidents.</summary>
    public async Task<PastMoment> MomentAsync(MomentFilter filter, int take, CancellationToken stop = default)
    {
        var at = filter.At;
        await using var db = await contexts.CreateDbContextAsync(stop);
        var rows = db.Set<EpisodeRow>().AsNoTracking().Where(e => e.Cause + "" != "held");
        var open = await rows.Where(e => e.Id >= filter.From && e.Id < filter.Below && (e.ClosedAt == null || e.ClosedAt > at)).OrderByDescending(e => e.Id).Take(take + 1).ToListAsync(stop);
        if (open.Count <= take)
            open.AddRange(await rows.Where(e => e.ClosedAt == null && e.Id < filter.From).OrderByDescending(e => e.Id).Take(take + 1 - open.Count).ToListAsync(stop));
        var incidents = await db.Set<IncidentRow>().AsNoTracking().Where(i => i.OpenedAt <= at && (i.ClosedAt == null || i.ClosedAt > at)).OrderByDescending(i => i.Sort).Take(take).ToListAsync(stop);
        return new([.. open.Take(take)], open.Count > take, await MinutesAsync(null, filter.Since, filter.Until, stop), incidents);
    }

    /// <summary>Names with the most waiting time, then the most episodes.</summary>
    /// <param name="dimension">One of <see cref="TallyDimensions"/>.</param>
    public async Task<IReadOnlyList<TallySum>> TopAsync(string dimension, string? hostId, long since, long until, int take, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await Sums(db, dimension, hostId, since, until).Where(t => t.Name != "")
            .GroupBy(t => t.Name).Select(g => new { g.Key, Episodes = g.Sum(t => t.Episodes), Blocked = g.Sum(t => t.BlockedSeconds), Most = g.Max(t => t.MostVictims) })
            .OrderByDescending(s => s.Blocked).ThenByDescending(s => s.Episodes).ThenBy(s => s.Key).Take(take).Select(s => new TallySum(s.Key, s.Episodes, s.Blocked, s.Most)).ToListAsync(stop);
    }

    /// <summary>Sum over all names, those that were left out included.</summary>
    public async Task<TallySum> TotalAsync(string dimension, string? hostId, long since, long until, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var found = await Sums(db, dimension, hostId, since, until).GroupBy(t => t.Dimension)
            .Select(g => new { Episodes = g.Sum(t => t.Episodes), Blocked = g.Sum(t => t.BlockedSeconds), Most = g.Max(t => t.MostVictims) }).FirstOrDefaultAsync(stop);
        return found is null ? new("", 0, 0, 0) : new("", found.Episodes, found.Blocked, found.Most);
    }

    /// <summary>By hour, or by day for longer times: the mailboxes with the most waiting time.</summary>
    public async Task<IReadOnlyList<HeatCell>> HeatAsync(string? hostId, long since, long until, int mailboxes, CancellationToken stop = default)
    {
        var top = (await TopAsync(TallyDimensions.Mailbox, hostId, since, until, mailboxes, stop)).Select(t => t.Name).ToList();
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await Sums(db, TallyDimensions.Mailbox, hostId, since, until).Where(t => top.Contains(t.Name))
            .GroupBy(t => new { t.Name, t.At }).Select(g => new HeatCell(g.Key.Name, g.Key.At, g.Sum(t => t.Episodes), g.Sum(t => t.BlockedSeconds), g.Max(t => t.MostVictims))).ToListAsync(stop);
    }

    /// <summary>Of all hosts, oldest first.</summary>
    public async Task<IReadOnlyList<HistoryMinute>> MinutesAsync(string? hostId, long since, long until, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Set<HistoryMinute>().AsNoTracking().Where(m => m.At >= since && m.At < until && (hostId == null || m.HostId == hostId)).OrderBy(m => m.At).ToListAsync(stop);
    }

    /// <summary>Whether sums of a time are by the hour or by the day.</summary>
    public static string GrainOf(long since, long until) => until - since <= LongestByHour ? TallyDimensions.Hour : TallyDimensions.Day;

    private static IQueryable<EpisodeTally> Sums(OpsDb db, string dimension, string? hostId, long since, long until)
    {
        var grain = GrainOf(since, until);
        // The hour, or day, in which the time begins counts whole.
        var from = since - (since % (grain == TallyDimensions.Hour ? HourMs : DayMs));
        var sums = db.Set<EpisodeTally>().AsNoTracking();
        // As constants: an index of the days alone serves no query that might ask for hours.
        sums = grain == TallyDimensions.Hour ? sums.Where(t => t.Grain == TallyDimensions.Hour) : sums.Where(t => t.Grain == TallyDimensions.Day);
        return sums.Where(t => t.Dimension == dimension && t.At >= from && t.At < until && (hostId == null || t.HostId == hostId));
    }

    // The filter that names least leads, with its index; "+ empty" keeps the planners, which do not know how common a value is, from choosing another.
    private static IQueryable<EpisodeRow> Apply(IQueryable<EpisodeRow> rows, EpisodeFilter filter, long? below)
    {
        var leads = true;
        if (filter.Mailbox is { Length: > 0 } mailbox)
        {
            var key = HistoryNames.Key(mailbox);
            rows = key[0] == '/' ? rows.Where(e => e.Mailbox == key) : rows.Where(e => e.MailboxUser == key);
            leads = false;
        }
        var isRare = filter.Cause is not (null or "" or "held" or "waited");
        if (isRare)
        {
            rows = leads ? rows.Where(e => e.Cause == filter.Cause) : rows.Where(e => e.Cause + "" == filter.Cause);
            leads = false;
        }
        if (filter.Program is { Length: > 0 } program)
        {
            rows = leads ? rows.Where(e => e.Program == program) : rows.Where(e => e.Program + "" == program);
            leads = false;
        }
        if (!isRare && filter.Cause is { Length: > 0 } cause)
        {
            rows = leads ? rows.Where(e => e.Cause == cause) : rows.Where(e => e.Cause + "" == cause);
            leads = false;
        }
        if (filter.HostId is { Length: > 0 } host)
            rows = leads ? rows.Where(e => e.HostId == host) : rows.Where(e => e.HostId + "" == host);
        if (filter.Since is { } since)
            rows = rows.Where(e => e.Id >= since);
        if (Math.Min(filter.Until ?? long.MaxValue, below ?? long.MaxValue) is var until && until != long.MaxValue)
            rows = rows.Where(e => e.Id < until);
        return rows;
    }
}
