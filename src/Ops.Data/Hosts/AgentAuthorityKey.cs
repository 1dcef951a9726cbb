using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>What signs the certificates of agents, and of consoles for their agents. One for all consoles of a database.</summary>
public sealed class AgentAuthorityKey
{
    /// <summary>There is one.</summary>
    public const int Only = 1;

    public int Id { get; set; } = Only;

    /// <summary>DER.</summary>
    public required byte[] Certificate { get; set; }

    /// <summary>The private key, encrypted with the keys that protect stored secrets.</summary>
    public required string LockedKey { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<AgentAuthorityKey>
    {
        public void Configure(EntityTypeBuilder<AgentAuthorityKey> builder)
        {
            builder.ToTable("AgentAuthorities");
            builder.Property(a => a.Id).ValueGeneratedNever();
        }
    }
}

/// <summary>Keeps the authority of the agents. Singleton.</summary>
public sealed class AgentAuthorityKeys(IDbContextFactory<OpsDb> contexts)
{
    /// <summary>The one there is; else the one that is made, unless another console was first.</summary>
    public async Task<AgentAuthorityKey> FindOrAddAsync(Func<AgentAuthorityKey> make, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        if (await db.AgentAuthorities.AsNoTracking().SingleOrDefaultAsync(stop) is { } known)
            return known;
        var made = make();
        db.Add(made);
        try
        {
            await db.SaveChangesAsync(stop);
            return made;
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            db.ChangeTracker.Clear();
            return await db.AgentAuthorities.AsNoTracking().SingleAsync(stop);
        }
    }
}
