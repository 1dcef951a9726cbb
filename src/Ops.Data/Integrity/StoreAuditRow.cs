using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>The last audit of one store of one host, and the last report of it. Times are milliseconds since 1970, UTC.</summary>
public sealed class StoreAuditRow
{
    public required string HostId { get; set; }

    /// <summary>Hash of the root: a path may be longer than a key.</summary>
    public required string RootKey { get; set; }

    /// <summary>Raw.</summary>
    public required string Root { get; set; }

    /// <summary>Name of the host when it was reported.</summary>
    public required string Host { get; set; }

    public Guid AuditId { get; set; }

    /// <summary>Null for the schedule.</summary>
    public string? Asked { get; set; }

    public bool Full { get; set; }

    public required string Outcome { get; set; }

    public string? Note { get; set; }

    public long StartedAt { get; set; }

    public long EndedAt { get; set; }

    /// <summary>The audit that <see cref="Report"/> is of; null when none was done.</summary>
    public Guid? ReportId { get; set; }

    public bool ReportFull { get; set; }

    public long? ReportAt { get; set; }

    /// <summary>JSON: what a list shows of the report.</summary>
    public string? Summary { get; set; }

    /// <summary>JSON: the report itself.</summary>
    public string? Report { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<StoreAuditRow>
    {
        public void Configure(EntityTypeBuilder<StoreAuditRow> builder)
        {
            builder.ToTable("StoreAudits");
            builder.HasKey(a => new { a.HostId, a.RootKey });
        }
    }
}
