using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Ops.Locks;

namespace Ops.Data;

/// <summary>A role or a user may do one kind of act on the hosts of a group. What has no row is not allowed.</summary>
public sealed class ActRight
{
    public Guid GroupId { get; set; }

    /// <summary><c>break</c>, <c>kill</c>...</summary>
    public required string Action { get; set; }

    /// <summary><see cref="OfRole"/> or <see cref="OfUser"/>.</summary>
    public required string Subject { get; set; }

    /// <summary>Everything that can be allowed, gentlest first.</summary>
    public static IReadOnlyList<string> Actions { get; } =
    [
        AuditActions.Break, AuditActions.Remove, AuditActions.Undo, AuditActions.Ask, AuditActions.Rescue, AuditActions.Term, AuditActions.Kill, AuditActions.Purge,
    ];

    public static string OfRole(string role) => "role:" + role;

    public static string OfUser(string userId) => "user:" + userId;

    internal sealed class Configuration : IEntityTypeConfiguration<ActRight>
    {
        public void Configure(EntityTypeBuilder<ActRight> builder)
        {
            builder.HasKey(r => new { r.GroupId, r.Action, r.Subject });
            builder.HasOne<HostGroup>().WithMany().HasForeignKey(r => r.GroupId).OnDelete(DeleteBehavior.Cascade);
            string[] forOperators = [AuditActions.Break, AuditActions.Remove, AuditActions.Undo, AuditActions.Ask];
            builder.HasData(
            [
                .. forOperators.Select(a => new ActRight { GroupId = HostGroup.DefaultId, Action = a, Subject = OfRole(OpsRoles.Operator) }),
                .. Actions.Select(a => new ActRight { GroupId = HostGroup.DefaultId, Action = a, Subject = OfRole(OpsRoles.Admin) }),
            ]);
        }
    }
}

/// <summary>How many people other than the actor have to agree to one kind of act on the hosts of a group. No row: none.</summary>
public sealed class ApprovalRule
{
    public const int OthersMax = 3;

    public Guid GroupId { get; set; }

    public required string Action { get; set; }

    /// <summary>1 to <see cref="OthersMax"/>.</summary>
    public int Others { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ApprovalRule>
    {
        public void Configure(EntityTypeBuilder<ApprovalRule> builder)
        {
            builder.HasKey(r => new { r.GroupId, r.Action });
            builder.HasOne<HostGroup>().WithMany().HasForeignKey(r => r.GroupId).OnDelete(DeleteBehavior.Cascade);
            string[] dangerous = [AuditActions.Term, AuditActions.Kill, AuditActions.Purge];
            builder.HasData(dangerous.Select(a => new ApprovalRule { GroupId = HostGroup.DefaultId, Action = a, Others = 1 }));
        }
    }
}
