using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Incidents;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>How long the questions of the History pages take on a SQLite database of 90 days with many episodes.</summary>
internal static class HistoryQueries
{
    private const int Days = 90, Mailboxes = 20_000, Hosts = 20;
    private const long HourMs = 3_600_000, DayMs = 24 * HourMs;

    // The sums of a host and hour are kept by name for as many.
    private const int NamesKept = 200;

    public static async Task RunAsync(int episodes, int runs)
    {
        using var scratch = new Scratch();
        await using var services = new ServiceCollection().AddLogging().AddOpsData(DataRegistration.Sqlite, null, scratch.Path).BuildServiceProvider();
        await services.MigrateOpsDataAsync();
        var now = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        await FillAsync(services, episodes, now);
        var size = new DirectoryInfo(scratch.Path).EnumerateFiles("*.db*").Sum(f => f.Length);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{episodes:N0} episodes of {Mailboxes:N0} mailboxes on {Hosts} hosts in {Days} days: {size / 1_000_000:N0} MB, filled in {clock.Elapsed.TotalSeconds:0} s."));

        var reader = services.GetRequiredService<HistoryReader>();
        var nowMs = now.ToUnixTimeMilliseconds();
        long Ago(double days) => nowMs - (long)(days * DayMs);
        long First(double days) => EpisodeNumbers.First(now - TimeSpan.FromDays(days));
        MomentFilter Moment(double days) => new(Ago(days), First(days + 1), First(days), Ago(days) - (HourMs / 2), Ago(days) + (HourMs / 2));
        (string, Func<Task>)[] questions =
        [
            ("newest page", () => reader.FindAsync(new(Since: First(90)), null, 50)),
            ("page in the middle", () => reader.FindAsync(new(Since: First(90)), First(45), 50)),
            ("one mailbox", () => reader.FindAsync(new(Mailbox: "/var/mail/user00017", Since: First(90)), null, 50)),
            ("one user", () => reader.FindAsync(new(Mailbox: "user19999", Since: First(90)), null, 50)),
            ("one program", () => reader.FindAsync(new(Program: "lmtp", Since: First(90)), null, 50)),
            ("a rare cause", () => reader.FindAsync(new(Cause: "deadlock", Since: First(90)), null, 50)),
            ("a common cause of one host", () => reader.FindAsync(new("host-7", Cause: "waited", Since: First(90)), null, 50)),
            ("a rare cause of one mailbox", () => reader.FindAsync(new(Mailbox: "/var/mail/user00017", Cause: "stale", Since: First(90)), null, 50)),
            ("last day of a mailbox's page", () => reader.OfMailboxAsync("host-17", "/var/mail/user00017", First(1), 30)),
            ("heat map, 24 hours", () => reader.HeatAsync(null, Ago(1), nowMs, 12)),
            ("heat map, 90 days", () => reader.HeatAsync(null, Ago(90), nowMs, 12)),
            ("top mailboxes, 24 hours", () => reader.TopAsync(TallyDimensions.Mailbox, null, Ago(1), nowMs, 5)),
            ("top mailboxes, 90 days", () => reader.TopAsync(TallyDimensions.Mailbox, null, Ago(90), nowMs, 5)),
            ("top programs, 90 days", () => reader.TopAsync(TallyDimensions.Program, null, Ago(90), nowMs, 5)),
            ("as it was an hour ago", () => reader.MomentAsync(Moment(1.0 / 24), 200)),
            ("as it was 45 days ago", () => reader.MomentAsync(Moment(45), 200)),
        ];
        Table.Print("Questions of the History pages, ms", ["question", "first", "median", "slowest"], await MeasureAsync(questions, runs));
    }

    private static async Task<List<IReadOnlyList<string>>> MeasureAsync(IEnumerable<(string Name, Func<Task> Ask)> questions, int runs)
    {
        List<IReadOnlyList<string>> rows = [];
        foreach (var (name, ask) in questions)
        {
            List<double> times = [];
            for (var i = 0; i < Math.Max(5, runs); i++)
            {
                var clock = Stopwatch.StartNew();
                await ask();
                times.Add(clock.Elapsed.TotalMilliseconds);
            }

            rows.Add([name, Milliseconds(times[0]), Milliseconds(times.Median()), Milliseconds(times.Max())]);
        }

        return rows;
    }

    private static string Milliseconds(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    // The writer would take an hour: rows are made by SQLite itself, and the indexes afterwards, as a restore does it.
    private static async Task FillAsync(ServiceProvider services, int episodes, DateTimeOffset now)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync();
        var connection = (SqliteConnection)db.Database.GetDbConnection();
        await connection.OpenAsync();
        var nowMs = now.ToUnixTimeMilliseconds();
        var begin = nowMs - (Days * DayMs);
        await RunAsync("PRAGMA synchronous = OFF");
        await RunAsync("PRAGMA cache_size = -400000");
        var indexes = new List<(string Name, string Sql)>();
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'Episodes' AND sql IS NOT NULL";
            await using var read = await command.ExecuteReaderAsync();
            while (await read.ReadAsync())
                indexes.Add((read.GetString(0), read.GetString(1)));
        }

        foreach (var (name, _) in indexes)
            await RunAsync($"DROP INDEX \"{name}\"");
        // A few mailboxes have most of it, as on a real host: the square of an even number between 0 and 1. Every number is made from i alone, so a run can be repeated.
        await RunAsync(string.Create(CultureInfo.InvariantCulture, $"""
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {episodes}),
            e AS (SELECT i, {begin} + i * {Days * DayMs} / {episodes} AS opened, (i * 2654435761 % 1000003) / 1000003.0 AS r, (i * 40503 % 65537) AS dice FROM n),
            m AS (SELECT i, opened, dice, CAST(r * r * {Mailboxes} AS INTEGER) AS box FROM e)
            INSERT INTO "Episodes" ("Id", "HostId", "Host", "Mailbox", "MailboxUser", "System", "HolderKey", "Pid", "Program", "Unit", "User", "Path", "Cause", "OpenedAt", "LastSeenAt", "ClosedAt", "End",
                "MostVictims", "BlockedSeconds", "HasGap")
            SELECT (opened << 19) | (i & 524287), 'host-' || (box % {Hosts}), 'mail' || (box % {Hosts}), printf('/var/mail/user%05d', box), printf('user%05d', box), 'dovecot', 'p' || i, 1000 + i % 30000,
                CASE dice % 5 WHEN 0 THEN 'imap' WHEN 1 THEN 'lmtp' WHEN 2 THEN 'pop3' WHEN 3 THEN 'procmail' ELSE 'local' END, 'dovecot.service', 'vmail', printf('/var/mail/user%05d', box),
                CASE WHEN dice < 7 THEN 'deadlock' WHEN dice < 300 THEN 'stale' WHEN dice < 6000 THEN 'waited' ELSE 'held' END, opened, opened + 1000 + dice, opened + 1500 + dice, 'released',
                CASE WHEN dice < 6000 THEN 1 + dice % 5 ELSE 0 END, CASE WHEN dice < 6000 THEN dice / 1000.0 ELSE 0 END, 0
            FROM m
            """));
        foreach (var (_, sql) in indexes)
            await RunAsync(sql);
        foreach (var (grain, step, since) in new[] { ("h", HourMs, nowMs - (8 * DayMs)), ("d", DayMs, begin) })
        {
            foreach (var (dimension, column) in new[] { ("mailbox", "Mailbox"), ("program", "Program"), ("unit", "Unit"), ("user", "User"), ("cause", "Cause") })
            {
                await RunAsync(string.Create(CultureInfo.InvariantCulture, $"""
                    WITH s AS (SELECT "OpenedAt" / {step} * {step} AS at, "HostId" AS host, "{column}" AS name, COUNT(*) AS n, SUM("BlockedSeconds") AS blocked, MAX("MostVictims") AS most
                        FROM "Episodes" WHERE "Id" >= {since} << 19 GROUP BY 1, 2, 3),
                    k AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY at, host ORDER BY blocked DESC) AS place FROM s)
                    INSERT INTO "EpisodeTallies" ("Grain", "Dimension", "At", "HostId", "Name", "Episodes", "BlockedSeconds", "MostVictims")
                    SELECT '{grain}', '{dimension}', at, host, name, n, blocked, most FROM k WHERE place <= {NamesKept}
                    """));
            }
        }

        await RunAsync("PRAGMA wal_checkpoint(TRUNCATE)");

        async Task RunAsync(string sql)
        {
            await using var command = connection.CreateCommand();
            (command.CommandText, command.CommandTimeout) = (sql, 0);
            await command.ExecuteNonQueryAsync();
        }
    }
}
