using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.SignIn;
using Ops.Web.Shared;

namespace Ops.Web.Features.Wall;

/// <summary>Makes and revokes the links of wallboards. A screen that shows the board loses it at its next look, within seconds.</summary>
public sealed class WallCommand(Actors actors, WallLinks links, TimeProvider clock)
    : AccessCommand<WallLink>(actors, links, clock, new("link", "wallboard links", "where the screen is"))
{
    /// <summary>The address with the token, which can be read this once; or why there is none.</summary>
    public async Task<(string? Address, string? Refusal)> CreateAsync(ClaimsPrincipal by, string label, int days, string theme, string consoleAddress)
    {
        var (plain, refusal) = await CreateAsync(by, label, days);
        return plain is null ? (null, refusal) : (consoleAddress.TrimEnd('/') + Addresses.WithQuery(WallEndpoint.Address, (WallScheme.Query, plain), ("theme", theme)), null);
    }
}
