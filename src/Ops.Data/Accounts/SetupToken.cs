using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>The one-time link with which the first administrator is made; only its hash is kept.</summary>
public sealed class SetupToken
{
    public Guid Id { get; set; }

    /// <summary>SHA-256 of the text in the link.</summary>
    public required byte[] Hash { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset? UsedAt { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<SetupToken>
    {
        public void Configure(EntityTypeBuilder<SetupToken> builder)
        {
            builder.Property(t => t.Id).ValueGeneratedNever();
            builder.HasIndex(t => t.Hash).IsUnique();
        }
    }
}
