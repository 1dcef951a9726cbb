using Ops.Data;
using Ops.Web.Features.SignIn;

namespace Ops.Web.Features.Api;

/// <summary>Makes and revokes the tokens of the REST API.</summary>
public sealed class ApiTokensCommand(Actors actors, ApiTokens tokens, TimeProvider clock)
    : AccessCommand<ApiToken>(actors, tokens, clock, new("token", "API tokens", "which program uses the token"));
