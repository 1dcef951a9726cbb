using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Ops.Data;

namespace Ops.Web.Features.SignIn;

/// <summary>A user as the Users page shows them.</summary>
public sealed record UserRow(string Id, string Name, string Role, bool IsDisabled, DateTimeOffset CreatedAt, bool HasSecondFactor = false);

/// <summary>Adds users, gives them another role, disables and enables them. For administrators; every change is audited.</summary>
public sealed class UsersCommand(IServiceScopeFactory scopes, Actors actors, SessionBook sessions, AuditLog audit, Turns turns, TimeProvider clock, ILogger<UsersCommand> log)
{
    private const string OnlyAdministrators = "Only administrators can change users.";

    public async Task<IReadOnlyList<UserRow>> ListAsync()
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>();
        List<UserRow> rows = [];
        foreach (var user in await users.Users.AsNoTracking().OrderBy(u => u.UserName).ToListAsync())
            rows.Add(new(user.Id, user.UserName!, HighestOf(await users.GetRolesAsync(user)), user.IsDisabled, user.CreatedAt, user.TwoFactorEnabled));
        return rows;
    }

    /// <summary>Null when it is done, else why not.</summary>
    public Task<string?> AddAsync(ClaimsPrincipal by, string name, string password, string role) => ChangeAsync(by, name, $"added as {role}", async users =>
    {
        if (!OpsRoles.All.Contains(role))
            return "There is no such role.";
        var user = new OpsUser { UserName = name, CreatedAt = clock.GetUtcNow(), LockoutEnabled = true };
        return Why(await users.CreateAsync(user, password)) ?? Why(await users.AddToRoleAsync(user, role));
    });

    /// <inheritdoc cref="AddAsync"/>
    public Task<string?> SetDisabledAsync(ClaimsPrincipal by, string userId, bool disabled) => ChangeAsync(by, userId, disabled ? "disabled" : "enabled", async users =>
    {
        if (await users.FindByIdAsync(userId) is not { } user)
            return "There is no such user.";
        if (disabled && by.FindFirstValue(ClaimTypes.NameIdentifier) == userId)
            return "You cannot disable yourself."; // so one administrator always remains
        return Why(await users.SetLockoutEndDateAsync(user, disabled ? DateTimeOffset.MaxValue : null)) ?? await SignOutEverywhereAsync(users, user);
    });

    /// <inheritdoc cref="AddAsync"/>
    public Task<string?> SetRoleAsync(ClaimsPrincipal by, string userId, string role) => ChangeAsync(by, userId, $"made {role}", async users =>
    {
        if (!OpsRoles.All.Contains(role))
            return "There is no such role.";
        if (await users.FindByIdAsync(userId) is not { } user)
            return "There is no such user.";
        if (by.FindFirstValue(ClaimTypes.NameIdentifier) == userId)
            return "You cannot change your own role.";
        return Why(await users.RemoveFromRolesAsync(user, await users.GetRolesAsync(user)))
            ?? Why(await users.AddToRoleAsync(user, role))
            ?? await SignOutEverywhereAsync(users, user);
    });

    /// <summary>For a user who has neither their phone nor a recovery code: the password alone signs them in until they set up another one.</summary>
    /// <inheritdoc cref="AddAsync"/>
    public Task<string?> ResetSecondFactorAsync(ClaimsPrincipal by, string userId) => ChangeAsync(by, userId, "second factor reset", async (users, store) =>
    {
        if (await users.FindByIdAsync(userId) is not { } user)
            return "There is no such user.";
        if (by.FindFirstValue(ClaimTypes.NameIdentifier) == userId)
            return "Turn off your own second factor on the page Account.";
        await store.ForgetSecondFactorAsync(user);
        return Why(await users.SetTwoFactorEnabledAsync(user, false)) ?? await SignOutEverywhereAsync(users, user);
    });

    private Task<string?> ChangeAsync(ClaimsPrincipal by, string nameOrId, string change, Func<UserManager<OpsUser>, Task<string?>> act) =>
        ChangeAsync(by, nameOrId, change, (users, _) => act(users));

    private async Task<string?> ChangeAsync(ClaimsPrincipal by, string nameOrId, string change, Func<UserManager<OpsUser>, OpsUserStore, Task<string?>> act)
    {
        // Two administrators who end each other's rights at once, perhaps on two consoles: the second is none any more when it is looked at, so one always remains.
        await using var turn = await turns.TakeAsync();
        return await ChangeAloneAsync(by, nameOrId, change, act);
    }

    private async Task<string?> ChangeAloneAsync(ClaimsPrincipal by, string nameOrId, string change, Func<UserManager<OpsUser>, OpsUserStore, Task<string?>> act)
    {
        var actor = await actors.FindAsync(by);
        if (actor is not { IsAdministrator: true })
            return OnlyAdministrators;
        if (actor.NeedsFreshCode)
            return SecondFactorRule.FreshCodeNeeded;
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>();
        var name = (await users.FindByIdAsync(nameOrId))?.UserName ?? nameOrId;
        try
        {
            // Intent first: a change of rights that cannot be written down is not made.
            await audit.AppendAsync(Draft(actor, name, change, AuditOutcomes.ConsoleIntent));
        }
        catch (AuditNotWrittenException)
        {
            return "The audit could not be written, so nothing was changed.";
        }
        var refusal = await act(users, (OpsUserStore)scope.ServiceProvider.GetRequiredService<IUserStore<OpsUser>>());
        await audit.AppendAsync(Draft(actor, name, change, refusal is null ? "done" : $"refused: {refusal}"));
        log.UserChanged(actor.Name, name, refusal is null ? change : $"not {change}: {refusal}");
        return refusal;
    }

    // The stamp refuses the cookies within a minute, whatever becomes of the rest.
    private async Task<string?> SignOutEverywhereAsync(UserManager<OpsUser> users, OpsUser user)
    {
        if (Why(await users.UpdateSecurityStampAsync(user)) is { } refusal)
            return refusal;
        await sessions.EndAllAsync(user.Id, except: null);
        return null;
    }

    private static AuditDraft Draft(Actor actor, string user, string change, string outcome) =>
        new() { Actor = actor.Name, Action = AuditActions.UserChanged, Outcome = $"{user}: {change}: {outcome}" };

    private static string? Why(IdentityResult result) => result.Succeeded ? null : string.Join(' ', result.Errors.Select(e => e.Description));

    private static string HighestOf(IList<string> roles) => OpsRoles.All.LastOrDefault(roles.Contains) ?? "none";
}
