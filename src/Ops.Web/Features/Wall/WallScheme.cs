using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Ops.Data;

namespace Ops.Web.Features.Wall;

/// <summary>Knows a screen by the token of its link, from the address at first and from a cookie of this one path after that. No other endpoint asks this scheme.</summary>
internal sealed class WallScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, WallLinks links)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "WallLink";

    public const string Cookie = "ops-wall";

    public const string Query = "token";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // A link that was just opened counts also where a person is signed in: else a wrong one would seem to work.
        var inAddress = Request.Query.TryGetValue(Query, out var token);
        if (await links.VerifyAsync(inAddress ? token.ToString() : Request.Cookies[Cookie], Context.RequestAborted) is { } link)
            return AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, link.Label), new(ClaimTypes.Expiration, link.ExpiresAt.ToString("O"))], Name)), Name));
        // A person who is signed in may see all of it on other pages.
        return !inAddress && Context.User.Identity is { IsAuthenticated: true } ? AuthenticateResult.Success(new(Context.User, Name)) : AuthenticateResult.NoResult();
    }

    /// <summary>A page in the form of the wallboard: a screen that shows it asks again, and is back as soon as its link is good.</summary>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.CacheControl = "no-store";
        return new RazorComponentResult<WallDocument>(new Dictionary<string, object?> { [nameof(WallDocument.Theme)] = WallEndpoint.ThemeOf(Context) }) { StatusCode = StatusCodes.Status401Unauthorized, PreventStreamingRendering = true }.ExecuteAsync(Context);
    }
}
