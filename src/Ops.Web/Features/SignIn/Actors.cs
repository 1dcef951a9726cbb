using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Ops.Data;

namespace Ops.Web.Features.SignIn;

/// <summary>Someone who is signed in and may act, as the database says now.</summary>
public sealed record Actor(string Id, string Name, IReadOnlyList<string> Roles)
{
    /// <summary>The API token through which a program acts in the name of this person; null for the person at a page.</summary>
    public Guid? Token { get; init; }

    /// <summary>The console requires a second factor to act, and this person has none: they are a viewer, and rights by name do not count.</summary>
    public bool LacksSecondFactor { get; init; }

    public bool HasSecondFactor { get; init; }

    /// <summary>The person at a page has a second factor and gave its last code too long ago for what is protected by it. Never for a program, nor for what was asked for earlier.</summary>
    public bool NeedsFreshCode { get; init; }

    public bool IsAdministrator => Roles.Contains(OpsRoles.Admin);

    public bool IsOperator => IsAdministrator || Roles.Contains(OpsRoles.Operator);
}

/// <summary>Looks up who a page's user is at the moment of an act: a page may be open since before the user was disabled or lost a role.</summary>
public sealed class Actors(IServiceScopeFactory scopes, IOptions<IdentityOptions> identity, SecondFactorRule rule, SessionBook sessions, TimeProvider clock)
{
    /// <summary>Claim of a program that acts in the name of a person: the id of its token. A page's user never has it.</summary>
    public const string ByToken = "ops:by-token";

    /// <summary>Null for an unknown user, a disabled user, or one whose sign-in was ended elsewhere.</summary>
    public async Task<Actor?> FindAsync(ClaimsPrincipal user)
    {
        if (user.Identity is not { IsAuthenticated: true } || user.FindFirstValue(ClaimTypes.NameIdentifier) is not { } id)
            return null;
        if (user.FindFirstValue(ByToken) is { } token)
            return Guid.TryParse(token, out var tokenId) ? await FindByTokenAsync(id, tokenId) : null;
        var session = user.SessionId() is { } sessionId ? await sessions.FindLiveAsync(sessionId) : null;
        if (session is null && user.SessionId() is not null)
            return null;
        return await FindAsync(id, user.FindFirstValue(identity.Value.ClaimsIdentity.SecurityStampClaimType) ?? "") is { } person
            ? person with { NeedsFreshCode = SecondFactorRule.IsCodeStale(person.HasSecondFactor, session?.SecondFactorAt, clock.GetUtcNow()) }
            : null;
    }

    /// <summary>A person who asked for something earlier, as they are now. Null for an unknown user, or a disabled user.</summary>
    public Task<Actor?> FindByIdAsync(string id) => FindAsync(id, stamp: null);

    // The audit shows that it was not the person at a page. The token is revoked by itself, not with the person's sign-ins; and an act asks the database for it once
    // more, since while that does not answer a token is known from before.
    private async Task<Actor?> FindByTokenAsync(string id, Guid tokenId)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ApiTokens>().FindGoodAsync(tokenId) is { } token && token.ActsFor == id && await FindByIdAsync(id) is { } person
            ? person with { Name = $"{person.Name} (API token {token.Label})", Token = tokenId }
            : null;
    }

    private async Task<Actor?> FindAsync(string id, string? stamp)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>();
        if (await users.FindByIdAsync(id) is not { IsDisabled: false } known)
            return null;
        if (stamp is not null && stamp != await users.GetSecurityStampAsync(known))
            return null;
        return new(known.Id, known.UserName!, rule.RolesOf(known, await users.GetRolesAsync(known))) { LacksSecondFactor = rule.IsMissing(known), HasSecondFactor = known.TwoFactorEnabled };
    }
}
