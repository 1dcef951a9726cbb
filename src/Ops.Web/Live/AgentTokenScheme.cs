using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Ops.Data;
using Ops.Web.Live.Joining;

namespace Ops.Web.Live;

/// <summary>Knows the agent of this machine by the socket it came through, a remote one by the certificate that it got when it joined, or by the bearer token it was given; anything else is answered with 401, counted and audited.</summary>
internal sealed class AgentTokenScheme(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AgentTokens tokens, AgentKeys keys, AgentAuthority authority, AgentRefusals refusals, LocalAgents locals)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "AgentToken";

    /// <summary>SHA-256 of the key with which the agent proved itself, in hex; none for a bearer token.</summary>
    public const string KeyClaim = "agent-key";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // Nor is a token good there: an agent that has one connects to the port.
        if (locals.CameThrough(Context))
            return locals.Joins(Context) ? AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, LocalAgents.Origin)], Scheme.Name)), Scheme.Name)) : AuthenticateResult.NoResult();
        if (Context.Connection.ClientCertificate is { } certificate)
        {
            var key = AgentTrust.KeyHash(certificate.PublicKey);
            return authority.TokenOf(certificate) is { } id && await keys.VerifyAsync(id, key, Context.RequestAborted) is { } agent
                ? Success(agent, new Claim(KeyClaim, Convert.ToHexString(key)))
                : AuthenticateResult.Fail("This certificate is over, was replaced or was revoked.");
        }
        if (BearerHeader.TokenOf(Request.Headers.Authorization.ToString()) is not { } plain)
            return AuthenticateResult.NoResult();
        if (await tokens.VerifyAsync(plain, Context.RequestAborted) is not { } token)
            return AuthenticateResult.Fail("This agent token is wrong or was revoked.");
        return Success(token);
    }

    private AuthenticateResult Success(AgentToken token, params IEnumerable<Claim> more)
    {
        var identity = new ClaimsIdentity([new(ClaimTypes.NameIdentifier, token.Id.ToString()), new(ClaimTypes.Name, token.HostLabel), .. more], Scheme.Name);
        return AuthenticateResult.Success(new(new ClaimsPrincipal(identity), Scheme.Name));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        await refusals.NoteAsync(
            Context.Connection.RemoteIpAddress?.ToString() ?? "unknown",
            Context.Connection.ClientCertificate is not null ? "wrong, outdated or revoked certificate" : Request.Headers.Authorization.Count == 0 ? "no token" : "wrong or revoked token");
        Response.Headers.WWWAuthenticate = "Bearer";
        await base.HandleChallengeAsync(properties);
    }
}
