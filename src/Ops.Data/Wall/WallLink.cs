using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>Opens the wallboard on one screen, and nothing else; only the hash of the secret is kept.</summary>
public sealed class WallLink
{
    public Guid Id { get; set; }

    /// <summary>Where the screen hangs, as the administrator calls it.</summary>
    public required string Label { get; set; }

    /// <summary>SHA-256 of the token.</summary>
    public required byte[] Hash { get; set; }

    public required string CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>To the minute: a screen asks every few seconds.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    public bool IsGood(DateTimeOffset now) => RevokedAt is null && now < ExpiresAt;

    internal sealed class Configuration : IEntityTypeConfiguration<WallLink>
    {
        public void Configure(EntityTypeBuilder<WallLink> builder)
        {
            builder.Property(l => l.Id).ValueGeneratedNever();
            builder.HasIndex(l => l.Hash).IsUnique();
        }
    }
}
