using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Ops.Data;

public sealed class SqliteOpsDb(DbContextOptions<SqliteOpsDb> options) : OpsDb(options)
{
    // SQLite's own LIKE ignores the case of ASCII letters only; the data is mostly paths.
    internal override Expression<Func<AuditEntry, bool>> AuditTextIsLike(string pattern) => e =>
        EF.Functions.Like(e.Actor, pattern, "\\") || EF.Functions.Like(e.Path!, pattern, "\\") || EF.Functions.Like(e.Reason!, pattern, "\\")
        || EF.Functions.Like(e.Outcome!, pattern, "\\") || EF.Functions.Like(e.Detail!, pattern, "\\");

    // Microsoft.Data.Sqlite begins a transaction with BEGIN IMMEDIATE: it already is the only writer.
    internal override Task LockAuditAsync(CancellationToken stop) => Task.CompletedTask;

    // SQLite can neither sort nor compare a DateTimeOffset.
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicksConverter>();

    private sealed class UtcTicksConverter() : ValueConverter<DateTimeOffset, long>(v => v.UtcTicks, v => new DateTimeOffset(v, TimeSpan.Zero));
}
