using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>One hold on one mailbox, as history keeps it. Times are milliseconds since 1970, UTC: both providers compare those alike.</summary>
public sealed class EpisodeRow
{
    /// <summary>Sorts by opening time: its upper 44 bits are that time. So the key alone pages and limits by time, and every index ends with it.</summary>
    public long Id { get; set; }

    public required string HostId { get; set; }

    /// <summary>The host's name at that time.</summary>
    public required string Host { get; set; }

    public required string Mailbox { get; set; }

    public string? MailboxUser { get; set; }

    public string? System { get; set; }

    /// <summary>Different for each holder of one mailbox.</summary>
    public required string HolderKey { get; set; }

    public int? Pid { get; set; }

    public string? Program { get; set; }

    public string? Unit { get; set; }

    public string? User { get; set; }

    /// <summary>The locked file or lock file.</summary>
    public required string Path { get; set; }

    /// <summary>Word of the cause.</summary>
    public required string Cause { get; set; }

    public long OpenedAt { get; set; }

    public long LastSeenAt { get; set; }

    public long? ClosedAt { get; set; }

    /// <summary>Word of the end; null while it is open.</summary>
    public string? End { get; set; }

    public string? EndedBy { get; set; }

    public Guid? Operation { get; set; }

    public int MostVictims { get; set; }

    public double BlockedSeconds { get; set; }

    public bool HasGap { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<EpisodeRow>
    {
        public void Configure(EntityTypeBuilder<EpisodeRow> builder)
        {
            builder.ToTable("Episodes");
            builder.Property(e => e.Id).ValueGeneratedNever();
            // One filter with its index answers a page whatever the size of the table; the others are tried on its rows.
            builder.HasIndex(e => new { e.Mailbox, e.Id });
            builder.HasIndex(e => new { e.MailboxUser, e.Id });
            builder.HasIndex(e => new { e.Program, e.Id });
            builder.HasIndex(e => new { e.Cause, e.Id });
            builder.HasIndex(e => new { e.HostId, e.Id });
            // Only the few that are open, for the start of the console.
            builder.HasIndex(e => e.Id, "IX_Episodes_Open").HasFilter("\"ClosedAt\" IS NULL");
        }
    }
}

/// <summary>Sums of one hour or one day: what the heat map and the lists of top blockers read, so that they need not read episodes.</summary>
public sealed class EpisodeTally
{
    /// <summary><c>h</c> or <c>d</c>.</summary>
    public required string Grain { get; set; }

    /// <summary>Begin of the hour or day.</summary>
    public long At { get; set; }

    /// <summary>Of what: see <see cref="TallyDimensions"/>.</summary>
    public required string Dimension { get; set; }

    public required string HostId { get; set; }

    /// <summary>The mailbox, program, unit, user, cause or end. Empty: all that were left out when the hour was over.</summary>
    public required string Name { get; set; }

    /// <summary>Episodes that opened then; for an end, episodes that closed.</summary>
    public long Episodes { get; set; }

    public double BlockedSeconds { get; set; }

    public int MostVictims { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<EpisodeTally>
    {
        public void Configure(EntityTypeBuilder<EpisodeTally> builder)
        {
            builder.ToTable("EpisodeTallies");
            builder.HasKey(t => new { t.Grain, t.Dimension, t.At, t.HostId, t.Name });
        }
    }
}

/// <summary>What is summed.</summary>
public static class TallyDimensions
{
    public const string Mailbox = "mailbox";
    public const string Program = "program";
    public const string Unit = "unit";
    public const string User = "user";
    public const string Cause = "cause";
    public const string End = "end";

    /// <summary>Holds under a second for which no process waited; its name is always empty.</summary>
    public const string Brief = "brief";

    public const string Hour = "h";
    public const string Day = "d";
}

/// <summary>One host in one minute: what the charts show. A minute without a figure has no row, or 10,000 quiet hosts would fill the database.</summary>
public sealed class HistoryMinute
{
    /// <summary>Empty: of no host. Such a row says that at least one host was heard in that minute.</summary>
    public required string HostId { get; set; }

    /// <summary>Begin of the minute.</summary>
    public long At { get; set; }

    /// <summary>Most processes that waited at one look.</summary>
    public int Waiting { get; set; }

    /// <summary>Waiting time that was added in this minute.</summary>
    public double BlockedSeconds { get; set; }

    /// <summary>Most mailboxes that were stuck, deadlocked or losing mail at one look.</summary>
    public int Stuck { get; set; }

    /// <summary>Most stale locks and leftovers at one look.</summary>
    public int Stale { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<HistoryMinute>
    {
        public void Configure(EntityTypeBuilder<HistoryMinute> builder)
        {
            builder.ToTable("HistoryMinutes");
            builder.HasKey(m => new { m.At, m.HostId });
        }
    }
}
