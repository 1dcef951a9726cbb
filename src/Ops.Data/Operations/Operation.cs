using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>One act an operator asked for: what was meant, how it ended, and what was taken away.</summary>
public sealed class Operation
{
    /// <summary>Bytes of a removed file that are kept.</summary>
    public const int LargestContent = 64 * 1024;

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

    /// <summary>For an undo: the operation it takes back. For a purge: the one whose item goes for good.</summary>
    public Guid? UndoOf { get; set; }

    /// <summary>JSON: the process that is asked, ended or rescued from, as the operator saw it: pid, start ticks, boot id.</summary>
    public string? Process { get; set; }

    /// <summary>For a rescue: the descriptor whose bytes are saved, when the finding names one.</summary>
    public int? Descriptor { get; set; }

    /// <summary>JSON: names of the people other than <see cref="Actor"/> who agreed to it.</summary>
    public string? Approvers { get; set; }

    /// <summary>Why nobody else was waited for; null for every act but a break-glass one.</summary>
    public string? BreakGlass { get; set; }

    /// <summary>The same for all rows that were asked for at once; null for an act of its own.</summary>
    public Guid? Bulk { get; set; }

    public DateTimeOffset RequestedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public OperationState State { get; set; }

    /// <summary>The end in a sentence.</summary>
    public string? Outcome { get; set; }

    public string? QuarantinePath { get; set; }

    /// <summary>The first 64 KiB of the file that was taken away.</summary>
    public byte[]? StaleContent { get; set; }

    /// <summary>JSON: its full stat and extended attributes.</summary>
    public string? StaleStat { get; set; }

    /// <summary>JSON: the protocol steps with their times and states.</summary>
    public string? Steps { get; set; }

    /// <summary>What was seen at the name afterwards: who took the lock next.</summary>
    public string? SettledWith { get; set; }

    /// <summary>JSON: before, after, and who was seen in between; see <see cref="SettledWith"/> for the sentence.</summary>
    public string? Settle { get; set; }

    /// <summary>JSON: the file with a ghost writer's bytes on its host, its hash, and the messages that are nowhere else.</summary>
    public string? Rescued { get; set; }

    /// <summary>Head of the agent's own audit chain after the operation: ties the two logs together.</summary>
    public string? AgentHead { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Operation>
    {
        public void Configure(EntityTypeBuilder<Operation> builder)
        {
            builder.Property(o => o.Id).ValueGeneratedNever();
            // Words, so that the table can be read without this program and an enum member may move.
            builder.Property(o => o.State).HasConversion<string>().HasMaxLength(32);
            builder.HasIndex(o => o.RequestedAt);
            builder.HasIndex(o => new { o.HostId, o.FindingKey });
            builder.HasIndex(o => o.State);
            builder.HasIndex(o => o.UndoOf);
            builder.HasIndex(o => o.Bulk);
        }
    }
}
