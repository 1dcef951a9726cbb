using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>One act that an operator requested: what was meant and how it ended. What the agent reported is its <see cref="Evidence"/>.</summary>
public sealed class Operation
{
    /// <summary>The operation id that console and agent share.</summary>
    public Guid Id { get; set; }

    public required string HostId { get; set; }

    /// <summary>The host's name at that time.</summary>
    public required string Host { get; set; }

    /// <summary><c>break</c>, <c>remove</c>, <c>undo</c>, <c>ask</c>, <c>term</c>, <c>kill</c>, <c>rescue</c> or <c>purge</c>.</summary>
    public required string Action { get; set; }

    public required string FindingKey { get; set; }

    /// <summary>For people; not the true name when <see cref="PathBytes"/> is set.</summary>
    public required string Path { get; set; }

    /// <summary>Base64, only when the name is not valid UTF-8.</summary>
    public string? PathBytes { get; set; }

    /// <summary>Of the preview the operator agreed to.</summary>
    public string? Fingerprint { get; set; }

    public required string Actor { get; set; }

    public required string Reason { get; set; }

    /// <summary>For an undo: the operation it takes back. For a purge: the one whose item is removed permanently.</summary>
    public Guid? UndoOf { get; set; }

    /// <summary>JSON: the process that is asked, ended or rescued from, as the operator saw it: pid, start ticks, boot id.</summary>
    public string? Process { get; set; }

    /// <summary>For a rescue: the descriptor whose bytes are saved, when the finding names one.</summary>
    public int? Descriptor { get; set; }

    /// <summary>JSON: names of the approvers.</summary>
    public string? Approvers { get; set; }

    /// <summary>Why no approval was waited for; null for every act but a break-glass one.</summary>
    public string? BreakGlass { get; set; }

    /// <summary>The same for all rows of one batch; null for an act of its own.</summary>
    public Guid? Batch { get; set; }

    /// <summary>While it is open, the same for all acts on one finding of one host: the database takes one at a time. Null once it has ended.</summary>
    public string? OpenKey { get; set; }

    /// <summary>The run of the console that asks the agent, as the consoles of a fleet know it; null in rows of earlier releases.</summary>
    public string? Console { get; set; }

    public DateTimeOffset RequestedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public OperationState State { get; set; }

    /// <summary>The end in a sentence.</summary>
    public string? Outcome { get; set; }

    /// <summary>What the agent reported at the end; null before, for an operation without an answer, and in lists.</summary>
    public OperationEvidence? Evidence { get; set; }

    /// <summary>Everything the audit keeps of the row besides its own columns, in the order of the entry. Add a field at its end: the text of older entries is hashed.</summary>
    internal IEnumerable<(string Name, string? Value)> AuditDetail =>
    [
        ("action", Action), ("hostId", HostId), ("findingKey", FindingKey), ("pathBytes", PathBytes), ("fingerprint", Fingerprint), ("undoOf", UndoOf?.ToString()),
        ("process", Process), ("descriptor", Descriptor?.ToString(CultureInfo.InvariantCulture)), ("approvers", Approvers), ("breakGlass", BreakGlass),
        ("bulk", Batch?.ToString()), ("summary", Outcome), .. (Evidence ?? OperationEvidence.None).AuditDetail,
    ];

    // Hashed, since a finding's key may be longer than an index of PostgreSQL takes.
    internal static string OpenKeyOf(string hostId, string findingKey) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{hostId}\n{findingKey}")));

    internal sealed class Configuration : IEntityTypeConfiguration<Operation>
    {
        public void Configure(EntityTypeBuilder<Operation> builder)
        {
            builder.Property(o => o.Id).ValueGeneratedNever();
            // Words, so that the table can be read without this program and an enum member may move.
            builder.Property(o => o.State).HasConversion<string>().HasMaxLength(32);
            builder.Property(o => o.Batch).HasColumnName("Bulk");
            builder.HasOne(o => o.Evidence).WithOne().HasForeignKey<OperationEvidence>(e => e.OperationId).OnDelete(DeleteBehavior.Cascade);
            builder.Property(o => o.OpenKey).HasMaxLength(64);
            builder.Property(o => o.Console).HasMaxLength(100);
            builder.HasIndex(o => o.OpenKey).IsUnique();
            builder.HasIndex(o => o.RequestedAt);
            builder.HasIndex(o => new { o.HostId, o.FindingKey });
            builder.HasIndex(o => o.State);
            builder.HasIndex(o => o.UndoOf);
            builder.HasIndex(o => o.Batch);
        }
    }
}
