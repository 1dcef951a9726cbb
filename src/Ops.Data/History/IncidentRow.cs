using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>An incident. Times are milliseconds since 1970, UTC.</summary>
public sealed class IncidentRow
{
    public Guid Id { get; set; }

    /// <summary>Sorts by opening time, and pages continue below it: that time in the upper 44 bits, a part of the id in the others.</summary>
    public long Sort { get; set; }

    /// <summary>Word of the rule.</summary>
    public required string Rule { get; set; }

    public required string HostId { get; set; }

    public required string Host { get; set; }

    /// <summary>Null for what concerns a whole host.</summary>
    public string? Mailbox { get; set; }

    public string? MailboxUser { get; set; }

    public required string Title { get; set; }

    public long OpenedAt { get; set; }

    public long? ClosedAt { get; set; }

    public int MostVictims { get; set; }

    public double BlockedSeconds { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<IncidentRow>
    {
        public void Configure(EntityTypeBuilder<IncidentRow> builder)
        {
            builder.ToTable("Incidents");
            builder.Property(i => i.Id).ValueGeneratedNever();
            builder.HasIndex(i => i.Sort);
            builder.HasIndex(i => i.Id, "IX_Incidents_Open").HasFilter("\"ClosedAt\" IS NULL");
        }
    }
}

/// <summary>One line of an incident's timeline; only ever added.</summary>
public sealed class IncidentEntryRow
{
    /// <summary>Made by the writer, so that a batch that is written twice adds nothing twice.</summary>
    public Guid Id { get; set; }

    public Guid IncidentId { get; set; }

    public long At { get; set; }

    /// <summary>Order within one moment.</summary>
    public int Place { get; set; }

    /// <summary>Word of the kind.</summary>
    public required string Kind { get; set; }

    public required string Text { get; set; }

    public string? Person { get; set; }

    public Guid? Operation { get; set; }

    /// <summary>JSON: how the mailbox was; null where it did not change.</summary>
    public string? Frame { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<IncidentEntryRow>
    {
        public void Configure(EntityTypeBuilder<IncidentEntryRow> builder)
        {
            builder.ToTable("IncidentEntries");
            builder.Property(e => e.Id).ValueGeneratedNever();
            builder.HasIndex(e => new { e.IncidentId, e.At, e.Place });
            // No foreign key: an entry may be in an earlier batch than its incident, when the queue had no room for that.
        }
    }
}
