using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;

namespace Ops.Data;

/// <summary>Identity's store of users, which keeps what a second factor rests on so that a copy of the database opens nothing: the key of an authenticator app is encrypted
/// with the keys of the console, recovery codes are hashed like passwords.</summary>
public sealed class OpsUserStore(OpsDb db, IDataProtectionProvider protection, IPasswordHasher<OpsUser> hasher, IdentityErrorDescriber? describer = null)
    : UserStore<OpsUser, IdentityRole, OpsDb>(db, describer)
{
    // Under these names Identity keeps them.
    private const string Own = "[AspNetUserStore]", KeyName = "AuthenticatorKey", CodesName = "RecoveryCodes";

    private readonly IDataProtector _keys = protection.CreateProtector("Ops.AuthenticatorKey");

    /// <inheritdoc/>
    public override Task SetAuthenticatorKeyAsync(OpsUser user, string key, CancellationToken cancellationToken) =>
        base.SetAuthenticatorKeyAsync(user, _keys.Protect(key), cancellationToken);

    /// <summary>Null also where it was encrypted with keys that the console has no longer: then no code is right, and an administrator has to reset it.</summary>
    public override async Task<string?> GetAuthenticatorKeyAsync(OpsUser user, CancellationToken cancellationToken)
    {
        try
        {
            return await base.GetAuthenticatorKeyAsync(user, cancellationToken) is { } kept ? _keys.Unprotect(kept) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override Task ReplaceCodesAsync(OpsUser user, IEnumerable<string> recoveryCodes, CancellationToken cancellationToken) =>
        base.ReplaceCodesAsync(user, recoveryCodes.Select(code => hasher.HashPassword(user, code)).ToList(), cancellationToken);

    /// <inheritdoc/>
    public override async Task<bool> RedeemCodeAsync(OpsUser user, string code, CancellationToken cancellationToken)
    {
        var kept = (await GetTokenAsync(user, Own, CodesName, cancellationToken) ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries);
        if (kept.FirstOrDefault(hash => hasher.VerifyHashedPassword(user, hash, code) != PasswordVerificationResult.Failed) is not { } used)
            return false;
        await base.ReplaceCodesAsync(user, kept.Where(hash => hash != used).ToList(), cancellationToken);
        return true;
    }

    /// <summary>Forgets key and recovery codes. Saved with the user's next update.</summary>
    public async Task ForgetSecondFactorAsync(OpsUser user, CancellationToken stop = default)
    {
        await RemoveTokenAsync(user, Own, KeyName, stop);
        await RemoveTokenAsync(user, Own, CodesName, stop);
    }
}
