using Microsoft.EntityFrameworkCore;

namespace Ops.Data.Tests;

public sealed class HistoryTests
{
    private const long Hour = 3_600_000, Minute = 60_000;
    private static readonly long Noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    [Fact]
    public async Task An_episode_that_changes_is_one_row_as_it_was_last()
    {
        await using var data = await TestData.CreateAsync();
        Put(data, Row(1));
        await data.Get<HistoryWriter>().FlushAsync();
        var closed = Row(1);
        (closed.ClosedAt, closed.End, closed.EndedBy, closed.MostVictims, closed.Operation) = (Noon + 5_000, "broken", "anna", 3, Guid.NewGuid());
        Put(data, closed);
        Assert.True(await data.Get<HistoryWriter>().FlushAsync());

        var row = Assert.Single((await data.Get<HistoryReader>().FindAsync(new(), null, 10)).Rows);

        Assert.Equal(("broken", "anna", 3, closed.Operation), (row.End, row.EndedBy, row.MostVictims, row.Operation));
        Assert.Empty(await data.Get<HistoryReader>().OpenAsync(10));
    }

    [Fact]
    public async Task Pages_continue_below_the_last_row_also_while_new_ones_arrive()
    {
        await using var data = await TestData.CreateAsync();
        for (var id = 1; id <= 25; id++)
            Put(data, Row(id));
        await data.Get<HistoryWriter>().FlushAsync();
        var reader = data.Get<HistoryReader>();

        var first = await reader.FindAsync(new(), null, 10);
        Put(data, Row(26));
        await data.Get<HistoryWriter>().FlushAsync();
        var second = await reader.FindAsync(new(), first.Next, 10);
        var third = await reader.FindAsync(new(), second.Next, 10);

        Assert.Equal(Enumerable.Range(1, 25).Reverse().Select(i => (long)i), first.Rows.Concat(second.Rows).Concat(third.Rows).Select(r => r.Id));
        Assert.Null(third.Next);
    }

    [Fact]
    public async Task A_moment_has_what_was_open_then_and_more_than_held()
    {
        await using var data = await TestData.CreateAsync();
        // As numbers of episodes are made: the opening time, and three bits that are enough here.
        static long At(long ms, int count) => (ms << 3) | (uint)count;
        var filter = new MomentFilter(Noon, At(Noon - (24 * Hour), 0), At(Noon + 1, 0), Noon - Hour, Noon);
        EpisodeRow Episode(long opened, long? closed, string cause, int count)
        {
            var row = Row(At(opened, count), "h1", "imap", cause);
            (row.OpenedAt, row.LastSeenAt, row.ClosedAt) = (opened, closed ?? opened, closed);
            return row;
        }

        Put(data, Episode(Noon - Hour, Noon + 1, "waited", 1));
        Put(data, Episode(Noon - Hour, Noon, "waited", 2));
        Put(data, Episode(Noon, Noon + Minute, "stale", 3));
        Put(data, Episode(Noon + 1, Noon + Minute, "stale", 4));
        Put(data, Episode(Noon - Hour, null, "held", 5));
        Put(data, Episode(Noon - (48 * Hour), null, "stale", 6));
        Put(data, Episode(Noon - Minute, null, "losing-mail", 7));
        await data.Get<HistoryWriter>().FlushAsync();

        var moment = await data.Get<HistoryReader>().MomentAsync(filter, 10);
        Assert.Equal([3, 7, 1, 6], moment.Open.Select(e => e.Id & 7));
        Assert.False(moment.IsCut);

        var few = await data.Get<HistoryReader>().MomentAsync(filter, 3);
        Assert.Equal([3, 7, 1], few.Open.Select(e => e.Id & 7));
        Assert.True(few.IsCut);
    }

    [Theory]
    [InlineData("h1", null, null, null, 2)]
    [InlineData(null, "/var/mail/u2", null, null, 1)]
    [InlineData(null, "u3", null, null, 1)]
    [InlineData(null, null, "imap", null, 2)]
    [InlineData(null, null, null, "stale", 1)]
    [InlineData("h2", null, "lmtp", "stale", 1)]
    [InlineData("h1", null, "lmtp", "stale", 0)]
    public async Task Filters_select_and_combine(string? host, string? mailbox, string? program, string? cause, int found)
    {
        await using var data = await TestData.CreateAsync();
        Put(data, Row(1, "h1", "imap", "held"));
        Put(data, Row(2, "h1", "imap", "waited"));
        Put(data, Row(3, "h2", "lmtp", "stale"));
        await data.Get<HistoryWriter>().FlushAsync();

        Assert.Equal(found, (await data.Get<HistoryReader>().FindAsync(new(host, mailbox, program, cause), null, 10)).Rows.Count);
    }

    [Fact]
    public async Task Sums_of_an_hour_and_a_day_add_up_over_batches_and_name_the_worst_first()
    {
        await using var data = await TestData.CreateAsync();
        foreach (var (name, blocked) in new[] { ("/a", 5.0), ("/b", 20), ("/a", 30) })
        {
            Tally(data, name, Noon + Minute, blocked);
            await data.Get<HistoryWriter>().FlushAsync();
        }
        Tally(data, "/b", Noon - Minute, 1);
        await data.Get<HistoryWriter>().FlushAsync();
        var reader = data.Get<HistoryReader>();

        Assert.Equal([("/a", 35.0), ("/b", 20)], (await reader.TopAsync(TallyDimensions.Mailbox, null, Noon, Noon + Hour, 10)).Select(t => (t.Name, t.BlockedSeconds)));
        Assert.Equal([("/a", 35.0), ("/b", 21)], (await reader.TopAsync(TallyDimensions.Mailbox, "h1", Noon - (72 * Hour), Noon + Hour, 10)).Select(t => (t.Name, t.BlockedSeconds)));
        Assert.Empty(await reader.TopAsync(TallyDimensions.Mailbox, "h2", Noon, Noon + Hour, 10));
        var heat = await reader.HeatAsync(null, Noon - Hour, Noon + Hour, 10);
        Assert.Equal(3, heat.Count);
        Assert.Equal(1, heat.Single(c => c.Mailbox == "/b" && c.At == Noon - Hour).BlockedSeconds);
    }

    [Fact]
    public async Task A_full_queue_drops_and_counts_and_never_waits()
    {
        await using var data = await TestData.CreateAsync();
        var writer = data.Get<HistoryWriter>();
        for (var id = 0; id < HistoryWriter.Capacity; id++)
            Assert.True(writer.Add(new HistoryWrite.PutEpisode(Row(id))));

        Assert.False(writer.Add(new HistoryWrite.PutEpisode(Row(-1))));

        Assert.Equal((1, HistoryWriter.Capacity), (writer.Health.Dropped, writer.Health.Queued));
    }

    [Fact]
    public async Task A_failing_database_is_reported_and_what_is_queued_is_stored_once_it_works()
    {
        await using var data = await TestData.CreateSqliteAsync();
        var writer = data.Get<HistoryWriter>();
        await data.TamperAsync("ALTER TABLE \"Episodes\" RENAME TO \"Away\"");
        Put(data, Row(1));
        using var stop = new CancellationTokenSource();
        var failures = 0;
        var running = writer.RunAsync(TimeSpan.FromSeconds(1), _ => failures++, stop.Token);
        await Until(() => writer.Health.Failing is not null);
        Assert.Equal(1, failures);

        await data.TamperAsync("ALTER TABLE \"Away\" RENAME TO \"Episodes\"");
        await Until(() =>
        {
            data.Clock.Advance(TimeSpan.FromSeconds(1));
            return writer.Health is { Failing: null, Written: 1 };
        });

        await stop.CancelAsync();
        await running;
        Assert.Single((await data.Get<HistoryReader>().FindAsync(new(), null, 10)).Rows);
    }

    [Fact]
    public async Task The_end_of_the_console_stores_all_that_is_queued()
    {
        await using var data = await TestData.CreateSqliteAsync();
        for (var id = 1; id <= 5_000; id++)
            Put(data, Row(id));

        await data.Get<HistoryWriter>().RunAsync(TimeSpan.FromSeconds(1), _ => { }, new CancellationToken(canceled: true));

        Assert.Equal((5_000, 0), (data.Get<HistoryWriter>().Health.Written, data.Get<HistoryWriter>().Health.Queued));
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_reported_as_failing()
    {
        var clock = new FakeTimeProvider();
        var hangs = new HangingContexts();
        var writer = new HistoryWriter(hangs, clock);
        writer.Add(new HistoryWrite.PutEpisode(Row(1)));
        using var stop = new CancellationTokenSource();
        var running = writer.RunAsync(TimeSpan.FromSeconds(1), _ => { }, stop.Token);
        await hangs.Asked;

        clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Null(writer.Health.Failing);
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("The database does not answer.", writer.Health.Failing);
        Assert.True(writer.Add(new HistoryWrite.PutEpisode(Row(2))));
        hangs.Answer();
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task An_open_episode_that_is_not_stored_again_for_a_day_ends_as_unknown()
    {
        await using var data = await TestData.CreateAsync();
        Put(data, Row(1));
        var followed = Row(2);
        followed.LastSeenAt = Noon + (20 * Hour);
        Put(data, followed);
        await data.Get<HistoryWriter>().FlushAsync();

        await data.Get<HistoryUpkeep>().RunAsync(DateTimeOffset.FromUnixTimeMilliseconds(Noon + (25 * Hour)), HistoryRetention.Default, _ => 0, default);

        var rows = (await data.Get<HistoryReader>().FindAsync(new(), null, 10)).Rows;
        Assert.Equal([(2, null, null), (1, "unknown", Noon + 1_000)], rows.Select(r => (r.Id, r.End, r.ClosedAt)));
    }

    [Fact]
    public async Task Upkeep_deletes_what_is_too_old_and_keeps_names_of_the_worst_with_one_sum_for_the_others()
    {
        await using var data = await TestData.CreateAsync();
        var day = TimeSpan.FromDays(1);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(Noon);
        for (var id = 1; id <= 10; id++)
            Put(data, Row(id));
        for (var name = 0; name < 250; name++)
            Tally(data, $"/{name:000}", Noon - (5 * Hour), name);
        Tally(data, "/old", Noon - (100 * 24 * Hour), 1);
        await data.Get<HistoryWriter>().FlushAsync();

        await data.Get<HistoryUpkeep>().RunAsync(now, new(90 * day, 8 * day), _ => 4, default);

        Assert.Equal(7, (await data.Get<HistoryReader>().FindAsync(new(), null, 50)).Rows.Count);
        var top = await data.Get<HistoryReader>().TopAsync(TallyDimensions.Mailbox, null, Noon - (6 * Hour), Noon, 500);
        Assert.Equal((200, "/249"), (top.Count, top[0].Name));
        var total = await data.Get<HistoryReader>().TotalAsync(TallyDimensions.Mailbox, null, Noon - (6 * Hour), Noon);
        Assert.Equal((250, 250 * 249 / 2.0), (total.Episodes, total.BlockedSeconds));
        await using var db = await data.OpenAsync();
        Assert.False(await db.Set<EpisodeTally>().AnyAsync(t => t.Name == "/old"));
    }

    [Fact]
    public async Task A_name_longer_than_an_index_takes_is_stored_cut_and_found()
    {
        await using var data = await TestData.CreateAsync();
        var row = Row(1);
        row.Mailbox = "/" + new string('x', 5_000);
        Put(data, row);

        Assert.True(await data.Get<HistoryWriter>().FlushAsync());
        Assert.Single(await data.Get<HistoryReader>().OfMailboxAsync("h1", row.Mailbox, 0, 10));
    }

    [Fact]
    public async Task A_note_is_stored_together_with_its_audit_entry()
    {
        await using var data = await TestData.CreateAsync();
        var incident = new IncidentRow { Id = Guid.NewGuid(), Sort = 1, Rule = "victims", HostId = "h1", Host = "mx1", Mailbox = "/var/mail/alice", Title = "t", OpenedAt = Noon };
        data.Get<HistoryWriter>().Add(new HistoryWrite.PutIncident(incident));
        data.Get<HistoryWriter>().Add(new HistoryWrite.AddEntry(new() { Id = Guid.NewGuid(), IncidentId = incident.Id, At = Noon - Hour, Kind = "opened", Text = "Pid 10 holds." }));
        await data.Get<HistoryWriter>().FlushAsync();
        var log = data.Get<IncidentLog>();

        Assert.Null(await log.AddAsync(incident.Id, "note", "Calling the owner.", "anna"));
        Assert.NotNull(await log.AddAsync(Guid.NewGuid(), "note", "To nothing.", "anna"));
        Assert.NotNull(await log.AddAsync(incident.Id, "note", "  ", "anna"));

        Assert.Equal(["opened", "note"], (await log.EntriesAsync(incident.Id)).Select(e => e.Kind));
        await using var db = await data.OpenAsync();
        var entry = await db.Audit.SingleAsync();
        Assert.Equal(("anna", "incident-note", "Calling the owner."), (entry.Actor, entry.Action, entry.Reason));
        Assert.Equal(incident.Id, Assert.Single(await log.ListAsync(null, 10, onlyOpen: true)).Id);
        Assert.Empty(await log.ListAsync(1, 10));
    }

    /// <summary>A database on a dead disk: the call returns when it is let go, with an error.</summary>
    private sealed class HangingContexts : IDbContextFactory<OpsDb>
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously), _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        public void Answer() => _answer.TrySetResult();

        public OpsDb CreateDbContext() => throw new NotSupportedException();

        public async Task<OpsDb> CreateDbContextAsync(CancellationToken cancellationToken = default)
        {
            _asked.TrySetResult();
            await _answer.Task;
            throw new IOException("Input/output error");
        }
    }

    private static async Task Until(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "it did not happen within 30 s");
            await Task.Delay(20);
        }
    }

    private static void Put(TestData data, EpisodeRow row) => data.Get<HistoryWriter>().Add(new HistoryWrite.PutEpisode(row));

    private static void Tally(TestData data, string name, long at, double blocked) => data.Get<HistoryWriter>().Add(new HistoryWrite.AddTally(
        new() { Grain = "", Dimension = TallyDimensions.Mailbox, HostId = "h1", Name = name, At = at, Episodes = 1, BlockedSeconds = blocked, MostVictims = 1 }));

    private static EpisodeRow Row(long id, string host = "h1", string program = "imap", string cause = "held") => new()
    {
        Id = id,
        HostId = host,
        Host = "mx1",
        Mailbox = $"/var/mail/u{id}",
        MailboxUser = $"u{id}",
        HolderKey = "p1.1",
        Program = program,
        Path = $"/var/mail/u{id}",
        Cause = cause,
        OpenedAt = Noon,
        LastSeenAt = Noon + 1_000,
    };
}
