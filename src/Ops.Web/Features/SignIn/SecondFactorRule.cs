using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Ops.Data;

namespace Ops.Web.Features.SignIn;

/// <summary>Whether people need a second factor to act (<see cref="WebOptions.RequireSecondFactor"/>). Until they have one, they are viewers.</summary>
public sealed class SecondFactorRule(IOptions<WebOptions> options)
{
    /// <summary>Claim of a person who lost roles by the rule.</summary>
    public const string Missing = "ops:second-factor-missing";

    /// <summary>Why something was refused to a person whose last code is too old; a page that shows it asks for a code.</summary>
    public const string FreshCodeNeeded = "This needs a code of your second factor that is not older than 10 minutes.";

    // How long one code is enough for what it protects: kill, purge, changes of rules, users and tokens.
    private static readonly TimeSpan CodeIsFreshFor = TimeSpan.FromMinutes(10);

    public bool IsRequired => options.Value.RequireSecondFactor;

    public bool IsMissing(OpsUser user) => IsRequired && !user.TwoFactorEnabled;

    /// <summary>Whether a code has to be given again. Users without a second factor have none to give.</summary>
    /// <param name="at">When the last one was given in this session; null for never.</param>
    public static bool IsCodeStale(bool hasSecondFactor, DateTimeOffset? at, DateTimeOffset now) => hasSecondFactor && (at is not { } given || now - given >= CodeIsFreshFor);

    /// <summary>The roles that count now.</summary>
    public IReadOnlyList<string> RolesOf(OpsUser user, IEnumerable<string> roles) =>
        IsMissing(user) ? [.. roles.Select(_ => OpsRoles.Viewer).Distinct()] : [.. roles];
}

/// <summary>Gives a person who signs in the roles that count.</summary>
internal sealed class OpsClaims(UserManager<OpsUser> users, RoleManager<IdentityRole> roles, IOptions<IdentityOptions> options, SecondFactorRule rule)
    : UserClaimsPrincipalFactory<OpsUser, IdentityRole>(users, roles, options)
{
    protected override async Task<System.Security.Claims.ClaimsIdentity> GenerateClaimsAsync(OpsUser user)
    {
        var identity = await base.GenerateClaimsAsync(user);
        var all = identity.FindAll(identity.RoleClaimType).ToList();
        var counting = rule.RolesOf(user, all.Select(c => c.Value));
        if (counting.SequenceEqual(all.Select(c => c.Value)))
            return identity;
        foreach (var role in all)
            identity.RemoveClaim(role);
        foreach (var role in counting)
            identity.AddClaim(new(identity.RoleClaimType, role));
        identity.AddClaim(new(SecondFactorRule.Missing, "true"));
        return identity;
    }
}
