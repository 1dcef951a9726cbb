using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web.Features.SignIn;

/// <summary>Signs people in and out; every attempt is a row of the audit.</summary>
/// <remarks>Scoped, for pages that are rendered by the request itself: it sets cookies.</remarks>
public sealed class SignInCommand(
    SignInManager<OpsUser> signIn, UserManager<OpsUser> users, SessionBook sessions, SecondFactorCommand second, SecondFactorRule rule, FirstAdministrator first, SignInLimit limit,
    KnownBrowser browsers, AuditLog audit, LiveState live, ILogger<SignInCommand> log)
{
    /// <summary>The same for a wrong name, a wrong password and a locked account: the page must not reveal which names exist.</summary>
    public const string Rejected = "Wrong name or password, or the account is locked for a few minutes after too many attempts.";

    /// <summary>For every name alike.</summary>
    public const string DatabaseUnusable = "The console's database cannot be used at the moment, so sign-in is not possible. Check the disk or the database server of the console.";

    // As many characters as the column of names has.
    private const int LongestName = 256;

    // The security stamp of the moment in which the password was right.
    private const string PasswordStamp = "ops:password-stamp";

    // What a wrong password costs, for names that do not exist and users without one.
    private static readonly string DecoyHash = new PasswordHasher<OpsUser>().HashPassword(new OpsUser(), "decoy");

    public async Task<SignInOutcome> SignInAsync(string name, string password)
    {
        try
        {
            return await CheckAsync(name, password);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return new SignInOutcome.Refused(Unusable(e));
        }
    }

    /// <summary>Whether this browser has given a right password and owes a code.</summary>
    public async Task<bool> IsSecondStepPendingAsync()
    {
        try
        {
            return await HalfSignedInAsync() is not null;
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            Unusable(e);
            return false;
        }
    }

    /// <summary>Null when they are signed in, else why not.</summary>
    public async Task<string?> SecondStepAsync(string code)
    {
        try
        {
            if (await HalfSignedInAsync() is not { } user)
                return "This took too long. Sign in again.";
            if (await second.TakeAsync(user, code) is not { } taken)
            {
                const string Refusal = "wrong code of the second factor, or locked out";
                log.SignInFailed(user.UserName!, Refusal);
                await AuditAsync(user.UserName!, AuditActions.SignInFailed, Refusal);
                return SecondFactorCommand.WrongCode;
            }
            await signIn.Context.SignOutAsync(IdentityConstants.TwoFactorUserIdScheme);
            await BeginAsync(user, taken == SecondFactorCode.OfApp ? "signed in with a second factor" : $"signed in with a recovery code, {await users.CountRecoveryCodesAsync(user)} left", withSecondFactor: true);
            return null;
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return Unusable(e);
        }
    }

    // The user may have been disabled since, and the password that was right may have been changed.
    private async Task<OpsUser?> HalfSignedInAsync() =>
        await signIn.GetTwoFactorAuthenticationUserAsync() is { TwoFactorEnabled: true, IsDisabled: false } user
        && (await signIn.Context.AuthenticateAsync(IdentityConstants.TwoFactorUserIdScheme)).Principal?.FindFirstValue(PasswordStamp) == await users.GetSecurityStampAsync(user)
            ? user : null;

    private string Unusable(Exception e)
    {
        log.SignInNotAudited(AuditActions.SignIn, DatabaseFailure.Cause(e));
        live.SetAlert(StorageWatch.AuditUnwritable, on: true);
        return DatabaseUnusable;
    }

    private async Task BeginAsync(OpsUser user, string how, bool withSecondFactor = false)
    {
        browsers.Remember(signIn.Context, user.Id);
        // One browser has one session.
        if (signIn.Context.User.SessionId() is { } before)
            await EndAsync(before, user.UserName!);
        await signIn.SignInAsync(user, await sessions.StartAsync(user.Id, signIn.Context, withSecondFactor));
        log.SignedIn(user.UserName!);
        await AuditAsync(user.UserName!, AuditActions.SignIn, how);
    }

    private async Task<SignInOutcome> CheckAsync(string name, string password)
    {
        // No user has such a name, and anybody may type one: it must not fill the audit.
        if (name.Length > LongestName)
            name = name[..LongestName] + "…";
        var user = await users.FindByNameAsync(name);
        var attempt = new SignInAttempt(users.NormalizeName(name), signIn.Context.Connection.RemoteIpAddress, browsers.Of(signIn.Context, user?.Id));
        var mayTry = limit.TryBegin(attempt);
        // Exactly one hash and no other write than the audit's, whatever the answer will be: its time must not reveal which names exist or are locked.
        var isRight = IsRight(user, password);
        var refusal = user is null ? "no such user" : !mayTry ? "locked out" : user.IsDisabled || !await signIn.CanSignInAsync(user) ? "disabled" : isRight ? null : "wrong password";
        if (refusal is not null)
        {
            log.SignInFailed(name, refusal);
            await AuditAsync(name, AuditActions.SignInFailed, refusal);
            return new SignInOutcome.Refused(Rejected);
        }
        // By what the user's row says, not by whether Identity finds a way to check it: a key that cannot be read must not make the password enough.
        if (user!.TwoFactorEnabled)
        {
            limit.HalfSucceeded(attempt);
            await signIn.Context.SignInAsync(IdentityConstants.TwoFactorUserIdScheme, new(new ClaimsIdentity(
                [new(ClaimTypes.Name, user.Id), new(PasswordStamp, await users.GetSecurityStampAsync(user))], IdentityConstants.TwoFactorUserIdScheme)));
            await AuditAsync(user.UserName!, AuditActions.SignIn, "password accepted, second factor asked for");
            return new SignInOutcome.SecondStep();
        }
        limit.Succeeded(attempt);
        await BeginAsync(user, "signed in");
        return new SignInOutcome.SignedIn(rule.IsMissing(user) && (await users.GetRolesAsync(user)).Any(r => r != OpsRoles.Viewer));
    }

    private bool IsRight(OpsUser? user, string password) =>
        users.PasswordHasher.VerifyHashedPassword(user ?? new OpsUser(), user?.PasswordHash ?? DecoyHash, password) != PasswordVerificationResult.Failed && user?.PasswordHash is not null;

    /// <summary>Makes the administrator from the setup link and signs them in. Null when that is done, else why not.</summary>
    public async Task<string?> SetUpAsync(string token, string name, string password)
    {
        SetupOutcome outcome;
        try
        {
            outcome = await first.RedeemAsync(token, name, password);
        }
        catch (Exception e) when (e is AuditNotWrittenException || DatabaseFailure.Is(e))
        {
            log.SignInNotAudited(AuditActions.Setup, e.Message);
            return "The audit could not be written, so no administrator was made. Check the disk of the console.";
        }
        switch (outcome)
        {
            case SetupOutcome.Refused refused:
                return refused.Explanation;
            case SetupOutcome.Created created:
                await BeginAsync(created.User, "signed in with the setup link");
                return null;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Null when it is done, else why not. Ends all other sign-ins of the user.</summary>
    public async Task<string?> ChangePasswordAsync(ClaimsPrincipal who, string current, string wanted)
    {
        // The cookie may be a minute older than the end of the account or of this sign-in; the new one below would be good permanently.
        if (await signIn.ValidateSecurityStampAsync(who) is not { IsDisabled: false } user)
            return "You are no longer signed in.";
        var result = await users.ChangePasswordAsync(user, current, wanted);
        var refusal = result.Succeeded ? null : string.Join(' ', result.Errors.Select(e => e.Description));
        await AuditAsync(user.UserName!, AuditActions.UserChanged, refusal is null ? "changed their own password" : $"did not change their own password: {refusal}");
        if (refusal is null)
            await sessions.KeepOnlyAsync(signIn, user, log);
        return refusal;
    }

    public async Task SignOutAsync(ClaimsPrincipal who)
    {
        await signIn.SignOutAsync();
        if (who.Identity?.Name is not { } name)
            return;
        if (who.SessionId() is { } session)
            await EndAsync(session, name);
        await AuditAsync(name, AuditActions.SignOut, "signed out");
    }

    private async Task EndAsync(Guid session, string name)
    {
        try
        {
            await sessions.EndAsync(session);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            log.SessionsNotEnded(name, DatabaseFailure.Cause(e));
        }
    }

    // A full disk must not lock the administrator out of looking; acting stays impossible, and every page says so.
    private async Task AuditAsync(string actor, string action, string outcome)
    {
        try
        {
            await audit.AppendAsync(new AuditDraft { Actor = actor, Action = action, Outcome = outcome });
            live.SetAlert(StorageWatch.AuditUnwritable, on: false);
        }
        catch (AuditNotWrittenException e)
        {
            log.SignInNotAudited(action, e.Message);
            live.SetAlert(StorageWatch.AuditUnwritable, on: true);
        }
    }
}

/// <summary>How an attempt to sign in ended.</summary>
public abstract record SignInOutcome
{
    private SignInOutcome() { }

    /// <param name="MustSetUp">They can only look until they have a second factor.</param>
    public sealed record SignedIn(bool MustSetUp) : SignInOutcome;

    /// <summary>The password was right; a code is asked for on the next page.</summary>
    public sealed record SecondStep : SignInOutcome;

    /// <param name="Why">For the person at the page.</param>
    public sealed record Refused(string Why) : SignInOutcome;
}
