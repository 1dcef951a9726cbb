using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>Where a request for approval stands.</summary>
public enum ApprovalState
{
    Waiting,

    /// <summary>Enough people agreed; what came of the act is in its operation.</summary>
    Approved,

    Denied,

    /// <summary>By the one who had asked.</summary>
    Withdrawn,

    /// <summary>Not decided in time.</summary>
    Expired,
}

/// <summary>One act, or several at once, that a user wants to do and others must approve.</summary>
public sealed class ApprovalRequest
{
    /// <summary>How long there is to decide: what was seen when it was asked for must not be old when it is done.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    /// <summary>For a single act the id of its operation.</summary>
    public Guid Id { get; set; }

    /// <summary>User id; may never be among those who agree.</summary>
    public required string RequesterId { get; set; }

    public required string Requester { get; set; }

    /// <summary><c>kill</c>, <c>purge</c>...; <c>bulk</c> for several rows.</summary>
    public required string Action { get; set; }

    /// <summary>Names, for people; each item has the id of its host.</summary>
    public required string Host { get; set; }

    public required string Path { get; set; }

    public required string Reason { get; set; }

    /// <summary>JSON: what exactly is to be done, with the fingerprints that the requester saw.</summary>
    public required string Items { get; set; }

    /// <summary>How many other people have to agree.</summary>
    public int Needed { get; set; }

    public DateTimeOffset RequestedAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public ApprovalState State { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Who denied or withdrew it, or agreed last; null when it expired.</summary>
    public string? EndedBy { get; set; }

    public string? Note { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ApprovalRequest>
    {
        public void Configure(EntityTypeBuilder<ApprovalRequest> builder)
        {
            builder.Property(r => r.Id).ValueGeneratedNever();
            builder.Property(r => r.State).HasConversion<string>().HasMaxLength(32);
            builder.HasIndex(r => r.State);
            builder.HasIndex(r => r.RequestedAt);
        }
    }
}

/// <summary>One person's yes to one request.</summary>
public sealed class ApprovalVote
{
    public Guid RequestId { get; set; }

    /// <summary>User id: no user counts twice.</summary>
    public required string ApproverId { get; set; }

    public required string Approver { get; set; }

    public DateTimeOffset At { get; set; }

    /// <summary>JSON: the operations of the request that this person found as the requester had seen them. Null in rows of earlier releases.</summary>
    public string? Rows { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ApprovalVote>
    {
        public void Configure(EntityTypeBuilder<ApprovalVote> builder)
        {
            builder.HasKey(v => new { v.RequestId, v.ApproverId });
            builder.HasOne<ApprovalRequest>().WithMany().HasForeignKey(v => v.RequestId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}

/// <summary>What one person found when they last checked a request: their yes counts for that, for a short time, whichever console they say it to.</summary>
public sealed class ApprovalLook
{
    public Guid RequestId { get; set; }

    public required string UserId { get; set; }

    public DateTimeOffset At { get; set; }

    /// <summary>JSON: the operations of the request that were as the requester had seen them.</summary>
    public required string Rows { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ApprovalLook>
    {
        public void Configure(EntityTypeBuilder<ApprovalLook> builder)
        {
            builder.HasKey(l => new { l.RequestId, l.UserId });
            builder.HasOne<ApprovalRequest>().WithMany().HasForeignKey(l => l.RequestId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
