using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
namespace Ops.Data;
public sealed class OpsUser : IdentityUser { public DateTimeOffset CreatedAt { get; set; } = DateTimeOffset.UtcNow; }
public sealed class AuditEntry { public long Id { get; set; } public DateTimeOffset At { get; set; } public string Actor { get; set; } = "";  public string? Host { get; set; } public string What { get; set; } = ""; public byte[]? Blob { get; set; } }
public sealed class Incident { public long Id { get; set; } public string Title { get; set; } = ""; public List<IncidentNote> Notes { get; set; } = []; public long Version { get; set; } }
public sealed class IncidentNote { public long Id { get; set; } public long IncidentId { get; set; } public string Text { get; set; } = ""; }
public abstract class OpsDb(DbContextOptions o) : IdentityDbContext<OpsUser>(o)
{
    public DbSet<AuditEntry> Audit => Set<AuditEntry>();
    public DbSet<Incident> Incidents => Set<Incident>();
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.Entity<AuditEntry>().HasIndex(a => a.At);
        builder.Entity<Incident>().Property(i => i.Version).IsConcurrencyToken();
        builder.Entity<Incident>().HasMany(i => i.Notes).WithOne().HasForeignKey(n => n.IncidentId);
    }
}
public sealed class SqliteOpsDb(DbContextOptions<SqliteOpsDb> o) : OpsDb(o)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) => configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicksConverter>();
    private sealed class UtcTicksConverter() : ValueConverter<DateTimeOffset, long>(v => v.UtcTicks, v => new DateTimeOffset(v, TimeSpan.Zero));
}
public sealed class PostgresOpsDb(DbContextOptions<PostgresOpsDb> o) : OpsDb(o);
