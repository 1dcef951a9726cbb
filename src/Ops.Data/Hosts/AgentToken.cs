using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>Lets the agent of one remote host connect; only the hash of the secret is kept.</summary>
public sealed class AgentToken
{
    public Guid Id { get; set; }

    /// <summary>What the administrator called the host; the agent reports its own name.</summary>
    public required string HostLabel { get; set; }

    /// <summary>SHA-256 of the token.</summary>
    public required byte[] Hash { get; set; }

    public required string CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? LastUsedAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>The host that first used it, and the only one it is good for since.</summary>
    public string? HostId { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<AgentToken>
    {
        public void Configure(EntityTypeBuilder<AgentToken> builder)
        {
            builder.Property(t => t.Id).ValueGeneratedNever();
            builder.HasIndex(t => t.Hash).IsUnique();
            // Two agents that introduce themselves as one host at the same moment: one of them is refused.
            builder.HasIndex(t => t.HostId).IsUnique().HasFilter("\"RevokedAt\" IS NULL");
        }
    }
}
