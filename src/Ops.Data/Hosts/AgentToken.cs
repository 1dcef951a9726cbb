using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>Lets the agent of one remote host connect; only the hash of the secret is kept.</summary>
/// <remarks>Two kinds: the secret is sent at every connection, or it is used once, to join (<see cref="ExpiresAt"/>), and from then on the agent proves its key.</remarks>
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

    /// <summary>Until when the host may join with it. Null: it is sent at every connection.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>When its host joined; the secret is worthless since.</summary>
    public DateTimeOffset? JoinedAt { get; set; }

    /// <summary>SHA-256 of the agent's public key, as the newest certificate has it.</summary>
    public byte[]? KeyHash { get; set; }

    /// <summary>Of the key before it: good until the newest was used, since the answer with the newest certificate may not have arrived.</summary>
    public byte[]? PreviousKeyHash { get; set; }

    /// <summary>End of the newest certificate.</summary>
    public DateTimeOffset? CertificateEndsAt { get; set; }

    /// <summary>An administrator wants the agent to make a new key, and it has not done so yet.</summary>
    public DateTimeOffset? RotationAskedAt { get; set; }

    public bool IsForJoining => ExpiresAt is not null;

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
