using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Ops.Data;

/// <summary>One batch of history in one transaction. The statements are those that SQLite and PostgreSQL have in common.</summary>
internal static class HistoryBatch
{
    private const long HourMs = 3_600_000, DayMs = 24 * HourMs;

    private static readonly string PutEpisode = Upsert("Episodes",
        ["Id"],
        ["HostId", "Host", "Mailbox", "MailboxUser", "System", "HolderKey", "Pid", "Program", "Unit", "User", "Path", "Cause", "OpenedAt", "LastSeenAt", "ClosedAt", "End", "EndedBy", "Operation", "MostVictims", "BlockedSeconds", "HasGap"]);

    private static readonly string PutIncident = Upsert("Incidents",
        ["Id"], ["Sort", "Rule", "HostId", "Host", "Mailbox", "MailboxUser", "Title", "OpenedAt", "ClosedAt", "MostVictims", "BlockedSeconds"]);

    private const string AddEntry = """
        INSERT INTO "IncidentEntries" ("Id", "IncidentId", "At", "Place", "Kind", "Text", "Person", "Operation", "Frame")
        VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8) ON CONFLICT ("Id") DO NOTHING
        """;

    private const string AddTally = """
        INSERT INTO "EpisodeTallies" ("Grain", "Dimension", "At", "HostId", "Name", "Episodes", "BlockedSeconds", "MostVictims") VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7)
        ON CONFLICT ("Grain", "Dimension", "At", "HostId", "Name") DO UPDATE SET
            "Episodes" = "EpisodeTallies"."Episodes" + excluded."Episodes", "BlockedSeconds" = "EpisodeTallies"."BlockedSeconds" + excluded."BlockedSeconds",
            "MostVictims" = CASE WHEN excluded."MostVictims" > "EpisodeTallies"."MostVictims" THEN excluded."MostVictims" ELSE "EpisodeTallies"."MostVictims" END
        """;

    private const string AddMinute = """
        INSERT INTO "HistoryMinutes" ("At", "HostId", "Waiting", "BlockedSeconds", "Stuck", "Stale") VALUES (@p0, @p1, @p2, @p3, @p4, @p5)
        ON CONFLICT ("At", "HostId") DO UPDATE SET
            "Waiting" = CASE WHEN excluded."Waiting" > "HistoryMinutes"."Waiting" THEN excluded."Waiting" ELSE "HistoryMinutes"."Waiting" END,
            "BlockedSeconds" = "HistoryMinutes"."BlockedSeconds" + excluded."BlockedSeconds",
            "Stuck" = CASE WHEN excluded."Stuck" > "HistoryMinutes"."Stuck" THEN excluded."Stuck" ELSE "HistoryMinutes"."Stuck" END,
            "Stale" = CASE WHEN excluded."Stale" > "HistoryMinutes"."Stale" THEN excluded."Stale" ELSE "HistoryMinutes"."Stale" END
        """;

    public static async Task WriteAsync(OpsDb db, IReadOnlyList<HistoryWrite> batch, CancellationToken stop)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(stop);
        var plain = transaction.GetDbTransaction();
        // The last state of a batch counts; of sums all, added up beforehand.
        await RunAsync(plain, PutEpisode, batch.OfType<HistoryWrite.PutEpisode>().Select(w => w.Row).GroupBy(r => r.Id).Select(g => Values(g.Last())), stop);
        await RunAsync(plain, AddTally, Sums(batch.OfType<HistoryWrite.AddTally>().Select(w => w.Row)), stop);
        await RunAsync(plain, AddMinute, batch.OfType<HistoryWrite.AddMinute>().Select(w => w.Row).Select(m => new object?[] { m.At, Name(m.HostId), m.Waiting, m.BlockedSeconds, m.Stuck, m.Stale }), stop);
        await RunAsync(plain, PutIncident, batch.OfType<HistoryWrite.PutIncident>().Select(w => w.Row).GroupBy(r => r.Id).Select(g => Values(g.Last())), stop);
        await RunAsync(plain, AddEntry, batch.OfType<HistoryWrite.AddEntry>().Select(w => w.Row).Select(e => new object?[] { e.Id, e.IncidentId, e.At, e.Place, e.Kind, Text(e.Text), Text(e.Person), e.Operation, Text(e.Frame) }), stop);
        // Not cancelled half way: it would not be known whether the sums were added.
        await transaction.CommitAsync(CancellationToken.None);
    }

    private static object?[] Values(EpisodeRow e) =>
    [
        e.Id, Name(e.HostId), Text(e.Host), Name(e.Mailbox), Name(e.MailboxUser), Text(e.System), Text(e.HolderKey), e.Pid, Name(e.Program), Text(e.Unit), Text(e.User), Text(e.Path), e.Cause, e.OpenedAt,
        e.LastSeenAt, e.ClosedAt, e.End, Text(e.EndedBy), e.Operation, e.MostVictims, e.BlockedSeconds, e.HasGap,
    ];

    private static object?[] Values(IncidentRow i) =>
        [i.Id, i.Sort, i.Rule, i.HostId, Text(i.Host), Text(i.Mailbox), Text(i.MailboxUser), Text(i.Title), i.OpenedAt, i.ClosedAt, i.MostVictims, i.BlockedSeconds];

    private static IEnumerable<object?[]> Sums(IEnumerable<EpisodeTally> tallies) => tallies
        .SelectMany(t => new[] { (Grain: TallyDimensions.Hour, At: t.At - (t.At % HourMs), Row: t), (Grain: TallyDimensions.Day, At: t.At - (t.At % DayMs), Row: t) })
        .GroupBy(t => (t.Grain, t.Row.Dimension, t.At, t.Row.HostId, t.Row.Name))
        .Select(g => new object?[]
        {
            g.Key.Grain, g.Key.Dimension, g.Key.At, Name(g.Key.HostId), Name(g.Key.Name), g.Sum(t => t.Row.Episodes), g.Sum(t => t.Row.BlockedSeconds), g.Max(t => t.Row.MostVictims),
        });

    private static async Task RunAsync(DbTransaction transaction, string sql, IEnumerable<object?[]> rows, CancellationToken stop)
    {
        DbCommand? command = null;
        try
        {
            foreach (var row in rows)
            {
                if (command is null)
                {
                    command = transaction.Connection!.CreateCommand();
                    command.Transaction = transaction;
                    command.CommandText = sql;
                    for (var at = 0; at < row.Length; at++)
                    {
                        var parameter = command.CreateParameter();
                        parameter.ParameterName = $"@p{at}";
                        command.Parameters.Add(parameter);
                    }
                }
                for (var at = 0; at < row.Length; at++)
                    command.Parameters[at].Value = row[at] switch { null => DBNull.Value, Guid id when IsSqlite(transaction) => id.ToString().ToUpperInvariant(), var value => value };
                await command.ExecuteNonQueryAsync(stop);
            }
        }
        finally
        {
            if (command is not null)
                await command.DisposeAsync();
        }
    }

    // As EF stores a Guid there.
    private static bool IsSqlite(DbTransaction transaction) => transaction is Microsoft.Data.Sqlite.SqliteTransaction;

    // PostgreSQL takes no NUL, and neither of them takes half of a surrogate pair.
    private static string? Text(string? text) => Ops.Locks.AuditChain.Storable(text);

    private static string? Name(string? text) => text is null ? null : HistoryNames.Key(Text(text)!);

    private static string Upsert(string table, string[] keys, string[] columns)
    {
        string[] all = [.. keys, .. columns];
        return $"INSERT INTO \"{table}\" ({string.Join(", ", all.Select(c => $"\"{c}\""))}) VALUES ({string.Join(", ", all.Select((_, i) => $"@p{i}"))}) "
            + $"ON CONFLICT ({string.Join(", ", keys.Select(k => $"\"{k}\""))}) DO UPDATE SET {string.Join(", ", columns.Select(c => $"\"{c}\" = excluded.\"{c}\""))}";
    }
}

/// <summary>Names that are looked for.</summary>
public static class HistoryNames
{
    private const int Longest = 500;

    /// <summary>As it is stored: a host may report any name, and an index entry has a limit.</summary>
    public static string Key(string name) => name.Length <= Longest ? name : char.IsHighSurrogate(name[Longest - 1]) ? name[..(Longest - 1)] : name[..Longest];
}
