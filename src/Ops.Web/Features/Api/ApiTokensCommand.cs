using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.SignIn;

namespace Ops.Web.Features.Api;

/// <summary>Makes and revokes the tokens of the REST API.</summary>
public sealed class ApiTokensCommand(Actors actors, ApiTokens tokens, TimeProvider clock)
    : AccessCommand<ApiToken>(actors, tokens, clock, new("token", "API tokens", "which program uses the token"))
{
    /// <summary>One that acts too, in the name of who makes it: no administrator makes a program act for another person.</summary>
    public Task<(string? Plain, string? Refusal)> CreateToActAsync(ClaimsPrincipal by, string label, int days) =>
        CreateAsync(by, label, days, async (label, lifetime, actor) => (await tokens.CreateToActAsync(label, lifetime, actor.Name, actor.Id)).Plain);
}
