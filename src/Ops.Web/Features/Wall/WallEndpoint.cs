using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Ops.Web.Live;
using Ops.Web.Live.Recording;
using Ops.Web.Shared;

namespace Ops.Web.Features.Wall;

/// <summary><c>/wall</c>: a document of its own, without a circuit. A screen asks for it again every two seconds: nothing on either side grows in between, and what ends a circuit cannot end it.</summary>
internal static class WallEndpoint
{
    public const string Address = "/wall";

    /// <summary>Another one means that a new build is served: screens load the whole page again.</summary>
    public static string Build { get; } = typeof(WallEndpoint).Module.ModuleVersionId.ToString("N");

    public static void AddWall(this IServiceCollection services)
    {
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, WallScheme>(WallScheme.Name, null);
        services.AddSingleton<WallCommand>();
    }

    public static void MapWall(this IEndpointRouteBuilder routes) =>
        routes.MapMethods(Address, [HttpMethods.Get, HttpMethods.Head], static (HttpContext http, LiveState live, MailboxBoards boards, HistoryPulse pulse, TimeProvider clock) =>
        {
            http.Response.Headers.CacheControl = "no-store";
            // The token leaves the address at once: a screen is seen by many, and addresses are written to logs.
            if (http.Request.Query.TryGetValue(WallScheme.Query, out var token))
            {
                Remember(http, token.ToString());
                return Results.Redirect(Addresses.WithQuery(Address, ("theme", http.Request.Query["theme"])));
            }
            var (view, now) = (live.Current, clock.GetUtcNow());
            return new RazorComponentResult<WallDocument>(new Dictionary<string, object?>
            {
                [nameof(WallDocument.Theme)] = ThemeOf(http),
                [nameof(WallDocument.Board)] = WallBoard.Of(view, [.. boards.WorstFirst(view)], now),
                [nameof(WallDocument.Hour)] = pulse.Current,
            })
            { PreventStreamingRendering = true };
        }).RequireAuthorization(p => p.AddAuthenticationSchemes(WallScheme.Name).RequireAuthenticatedUser());

    /// <summary>A screen has no switch: its link says which colours it has, else the browser does.</summary>
    internal static string ThemeOf(HttpContext http) => http.Request.Query["theme"].ToString() switch
    {
        ("light" or "dark" or "contrast") and var theme => theme,
        _ => ColourScheme.Choice(http),
    };

    private static void Remember(HttpContext http, string token)
    {
        // Of a link; not of a person who is signed in and opened the page with a token in the address, which was refused then.
        if (http.User.FindFirstValue(ClaimTypes.Expiration) is not { } expires)
            return;
        http.Response.Cookies.Append(WallScheme.Cookie, token, new()
        {
            HttpOnly = true,
            Secure = http.Request.IsHttps,
            // Lax and not Strict: the redirect of a link that was opened from a mail or a chat would not send it. It can only be looked with.
            SameSite = SameSiteMode.Lax,
            Path = Address,
            Expires = DateTimeOffset.Parse(expires, CultureInfo.InvariantCulture),
            IsEssential = true,
        });
    }
}
