using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Ops.Locks;

namespace Ops.Data;

/// <summary>An <see cref="AuditRecord"/> as a row. Written by <see cref="AuditLog"/> alone, never changed.</summary>
public sealed class AuditEntry
{
    /// <summary>The key, so that two writers can't both write entry n.</summary>
    public long Sequence { get; set; }

    /// <summary>Version of the encoding that was hashed.</summary>
    public byte Version { get; set; }

    public DateTimeOffset At { get; set; }

    public required string Actor { get; set; }

    public required string Action { get; set; }

    public string? Host { get; set; }

    public string? Path { get; set; }

    public string? Outcome { get; set; }

    public string? Reason { get; set; }

    public Guid? OperationId { get; set; }

    /// <summary>JSON, in a plain text column: a JSON column may give back another text than the one hashed.</summary>
    public string? Detail { get; set; }

    public required string PreviousHash { get; set; }

    public required string Hash { get; set; }

    public AuditRecord ToRecord() => new()
    {
        Sequence = Sequence,
        Version = Version,
        At = At,
        Actor = Actor,
        Action = Action,
        Host = Host,
        Path = Path,
        Outcome = Outcome,
        Reason = Reason,
        OperationId = OperationId,
        Detail = Detail,
        PreviousHash = PreviousHash,
        Hash = Hash,
    };

    internal static AuditEntry From(AuditRecord record) => new()
    {
        Sequence = record.Sequence,
        Version = record.Version,
        At = record.At,
        Actor = record.Actor,
        Action = record.Action,
        Host = record.Host,
        Path = record.Path,
        Outcome = record.Outcome,
        Reason = record.Reason,
        OperationId = record.OperationId,
        Detail = record.Detail,
        PreviousHash = record.PreviousHash,
        Hash = record.Hash,
    };

    internal sealed class Configuration : IEntityTypeConfiguration<AuditEntry>
    {
        public void Configure(EntityTypeBuilder<AuditEntry> builder)
        {
            builder.HasKey(e => e.Sequence);
            builder.Property(e => e.Sequence).ValueGeneratedNever();
            builder.HasIndex(e => e.OperationId);
            // The audit page filters on one of these and wants the newest first; the key comes last in every index by itself in SQLite only.
            builder.HasIndex(e => new { e.Host, e.Sequence });
            builder.HasIndex(e => new { e.Actor, e.Sequence });
            builder.HasIndex(e => new { e.Action, e.Sequence });
        }
    }
}
