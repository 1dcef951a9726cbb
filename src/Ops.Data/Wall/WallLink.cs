using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>Opens the wallboard on one screen, and nothing else. Its label says where the screen hangs.</summary>
public sealed class WallLink : AccessSecret
{
    internal sealed class Configuration : IEntityTypeConfiguration<WallLink>
    {
        public void Configure(EntityTypeBuilder<WallLink> builder)
        {
            builder.Property(l => l.Id).ValueGeneratedNever();
            builder.HasIndex(l => l.Hash).IsUnique();
        }
    }
}
