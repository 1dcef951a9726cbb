using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>Where alerts go.</summary>
public sealed class AlertChannel
{
    public const int NameLengthMax = 60;

    public Guid Id { get; set; }

    public required string Name { get; set; }

    /// <summary><c>webhook</c>, <c>alertmanager</c> or <c>smtp</c>.</summary>
    public required string Kind { get; set; }

    public bool IsEnabled { get; set; }

    /// <summary>Where it leads, for people: without any secret.</summary>
    public required string Place { get; set; }

    /// <summary>Address, password and the like, encrypted by the console: this library cannot read it, and neither can one who has only the database.</summary>
    public required string Settings { get; set; }

    /// <summary>Words of the rules it hears of, with commas.</summary>
    public required string Rules { get; set; }

    /// <summary>Minutes since midnight; null: no quiet hours.</summary>
    public int? QuietFrom { get; set; }

    public int? QuietTo { get; set; }

    /// <summary>Milliseconds since 1970: when it was made or switched on.</summary>
    public long Since { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<AlertChannel>
    {
        public void Configure(EntityTypeBuilder<AlertChannel> builder)
        {
            builder.ToTable("AlertChannels");
            builder.Property(c => c.Id).ValueGeneratedNever();
            builder.HasIndex(c => c.Name).IsUnique();
        }
    }
}

/// <summary>Nothing is announced of a rule or host until then.</summary>
public sealed class AlertMuteRow
{
    public Guid Id { get; set; }

    /// <summary>Word of a rule; null: every rule.</summary>
    public string? Rule { get; set; }

    /// <summary>Null: every host.</summary>
    public string? HostId { get; set; }

    public string? Host { get; set; }

    public long Until { get; set; }

    public required string Reason { get; set; }

    public required string Actor { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<AlertMuteRow>
    {
        public void Configure(EntityTypeBuilder<AlertMuteRow> builder)
        {
            builder.ToTable("AlertMutes");
            builder.Property(m => m.Id).ValueGeneratedNever();
        }
    }
}

/// <summary>One incident for one channel: how it stands, and what the channel knows of it. What is to be sent follows from the difference, also after a restart.</summary>
public sealed class AlertPost
{
    public Guid ChannelId { get; set; }

    public Guid IncidentId { get; set; }

    public required string Rule { get; set; }

    public required string HostId { get; set; }

    public required string Host { get; set; }

    public string? Mailbox { get; set; }

    public string? MailboxUser { get; set; }

    public required string Title { get; set; }

    public long OpenedAt { get; set; }

    public long? ClosedAt { get; set; }

    public int MostVictims { get; set; }

    public double BlockedSeconds { get; set; }

    /// <summary>Word of the rule that the channel knows; null: nothing was sent.</summary>
    public string? AnnouncedRule { get; set; }

    public long? AnnouncedAt { get; set; }

    /// <summary>The channel knows the end, or is not to hear of it.</summary>
    public bool IsSettled { get; set; }

    /// <summary>How often the receiver refused it.</summary>
    public int Refusals { get; set; }

    public long? NotBefore { get; set; }

    /// <summary>As it is now, whatever becomes of this one.</summary>
    public AlertPost Copy() => (AlertPost)MemberwiseClone();

    internal sealed class Configuration : IEntityTypeConfiguration<AlertPost>
    {
        public void Configure(EntityTypeBuilder<AlertPost> builder)
        {
            builder.ToTable("AlertPosts");
            builder.HasKey(p => new { p.ChannelId, p.IncidentId });
            builder.HasOne<AlertChannel>().WithMany().HasForeignKey(p => p.ChannelId).OnDelete(DeleteBehavior.Cascade);
            builder.HasIndex(p => p.IsSettled);
        }
    }
}

/// <summary>One attempt to deliver, or the decision not to; only ever added, and removed when old.</summary>
public sealed class AlertDelivery
{
    public Guid Id { get; set; }

    public long At { get; set; }

    public Guid ChannelId { get; set; }

    public required string Channel { get; set; }

    /// <summary>Opened, worse, repeat, closed or test; several with commas.</summary>
    public required string What { get; set; }

    public Guid? IncidentId { get; set; }

    /// <summary>Of the first incident. Escaped.</summary>
    public required string Title { get; set; }

    /// <summary>How many incidents the message carried.</summary>
    public int Incidents { get; set; }

    /// <summary><c>sent</c>, <c>refused</c>, <c>failed</c> or <c>dropped</c>.</summary>
    public required string Outcome { get; set; }

    /// <summary>What the receiver said, cut and without secrets. Raw.</summary>
    public required string Detail { get; set; }

    public double Milliseconds { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<AlertDelivery>
    {
        public void Configure(EntityTypeBuilder<AlertDelivery> builder)
        {
            builder.ToTable("AlertDeliveries");
            builder.Property(d => d.Id).ValueGeneratedNever();
            builder.HasIndex(d => d.At);
        }
    }
}
