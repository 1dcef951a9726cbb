using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Ops.Data;

namespace Ops.Web.Live;

/// <summary>Knows a remote agent by the bearer token it was given; anything else is answered with 401, counted and audited.</summary>
internal sealed class AgentTokenScheme(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AgentTokens tokens, AgentRefusals refusals)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "AgentToken";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (BearerHeader.TokenOf(Request.Headers.Authorization.ToString()) is not { } plain)
            return AuthenticateResult.NoResult();
        if (await tokens.VerifyAsync(plain, Context.RequestAborted) is not { } token)
            return AuthenticateResult.Fail("This agent token is wrong or was revoked.");
        var identity = new ClaimsIdentity([new(ClaimTypes.NameIdentifier, token.Id.ToString()), new(ClaimTypes.Name, token.HostLabel)], Scheme.Name);
        return AuthenticateResult.Success(new(new ClaimsPrincipal(identity), Scheme.Name));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        await refusals.NoteAsync(
            Context.Connection.RemoteIpAddress?.ToString() ?? "unknown",
            Request.Headers.Authorization.Count == 0 ? "no token" : "wrong or revoked token");
        Response.Headers.WWWAuthenticate = "Bearer";
        await base.HandleChallengeAsync(properties);
    }
}
