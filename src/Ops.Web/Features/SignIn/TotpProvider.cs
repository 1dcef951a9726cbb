using Microsoft.AspNetCore.Identity;
using Ops.Data;

namespace Ops.Web.Features.SignIn;

/// <summary>Checks codes of authenticator apps for Identity. Its own provider accepts a code as often as it is given within two and a half minutes; this one once.</summary>
internal sealed class TotpProvider(TotpUses uses, TimeProvider clock) : IUserTwoFactorTokenProvider<OpsUser>
{
    public async Task<bool> CanGenerateTwoFactorTokenAsync(UserManager<OpsUser> manager, OpsUser user) => await manager.GetAuthenticatorKeyAsync(user) is { Length: > 0 };

    // The app makes them.
    public Task<string> GenerateAsync(string purpose, UserManager<OpsUser> manager, OpsUser user) => Task.FromResult("");

    public async Task<bool> ValidateAsync(string purpose, string token, UserManager<OpsUser> manager, OpsUser user) =>
        await manager.GetAuthenticatorKeyAsync(user) is { Length: > 0 } key && TotpCode.StepOf(key, token, clock.GetUtcNow()) is { } step && await uses.TryTakeAsync(user.Id, step);
}
