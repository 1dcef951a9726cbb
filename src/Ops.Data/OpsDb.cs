using System.Linq.Expressions;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Ops.Data;

/// <summary>What the console remembers. Two providers, each with migrations of its own: <see cref="SqliteOpsDb"/> and <see cref="PostgresOpsDb"/>.</summary>
/// <remarks>Contexts are short-lived: take one from <see cref="IDbContextFactory{TContext}"/>, a Blazor circuit lives too long for a scoped one.</remarks>
public abstract class OpsDb(DbContextOptions options) : IdentityDbContext<OpsUser>(options)
{
    public DbSet<AuditEntry> Audit => Set<AuditEntry>();

    public DbSet<Operation> Operations => Set<Operation>();

    public DbSet<OperationEvidence> OperationEvidence => Set<OperationEvidence>();

    public DbSet<KnownHost> Hosts => Set<KnownHost>();

    public DbSet<AgentToken> AgentTokens => Set<AgentToken>();

    public DbSet<AgentAuthorityKey> AgentAuthorities => Set<AgentAuthorityKey>();

    public DbSet<WallLink> WallLinks => Set<WallLink>();

    public DbSet<ApiToken> ApiTokens => Set<ApiToken>();

    public DbSet<HostGroup> HostGroups => Set<HostGroup>();

    public DbSet<HostGroupMember> HostGroupMembers => Set<HostGroupMember>();

    public DbSet<ActRight> ActRights => Set<ActRight>();

    public DbSet<ApprovalRule> ApprovalRules => Set<ApprovalRule>();

    public DbSet<ApprovalRequest> ApprovalRequests => Set<ApprovalRequest>();

    public DbSet<ApprovalVote> ApprovalVotes => Set<ApprovalVote>();

    public DbSet<ApprovalLook> ApprovalLooks => Set<ApprovalLook>();

    public DbSet<BreakGlassUse> BreakGlassUses => Set<BreakGlassUse>();

    public DbSet<SetupToken> SetupTokens => Set<SetupToken>();

    public DbSet<TotpUse> TotpUses => Set<TotpUse>();

    public DbSet<UserSession> UserSessions => Set<UserSession>();

    /// <summary>Fixed here: taken from the options of the running program, the model would differ between console and migration writer.</summary>
    protected override Version SchemaVersion => IdentitySchemaVersions.Version2;

    public override int SaveChanges(bool acceptAllChangesOnSuccess)
    {
        GuardAudit();
        return base.SaveChanges(acceptAllChangesOnSuccess);
    }

    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        GuardAudit();
        return base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    /// <summary>Entries whose path, reason, actor, outcome or detail contains a text, whatever the case.</summary>
    /// <param name="pattern">A LIKE pattern with backslash as its escape.</param>
    internal abstract Expression<Func<AuditEntry, bool>> AuditTextIsLike(string pattern);

    /// <summary>Begins a transaction in which, from its start to its end, no other process adds an audit entry.</summary>
    internal abstract Task<IDbContextTransaction> BeginAuditAsync(CancellationToken stop);

    /// <summary>True when the other consoles have declared this run dead. To be asked within the transaction that begins something.</summary>
    internal virtual Task<bool> IsGivenUpAsync(ConsoleRun run, CancellationToken stop) => Task.FromResult(false);

    /// <summary>The next number of <see cref="HostAttachments"/>; null where one console has the database for itself.</summary>
    internal virtual Task<long?> NextAttachmentAsync(CancellationToken stop) => Task.FromResult<long?>(null);

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.Entity<IdentityRole>().HasData(OpsRoles.Seed());
        builder.ApplyConfigurationsFromAssembly(typeof(OpsDb).Assembly);
    }

    // Not a defence against someone with the file in hand (the hash chain is), but against our own mistakes.
    private void GuardAudit()
    {
        if (ChangeTracker.Entries<AuditEntry>().Any(e => e.State is EntityState.Modified or EntityState.Deleted))
            throw new InvalidOperationException("Audit entries are only ever added.");
    }
}
