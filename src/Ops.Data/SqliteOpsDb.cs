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

    // SQLite can neither sort nor compare a DateTimeOffset.
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicksConverter>();

    private sealed class UtcTicksConverter() : ValueConverter<DateTimeOffset, long>(v => v.UtcTicks, v => new DateTimeOffset(v, TimeSpan.Zero));
}
