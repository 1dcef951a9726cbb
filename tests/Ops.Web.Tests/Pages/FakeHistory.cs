using Ops.Data;

namespace Ops.Web.Tests.Pages;

/// <summary>History as literals.</summary>
internal sealed class FakeHistory : IHistory
{
    public List<EpisodeRow> Rows { get; } = [];

    public List<HeatCell> Heat { get; } = [];

    public List<TallySum> Top { get; } = [];

    public EpisodeFilter? Asked { get; private set; }

    public Task<EpisodePage> FindAsync(EpisodeFilter filter, long? below, int take, CancellationToken stop = default)
    {
        Asked = filter;
        List<EpisodeRow> found = [.. Rows.Where(r => r.Id < (below ?? long.MaxValue)).OrderByDescending(r => r.Id).Take(take + 1)];
        return Task.FromResult(found.Count > take ? new EpisodePage(found[..take], found[take - 1].Id) : new(found, null));
    }

    public Task<IReadOnlyList<EpisodeRow>> OfMailboxAsync(string hostId, string mailbox, long since, int take, CancellationToken stop = default) =>
        Task.FromResult<IReadOnlyList<EpisodeRow>>([.. Rows.Where(r => r.Mailbox == mailbox)]);

    public List<HistoryMinute> Minutes { get; } = [];

    public List<IncidentRow> Incidents { get; } = [];

    public Task<PastMoment> MomentAsync(MomentFilter filter, int take, CancellationToken stop = default) =>
        Task.FromResult(new PastMoment(Rows, false, [.. Minutes.Where(m => m.At >= filter.Since && m.At < filter.Until)], Incidents));

    public Task<IReadOnlyList<TallySum>> TopAsync(string dimension, string? hostId, long since, long until, int take, CancellationToken stop = default) => Task.FromResult<IReadOnlyList<TallySum>>(Top);

    public Task<TallySum> TotalAsync(string dimension, string? hostId, long since, long until, CancellationToken stop = default) => Task.FromResult(new TallySum("", 7, 0, 0));

    public Task<IReadOnlyList<HeatCell>> HeatAsync(string? hostId, long since, long until, int mailboxes, CancellationToken stop = default) => Task.FromResult<IReadOnlyList<HeatCell>>(Heat);

    public static EpisodeRow Row(long id, string mailbox = "/var/mail/alice", string program = "imap") => new()
    {
        Id = id,
        HostId = "host-1",
        Host = "mail1",
        Mailbox = mailbox,
        HolderKey = "p1.1",
        Pid = 4690,
        Program = program,
        Path = mailbox,
        Cause = "waited",
        OpenedAt = 1_000_000,
        LastSeenAt = 1_061_000,
        ClosedAt = 1_062_000,
        End = "broken",
        EndedBy = "anna",
        MostVictims = 2,
        BlockedSeconds = 61,
    };
}
