using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Ops.Data;
using QRCoder;

namespace Ops.Web.Features.SignIn;

/// <summary>A key for an authenticator app, before it is anybody's: it counts once a code made from it has come back.</summary>
/// <param name="Key">In base32, to type.</param>
/// <param name="Picture">The same as a QR code: an SVG without style and script.</param>
/// <param name="Sealed">The key as the page sends it back: only this console's keys open it, for this user and a quarter of an hour.</param>
public sealed record KeyOffer(string Key, string Picture, string Sealed);

/// <summary>How a change of a second factor ended.</summary>
/// <param name="Codes">Recovery codes, to be shown this once; empty when none were made.</param>
/// <param name="Refusal">Null when it is done, else why not.</param>
public sealed record SecondFactorOutcome(IReadOnlyList<string> Codes, string? Refusal = null);

/// <summary>A user's own second factor: turned on with the password and a code, changed and turned off with a code. Every attempt is a row of the audit.</summary>
/// <remarks>Scoped, for pages that are rendered by the request itself: it sets cookies.</remarks>
public sealed class SecondFactorCommand(
    SignInManager<OpsUser> signIn, UserManager<OpsUser> users, IUserStore<OpsUser> store, TotpUses uses, SecondFactorRule rule, SecondFactorCheck check, SignInLimit limit,
    KnownBrowser browsers, SessionBook sessions, UserSessions stored, AuditLog audit, IDataProtectionProvider protection, TimeProvider clock, ILogger<SecondFactorCommand> log)
{
    public const int RecoveryCodes = 10;

    public const string WrongCode = "This code is not right, was used before, or there were too many attempts; then wait a few minutes.";

    private const string SignedOut = "You are no longer signed in.";

    private const string AuditUnwritable = "The audit could not be written, so nothing was changed.";

    private static readonly TimeSpan OfferLifetime = TimeSpan.FromMinutes(15);

    private readonly ITimeLimitedDataProtector _offers = protection.CreateProtector("Ops.AuthenticatorOffer").ToTimeLimitedDataProtector();

    private OpsUserStore Store => (OpsUserStore)store;

    /// <summary>Whether it is on, and how many recovery codes are left.</summary>
    public async Task<(bool IsOn, int CodesLeft, bool IsRequired)> StateAsync(ClaimsPrincipal who) =>
        await users.GetUserAsync(who) is { TwoFactorEnabled: true } user ? (true, await users.CountRecoveryCodesAsync(user), rule.IsRequired) : (false, 0, rule.IsRequired);

    /// <summary>The key that the page was sent before, so that a wrong code does not cost a second scan; else a new one.</summary>
    public KeyOffer Offer(ClaimsPrincipal who, string? sealedBefore = null)
    {
        if (KeyOf(who, sealedBefore) is { } before)
            return new(before, Picture(before, who), sealedBefore!);
        var key = users.GenerateNewAuthenticatorKey();
        return new(key, Picture(key, who), _offers.Protect($"{users.GetUserId(who)} {key}", OfferLifetime));
    }

    public async Task<SecondFactorOutcome> TurnOnAsync(ClaimsPrincipal who, string? offer, string password, string code)
    {
        if (await SelfAsync(who) is not { } user)
            return Refused(SignedOut);
        if (user.TwoFactorEnabled)
            return Refused("It is on already.");
        if (KeyOf(who, offer) is not { } key)
            return Refused("This page was open for too long. Scan the new code below.");
        var attempt = Attempt(user);
        if (!limit.TryBegin(attempt) || !await users.CheckPasswordAsync(user, password))
            return await RefusedAsync(user, "did not turn on their second factor: wrong password", SignInCommand.Rejected);
        if (TotpCode.StepOf(key, SecondFactorCheck.Clean(code), clock.GetUtcNow()) is not { } step || !await uses.TryTakeAsync(user.Id, step))
            return await RefusedAsync(user, "did not turn on their second factor: wrong code", WrongCode);
        limit.Succeeded(attempt);
        if (who.SessionId() is { } session)
            await stored.StepUpAsync(session);
        return await ChangeAsync(user, "turned on their second factor", async () =>
        {
            await Store.SetAuthenticatorKeyAsync(user, key, default);
            var codes = await users.GenerateNewTwoFactorRecoveryCodesAsync(user, RecoveryCodes);
            // The last step: until the codes are kept, the password alone is enough.
            return new([.. codes ?? []], Why(await users.SetTwoFactorEnabledAsync(user, true)));
        });
    }

    public async Task<SecondFactorOutcome> TurnOffAsync(ClaimsPrincipal who, string code)
    {
        if (await SelfAsync(who) is not { TwoFactorEnabled: true } user)
            return Refused(SignedOut);
        if (rule.IsRequired)
            return Refused("This console requires a second factor, so it stays on.");
        if (await TakeAsync(user, code) is null)
            return await RefusedAsync(user, "did not turn off their second factor: wrong code", WrongCode);
        return await ChangeAsync(user, "turned off their second factor", async () =>
        {
            await Store.ForgetSecondFactorAsync(user);
            return new([], Why(await users.SetTwoFactorEnabledAsync(user, false)));
        });
    }

    /// <summary>New recovery codes; those before are no longer good.</summary>
    public async Task<SecondFactorOutcome> NewCodesAsync(ClaimsPrincipal who, string code)
    {
        if (await SelfAsync(who) is not { TwoFactorEnabled: true } user)
            return Refused(SignedOut);
        if (await TakeAsync(user, code) is null)
            return await RefusedAsync(user, "did not make new recovery codes: wrong code", WrongCode);
        return await ChangeAsync(user, "made new recovery codes", async () => new([.. await users.GenerateNewTwoFactorRecoveryCodesAsync(user, RecoveryCodes) ?? []]));
    }

    /// <summary>Uses up a code of the app or a recovery code. Null when it is wrong, which counts as a wrong password does, or when there were too many.</summary>
    public Task<SecondFactorCode?> TakeAsync(OpsUser user, string code) => check.TakeAsync(users, user, code, Attempt(user));

    // The cookie may be a minute older than the end of the account or of this sign-in.
    private async Task<OpsUser?> SelfAsync(ClaimsPrincipal who) => await signIn.ValidateSecurityStampAsync(who) is { IsDisabled: false } user ? user : null;

    private SignInAttempt Attempt(OpsUser user) => new(users.NormalizeName(user.UserName)!, signIn.Context.Connection.RemoteIpAddress, browsers.Of(signIn.Context, user.Id));

    private async Task<SecondFactorOutcome> ChangeAsync(OpsUser user, string change, Func<Task<SecondFactorOutcome>> act)
    {
        try
        {
            await audit.AppendAsync(Draft(user, change));
        }
        catch (AuditNotWrittenException)
        {
            return Refused(AuditUnwritable);
        }
        var outcome = await act();
        if (outcome.Refusal is { } why)
            return await RefusedAsync(user, $"{change}: refused: {why}", why);
        await sessions.KeepOnlyAsync(signIn, user, log);
        return outcome;
    }

    private async Task<SecondFactorOutcome> RefusedAsync(OpsUser user, string what, string why)
    {
        try
        {
            await audit.AppendAsync(Draft(user, what));
        }
        catch (AuditNotWrittenException)
        {
            return Refused(AuditUnwritable);
        }
        return Refused(why);
    }

    private static SecondFactorOutcome Refused(string why) => new([], why);

    private static AuditDraft Draft(OpsUser user, string what) => new() { Actor = user.UserName!, Action = AuditActions.UserChanged, Outcome = what };

    private static string? Why(IdentityResult result) => result.Succeeded ? null : string.Join(' ', result.Errors.Select(e => e.Description));

    private string? KeyOf(ClaimsPrincipal who, string? offer)
    {
        try
        {
            return offer is { Length: > 0 and < 2_000 } && _offers.Unprotect(offer).Split(' ') is [var id, var key] && id == users.GetUserId(who) ? key : null;
        }
        catch (CryptographicException) // too old, of another console, or made up
        {
            return null;
        }
    }

    private string Picture(string key, ClaimsPrincipal who)
    {
        using var maker = new QRCodeGenerator();
        using var data = maker.CreateQrCode(TotpCode.Address(key, users.GetUserName(who) ?? ""), QRCodeGenerator.ECCLevel.M);
        using var svg = new SvgQRCode(data);
        // Dark on white in every theme: that is what cameras read.
        return svg.GetGraphic(1, "#000000", "#ffffff", drawQuietZones: true, SvgQRCode.SizingMode.ViewBoxAttribute);
    }
}
