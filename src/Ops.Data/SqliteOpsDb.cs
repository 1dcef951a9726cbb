using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Ops.Data;

public sealed class SqliteOpsDb(DbContextOptions<SqliteOpsDb> options) : OpsDb(options)
{
    // SQLite's own LIKE ignores the case of ASCII letters only; the data is mostly paths.
    internal override Expression<Func<AuditEntry, bool>> AuditTextIsLike(string pattern) => e =>
        EF.Functions.Like(e.Actor, pattern, "\\") || EF.Functions.Like(e.Path!, pattern, "\\") || EF.Functions.Like(e.Reason!, pattern, "\\")
        || EF.Functions.Like(e.Outcome!, pattern, "\\") || EF.Functions.Like(e.Detail!, pattern, "\\");

    internal override async Task<IDbContextTransaction> BeginAuditAsync(CancellationToken stop)
    {
        // Were a commit lost in a power cut, the anchor, written after it, would lead and report a forgery. Some builds of SQLite
        // sync less by default in WAL mode; it can't be set inside a transaction, and holds for this connection.
        await Database.OpenConnectionAsync(stop);
        await Database.ExecuteSqlRawAsync("PRAGMA synchronous=FULL", stop);
        return await Database.BeginTransactionAsync(stop); // Microsoft.Data.Sqlite says BEGIN IMMEDIATE: the only writer from here on
    }

    // The sums of 90 days by mailbox are hundreds of thousands of rows: read by name from the index alone they take a fifth of the time. PostgreSQL reads them fast as they are,
    // and would write a new entry here for each sum that grows.
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.Entity<EpisodeTally>().HasIndex(t => new { t.Dimension, t.Name, t.At, t.HostId, t.Episodes, t.BlockedSeconds, t.MostVictims }, "IX_EpisodeTallies_DayByName")
            .HasFilter($"\"Grain\" = '{TallyDimensions.Day}'");
    }

    // SQLite can neither sort nor compare a DateTimeOffset.
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicksConverter>();

    private sealed class UtcTicksConverter() : ValueConverter<DateTimeOffset, long>(v => v.UtcTicks, v => new DateTimeOffset(v, TimeSpan.Zero));
}
