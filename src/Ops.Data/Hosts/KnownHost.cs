using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>A host whose agent has reported at least once.</summary>
public sealed class KnownHost
{
    /// <summary>As the agent says in its Hello; two hosts may share a name, not this.</summary>
    public required string HostId { get; set; }

    public required string Name { get; set; }

    /// <summary>Of the agent.</summary>
    public required string Version { get; set; }

    public Guid BootId { get; set; }

    public DateTimeOffset FirstSeenAt { get; set; }

    public DateTimeOffset LastSeenAt { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<KnownHost>
    {
        public void Configure(EntityTypeBuilder<KnownHost> builder)
        {
            builder.HasKey(h => h.HostId);
            builder.HasIndex(h => h.Name);
        }
    }
}
