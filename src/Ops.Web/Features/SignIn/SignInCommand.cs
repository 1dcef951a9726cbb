using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web.Features.SignIn;

/// <summary>Signs people in and out; every attempt is a row of the audit.</summary>
/// <remarks>Scoped, for pages that are rendered by the request itself: it sets cookies.</remarks>
public sealed class SignInCommand(
    SignInManager<OpsUser> signIn, UserManager<OpsUser> users, FirstAdministrator first, AuditLog audit, LiveState live, ILogger<SignInCommand> log)
{
    /// <summary>The same for a wrong name, a wrong password and a locked account: the page must not tell which names exist.</summary>
    public const string Rejected = "Wrong name or password, or the account is locked for a few minutes after too many attempts.";

    internal const string AuditUnwritable = "The audit cannot be written: breaks and removals are refused until it can. Check the disk of the console.";

    // As many characters as the column of names has.
    private const int LongestName = 256;

    // What a wrong password costs, for names that do not exist.
    private static readonly string DecoyHash = new PasswordHasher<OpsUser>().HashPassword(new OpsUser(), "decoy");

    public async Task<bool> SignInAsync(string name, string password)
    {
        // Nobody has such a name, and anybody may type one: it must not fill the audit.
        if (name.Length > LongestName)
            name = name[..LongestName] + "…";
        var user = await users.FindByNameAsync(name);
        if (user is null)
            _ = users.PasswordHasher.VerifyHashedPassword(new OpsUser(), DecoyHash, password);
        var result = user is null ? SignInResult.Failed : await signIn.PasswordSignInAsync(user, password, isPersistent: false, lockoutOnFailure: true);
        if (result.Succeeded)
        {
            log.SignedIn(user!.UserName!);
            await AuditAsync(user.UserName!, AuditActions.SignIn, "signed in");
            return true;
        }
        log.SignInFailed(name, result.IsLockedOut);
        await AuditAsync(name, AuditActions.SignInFailed, result.IsLockedOut ? "locked out" : user is null ? "no such user" : "wrong password");
        return false;
    }

    /// <summary>Makes the administrator from the setup link and signs them in. Null when that is done, else why not.</summary>
    public async Task<string?> SetUpAsync(string token, string name, string password)
    {
        switch (await first.RedeemAsync(token, name, password))
        {
            case SetupOutcome.Refused refused:
                return refused.Explanation;
            case SetupOutcome.Created created:
                await signIn.SignInAsync(created.User, isPersistent: false);
                await AuditAsync(name, AuditActions.SignIn, "signed in with the setup link");
                return null;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Null when it is done, else why not. Ends all other sign-ins of the user.</summary>
    public async Task<string?> ChangePasswordAsync(ClaimsPrincipal who, string current, string wanted)
    {
        // The cookie may be a minute older than the end of the account or of this sign-in; the new one below would be good for ever.
        if (await signIn.ValidateSecurityStampAsync(who) is not { } user || await users.IsLockedOutAsync(user))
            return "You are no longer signed in.";
        var result = await users.ChangePasswordAsync(user, current, wanted);
        var refusal = result.Succeeded ? null : string.Join(' ', result.Errors.Select(e => e.Description));
        await AuditAsync(user.UserName!, AuditActions.UserChanged, refusal is null ? "changed their own password" : $"did not change their own password: {refusal}");
        if (refusal is null)
            await signIn.RefreshSignInAsync(user);
        return refusal;
    }

    public async Task SignOutAsync(string? name)
    {
        await signIn.SignOutAsync();
        if (name is not null)
            await AuditAsync(name, AuditActions.SignOut, "signed out");
    }

    // A full disk must not lock the administrator out of looking; acting stays impossible, and every page says so.
    private async Task AuditAsync(string actor, string action, string outcome)
    {
        try
        {
            await audit.AppendAsync(new AuditDraft { Actor = actor, Action = action, Outcome = outcome });
            live.SetAlert(AuditUnwritable, on: false);
        }
        catch (AuditNotWrittenException e)
        {
            log.SignInNotAudited(action, e.Message);
            live.SetAlert(AuditUnwritable, on: true);
        }
    }
}
