using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Ops.Data;

namespace Ops.Web.Features.SignIn;

/// <summary>Ends the rights of an open page once its user was disabled, lost a role, or was signed out everywhere.</summary>
internal sealed class RevalidatingUser(ILoggerFactory loggers, Actors actors) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        try
        {
            return await actors.FindAsync(authenticationState.User) is { } actor
                && actor.Roles.All(authenticationState.User.IsInRole)
                && OpsRolesOf(authenticationState) == actor.Roles.Count;
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            // Open pages go on looking while the database cannot be read. Acts ask it again, and are refused.
            return true;
        }
    }

    private static int OpsRolesOf(AuthenticationState state) => OpsRoles.All.Count(state.User.IsInRole);
}
