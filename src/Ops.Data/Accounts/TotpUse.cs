using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>The latest code of an authenticator app that a user has signed in with; it and all before it are used up.</summary>
public sealed class TotpUse
{
    public required string UserId { get; set; }

    /// <summary>Number of the 30 seconds since 1970 to which the code belongs.</summary>
    public long Step { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<TotpUse>
    {
        public void Configure(EntityTypeBuilder<TotpUse> builder)
        {
            builder.HasKey(u => u.UserId);
            builder.HasOne<OpsUser>().WithOne().HasForeignKey<TotpUse>(u => u.UserId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
