using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Ops.Data;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;

namespace Ops.Web.Features.Api;

/// <summary>Knows a program by its token. No endpoint but those of the API asks this scheme.</summary>
internal sealed class ApiTokenScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiTokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "ApiToken";

    /// <summary>Claim with one word of <see cref="ApiRights"/>.</summary>
    public const string Right = "ops:right";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization.ToString() is not { Length: > 0 } header)
        {
            // A person who is signed in may see all of it on the pages. Only to read: another site can make a browser send a form, and its cookie with it.
            return HttpMethods.IsGet(Request.Method) && Context.User.Identity is { IsAuthenticated: true }
                ? AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, Context.User.Identity.Name ?? ""), new(Right, ApiRights.Read)], Name)), Name))
                : AuthenticateResult.NoResult();
        }
        // A token counts also where a person is signed in: else a wrong one would seem to work.
        if (BearerHeader.TokenOf(header) is not { } plain || await tokens.VerifyAsync(plain, Context.RequestAborted) is not { } token)
            return AuthenticateResult.Fail("This API token is wrong, was revoked or has expired.");
        // The audit has this name where the person of the token is unknown: a label alone could be the name of another person.
        var identity = new ClaimsIdentity([new(ClaimTypes.Name, $"API token {token.Label}")], Name);
        if (token.Has(ApiRights.Read))
            identity.AddClaim(new(Right, ApiRights.Read));
        if (token.ActsFor is { } userId)
            identity.AddClaims([new(Right, ApiRights.Act), new(ClaimTypes.NameIdentifier, userId), new(Actors.ByToken, token.Id.ToString())]);
        return AuthenticateResult.Success(new(new ClaimsPrincipal(identity), Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return ApiProblem.Of(StatusCodes.Status401Unauthorized, Request.Headers.Authorization.Count == 0
            ? "Send the token of a program as \"Authorization: Bearer TOKEN\". An administrator makes one on the page API tokens."
            : "This token is wrong, was revoked or has expired; or it was not used since the console started, and the database does not answer.").ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        ApiProblem.Of(StatusCodes.Status403Forbidden, "This token does not have the right that this address asks for.").ExecuteAsync(Context);
}
