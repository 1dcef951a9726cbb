using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>One sign-in of one user in one browser. The cookie names it, and is refused once it has ended.</summary>
public sealed class UserSession
{
    public const int AddressLengthMax = 64;

    public const int BrowserLengthMax = 256;

    public Guid Id { get; set; }

    public required string UserId { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset LastSeenAt { get; set; }

    /// <summary>Where the user signed in from.</summary>
    public string? Address { get; set; }

    /// <summary>What the browser calls itself; anything may be in it.</summary>
    public string? Browser { get; set; }

    /// <summary>When a code of the second factor was given last; null for a sign-in without one.</summary>
    public DateTimeOffset? SecondFactorAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<UserSession>
    {
        public void Configure(EntityTypeBuilder<UserSession> builder)
        {
            builder.Property(s => s.Id).ValueGeneratedNever();
            builder.Property(s => s.Address).HasMaxLength(AddressLengthMax);
            builder.Property(s => s.Browser).HasMaxLength(BrowserLengthMax);
            builder.HasOne<OpsUser>().WithMany().HasForeignKey(s => s.UserId).OnDelete(DeleteBehavior.Cascade);
            builder.HasIndex(s => s.LastSeenAt);
        }
    }
}
