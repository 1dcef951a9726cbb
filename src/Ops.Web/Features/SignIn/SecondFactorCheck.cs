using Microsoft.AspNetCore.Identity;
using Ops.Data;

namespace Ops.Web.Features.SignIn;

/// <summary>What a right code was.</summary>
public enum SecondFactorCode
{
    OfApp,
    Recovery,
}

/// <summary>Checks codes of second factors; each is used up by it, and wrong ones are counted as wrong passwords are. Singleton.</summary>
public sealed class SecondFactorCheck(SignInLimit limit)
{
    /// <summary>As apps show them: "123 456".</summary>
    public static string Clean(string code) => string.Concat(code.Where(c => !char.IsWhiteSpace(c)));

    /// <summary>Null when the code is wrong, or when there were too many.</summary>
    public async Task<SecondFactorCode?> TakeAsync(UserManager<OpsUser> users, OpsUser user, string code, SignInAttempt place)
    {
        var attempt = place with { IsCode = true };
        code = Clean(code);
        if (!limit.TryBegin(attempt))
            return null;
        var kind = TotpCode.LooksLike(code) ? SecondFactorCode.OfApp : SecondFactorCode.Recovery;
        var isRight = kind == SecondFactorCode.OfApp
            ? await users.VerifyTwoFactorTokenAsync(user, users.Options.Tokens.AuthenticatorTokenProvider, code)
            : code.Length == 11 && (await users.RedeemTwoFactorRecoveryCodeAsync(user, code.ToUpperInvariant())).Succeeded;
        if (!isRight)
            return null;
        limit.Succeeded(attempt);
        return kind;
    }
}
