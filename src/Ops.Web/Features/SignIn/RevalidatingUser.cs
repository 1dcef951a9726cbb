using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace Ops.Web.Features.SignIn;

/// <summary>Ends the rights of an open page once its user was disabled, lost a role, or was signed out everywhere.</summary>
internal sealed class RevalidatingUser(ILoggerFactory loggers, Actors actors) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        await actors.FindAsync(authenticationState.User) is { } actor
        && actor.Roles.All(authenticationState.User.IsInRole)
        && OpsRolesOf(authenticationState) == actor.Roles.Count;

    private static int OpsRolesOf(AuthenticationState state) => Data.OpsRoles.All.Count(state.User.IsInRole);
}
