using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>Hosts for which the same rules hold. A host that was put into no other group belongs to the default one.</summary>
public sealed class HostGroup
{
    public const int NameLengthMax = 60;

    public const int DefaultActsPerMinute = 30;

    public const int DefaultBulkAbove = 10;

    /// <summary>The group that is always there.</summary>
    public static readonly Guid DefaultId = Guid.Parse("0d0f2f1c-7b8e-4b57-9a55-6a6f70736701");

    public Guid Id { get; set; }

    public required string Name { get; set; }

    /// <summary>Acts on one host within a minute beyond which this console asks for no more, for any user.</summary>
    public int ActsPerMinute { get; set; } = DefaultActsPerMinute;

    /// <summary>More rows than this at once need one other person's approval, whatever is done to them.</summary>
    public int BulkAbove { get; set; } = DefaultBulkAbove;

    internal sealed class Configuration : IEntityTypeConfiguration<HostGroup>
    {
        public void Configure(EntityTypeBuilder<HostGroup> builder)
        {
            builder.Property(g => g.Id).ValueGeneratedNever();
            builder.HasIndex(g => g.Name).IsUnique();
            builder.HasData(new HostGroup { Id = DefaultId, Name = "Default" });
        }
    }
}

/// <summary>Puts one host into a group other than the default one.</summary>
public sealed class HostGroupMember
{
    public required string HostId { get; set; }

    public Guid GroupId { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<HostGroupMember>
    {
        public void Configure(EntityTypeBuilder<HostGroupMember> builder)
        {
            builder.HasKey(m => m.HostId);
            builder.HasOne<HostGroup>().WithMany().HasForeignKey(m => m.GroupId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
