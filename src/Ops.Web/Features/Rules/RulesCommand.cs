using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.SignIn;

namespace Ops.Web.Features.Rules;

/// <summary>A host as the Rules page shows it.</summary>
public sealed record RuledHost(string Id, string Name, Guid GroupId);

/// <summary>Everything on the Rules page.</summary>
public sealed record RulesPicture(RulesTable Table, IReadOnlyList<RuledHost> Hosts, IReadOnlyList<UserRow> Users);

/// <summary>Changes the rules for administrators; Ops.Data writes the audit with each change.</summary>
public sealed class RulesCommand(Actors actors, ActRules rules, KnownHosts hosts, UsersCommand users)
{
    public async Task<RulesPicture> ReadAsync()
    {
        var table = await rules.NowAsync();
        return new(table, [.. (await hosts.ListAsync()).Select(h => new RuledHost(h.HostId, h.Name, table.Of(h.HostId).Id))], await users.ListAsync());
    }

    /// <summary>Null when it is done, else why not. So for all that follow.</summary>
    public Task<string?> AddGroupAsync(ClaimsPrincipal by, string name) => AsAdministratorAsync(by, actor => rules.AddGroupAsync(name, actor));

    public Task<string?> RemoveGroupAsync(ClaimsPrincipal by, Guid id) => AsAdministratorAsync(by, actor => rules.RemoveGroupAsync(id, actor));

    public Task<string?> SetGroupAsync(ClaimsPrincipal by, Guid id, string name, int actsPerMinute, int bulkAbove) =>
        AsAdministratorAsync(by, actor => rules.SetGroupAsync(id, name, actsPerMinute, bulkAbove, actor));

    public Task<string?> PutHostAsync(ClaimsPrincipal by, RuledHost host, Guid groupId) => AsAdministratorAsync(by, actor => rules.PutHostAsync(host.Id, host.Name, groupId, actor));

    public Task<string?> SetRoleRightAsync(ClaimsPrincipal by, Guid groupId, string action, string role, bool allowed) => AsAdministratorAsync(by, actor =>
        OpsRoles.All.Contains(role) ? rules.SetRightAsync(groupId, action, ActRight.OfRole(role), role, allowed, actor) : Task.FromResult<string?>("There is no such role."));

    public Task<string?> SetUserRightAsync(ClaimsPrincipal by, Guid groupId, string action, string userId, bool allowed) => AsAdministratorAsync(by, async actor =>
        (await users.ListAsync()).FirstOrDefault(u => u.Id == userId) is { } user
            ? await rules.SetRightAsync(groupId, action, ActRight.OfUser(user.Id), user.Name, allowed, actor)
            : "There is no such user.");

    public Task<string?> SetOthersAsync(ClaimsPrincipal by, Guid groupId, string action, int others) =>
        AsAdministratorAsync(by, actor => rules.SetOthersAsync(groupId, action, others, actor));

    private async Task<string?> AsAdministratorAsync(ClaimsPrincipal by, Func<string, Task<string?>> change) =>
        await actors.FindAsync(by) is not { IsAdministrator: true } actor ? "Only administrators can change the rules."
        : actor.NeedsFreshCode ? SecondFactorRule.FreshCodeNeeded
        : await change(actor.Name);
}
