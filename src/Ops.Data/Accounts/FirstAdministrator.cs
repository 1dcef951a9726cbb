using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Makes the first administrator from a one-time link that only someone with access to the machine can see.</summary>
/// <remarks>Scoped. Redeeming needs the console's <c>AddIdentityCore&lt;OpsUser&gt;().AddRoles&lt;IdentityRole&gt;()</c>, for the password rules and the hasher.</remarks>
public sealed class FirstAdministrator(IDbContextFactory<OpsDb> contexts, AuditLog audit, ConsoleRun run, TimeProvider clock, IServiceProvider services)
{
    private const string Prefix = "opss_";
    private const int LongestName = 64;

    /// <summary>How long a link is good for; a new start of the console makes a new one.</summary>
    public static TimeSpan LinkLifetime { get; } = TimeSpan.FromHours(24);

    /// <summary>True while no user has the role Admin.</summary>
    public async Task<bool> IsNeededAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return !await HasAdministratorAsync(db, stop);
    }

    /// <summary>A new token for the link, to be shown once; earlier unused ones end, except in a fleet: there another console may have shown its own. Null when there is an administrator.</summary>
    public async Task<string?> CreateTokenAsync(CancellationToken stop = default)
    {
        if (!await IsNeededAsync(stop))
            return null;
        var token = SecretText.Create(Prefix);
        await audit.ChangeAsync(async (db, stop) =>
        {
            var now = clock.GetUtcNow();
            await db.SetupTokens.Where(t => t.UsedAt == null && (!run.IsInFleet || t.ExpiresAt < now)).ExecuteDeleteAsync(stop);
            db.Add(new SetupToken { Id = Guid.NewGuid(), Hash = SecretText.Hash(token), CreatedAt = now, ExpiresAt = now + LinkLifetime });
            return new() { Actor = "console", Action = AuditActions.SetupLink, Outcome = "created" };
        }, stop);
        return token;
    }

    /// <summary>Makes the administrator. Of any number of simultaneous calls one at most succeeds; refusals are audited too.</summary>
    public async Task<SetupOutcome> RedeemAsync(string token, string userName, string password, CancellationToken stop = default)
    {
        if (userName.Length > LongestName)
            return new SetupOutcome.Refused(SetupRefusal.Unacceptable, $"A name may have at most {LongestName} characters.");
        SetupOutcome outcome = null!;
        await audit.ChangeAsync(async (db, stop) =>
        {
            // One writer at a time from here to the end of the transaction (AuditLog sees to it), so what is read stays true.
            outcome = await RedeemAsync(db, token, userName, password, stop);
            return new()
            {
                Actor = userName,
                Action = AuditActions.Setup,
                Outcome = outcome switch
                {
                    SetupOutcome.Refused refused => $"refused: {refused.Explanation}",
                    _ => "administrator created",
                },
            };
        }, stop);
        return outcome;
    }

    private static Task<bool> HasAdministratorAsync(OpsDb db, CancellationToken stop) =>
        db.UserRoles.AnyAsync(r => db.Roles.Any(role => role.Id == r.RoleId && role.Name == OpsRoles.Admin), stop);

    private async Task<SetupOutcome> RedeemAsync(OpsDb db, string token, string userName, string password, CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        var hash = SecretText.LooksLike(token, Prefix) ? SecretText.Hash(token) : [];
        var known = await db.SetupTokens.SingleOrDefaultAsync(t => t.Hash == hash, stop);
        if (known is null)
            return new SetupOutcome.Refused(SetupRefusal.UnknownLink, "This setup link is not valid. Restart the console to get a new one.");
        if (known.UsedAt is not null)
            return new SetupOutcome.Refused(SetupRefusal.AlreadyUsed, "This setup link has been used.");
        if (known.ExpiresAt <= now)
            return new SetupOutcome.Refused(SetupRefusal.Expired, "This setup link has expired. Restart the console to get a new one.");
        if (await HasAdministratorAsync(db, stop))
            return new SetupOutcome.Refused(SetupRefusal.NotNeeded, "An administrator already exists.");

        // A manager over *this* context: the user, the role, the used link and the audit entry are one transaction.
        using var store = new UserStore<OpsUser, IdentityRole, OpsDb>(db);
        using var users = ActivatorUtilities.CreateInstance<UserManager<OpsUser>>(services, store);
        var user = new OpsUser { UserName = userName, CreatedAt = now, LockoutEnabled = true };
        var made = await users.CreateAsync(user, password);
        if (!made.Succeeded)
            return new SetupOutcome.Refused(SetupRefusal.Unacceptable, string.Join(' ', made.Errors.Select(e => e.Description)));
        var raised = await users.AddToRoleAsync(user, OpsRoles.Admin);
        if (!raised.Succeeded)
            throw new InvalidOperationException(string.Join(' ', raised.Errors.Select(e => e.Description)));
        known.UsedAt = now;
        return new SetupOutcome.Created(user);
    }
}
