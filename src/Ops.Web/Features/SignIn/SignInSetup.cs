using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web.Features.SignIn;

internal static class SignInSetup
{
    /// <summary>Rate limit of the pages that take a password, by address.</summary>
    public const string PasswordPages = "password-pages";

    /// <param name="dataDirectory">Where the keys are files; null: the database has them.</param>
    public static void AddSignIn(this IServiceCollection services, string? dataDirectory, TimeSpan idle)
    {
        // Kept next to the data or in it: else a restart in a new container, or a request to another console, signs everyone out.
        var keys = services.AddDataProtection().SetApplicationName("ops-console");
        if (dataDirectory is not null)
            keys.PersistKeysToFileSystem(new DirectoryInfo(Path.Join(dataDirectory, "keys")));
        else
            keys.PersistKeysToDbContext<PostgresOpsDb>();
        services.AddIdentityCore<OpsUser>(o =>
        {
            o.Password.RequiredLength = 12;
            o.Password.RequireDigit = o.Password.RequireLowercase = o.Password.RequireUppercase = o.Password.RequireNonAlphanumeric = false;
            o.Password.RequiredUniqueChars = 5;
            // Used for users that an administrator disables; wrong passwords are counted by SignInLimit.
            o.Lockout.AllowedForNewUsers = true;
        }).AddRoles<IdentityRole>().AddEntityFrameworkStores<OpsDb>().AddUserStore<OpsUserStore>().AddClaimsPrincipalFactory<OpsClaims>().AddSignInManager()
            .AddDefaultTokenProviders().AddTokenProvider<TotpProvider>(TokenOptions.DefaultAuthenticatorProvider);
        services.Configure<SecurityStampValidatorOptions>(o =>
        {
            o.ValidationInterval = TimeSpan.FromMinutes(1);
            // The person is made again from the database then, which does not know in which session they are.
            o.OnRefreshingPrincipal = refreshed =>
            {
                if (refreshed.CurrentPrincipal?.FindFirst(SessionBook.Claim) is { } session && refreshed.NewPrincipal?.Identity is ClaimsIdentity identity)
                    identity.AddClaim(session.Clone());
                return Task.CompletedTask;
            };
        });
        services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies();
        services.ConfigureApplicationCookie(o =>
        {
            o.LoginPath = "/sign-in";
            o.AccessDeniedPath = "/denied";
            o.ReturnUrlParameter = "returnUrl";
            o.Cookie.Name = "ops-session";
            o.Cookie.HttpOnly = true;
            o.Cookie.SameSite = SameSiteMode.Strict;
            o.Events.OnValidatePrincipal = ValidateAsync;
            o.ExpireTimeSpan = idle;
            o.SlidingExpiration = true;
        });
        // Between password and code, for five minutes.
        services.Configure<CookieAuthenticationOptions>(IdentityConstants.TwoFactorUserIdScheme, o =>
        {
            o.Cookie.Name = "ops-second-step";
            o.Cookie.HttpOnly = true;
            o.Cookie.SameSite = SameSiteMode.Strict;
        });
        services.AddAntiforgery(o =>
        {
            o.Cookie.Name = "ops-form";
            o.Cookie.SameSite = SameSiteMode.Strict;
        });
        services.AddAuthorizationBuilder()
            .AddPolicy(OpsRoles.Admin, p => p.RequireRole(OpsRoles.Admin))
            .SetFallbackPolicy(new AuthorizationPolicyBuilder(IdentityConstants.ApplicationScheme).RequireAuthenticatedUser().Build());
        services.AddRateLimiter(o =>
        {
            o.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            o.OnRejected = async (rejected, stop) => await rejected.HttpContext.Response.WriteAsync("Too many attempts from this address. Wait a minute.", stop);
            // Opening the page costs no hash: who reloads it must not shut it for everyone behind the same address.
            o.AddPolicy(PasswordPages, http => !HttpMethods.IsPost(http.Request.Method) ? RateLimitPartition.GetNoLimiter("") : RateLimitPartition.GetFixedWindowLimiter(
                http.Connection.RemoteIpAddress?.ToString() ?? "", _ => new() { PermitLimit = 60, Window = TimeSpan.FromMinutes(1) }));
        });
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, RevalidatingUser>();
        services.AddSingleton<Actors>();
        services.AddSingleton<SessionBook>().AddHostedService(s => s.GetRequiredService<SessionBook>());
        services.AddSingleton<SessionsCommand>();
        services.AddSingleton<SignInLimit>();
        services.AddSingleton<KnownBrowser>();
        services.AddSingleton<SecondFactorRule>();
        services.AddSingleton<SecondFactorCheck>();
        services.AddSingleton<StepUpCommand>();
        services.AddScoped<SignInCommand>();
        services.AddScoped<SecondFactorCommand>();
        services.AddSingleton<UsersCommand>();
    }

    // While the database cannot be read, people who are signed in go on looking, until the cookie itself ends. Acts ask the database again, and are refused.
    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var sessions = context.HttpContext.RequestServices.GetRequiredService<SessionBook>();
        try
        {
            if (context.Principal?.SessionId() is not { } session || await sessions.FindLiveAsync(session) is null)
            {
                context.RejectPrincipal();
                await context.HttpContext.SignOutAsync(IdentityConstants.ApplicationScheme);
                return;
            }
            sessions.Seen(session);
            await SecurityStampValidator.ValidatePrincipalAsync(context);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            context.ShouldRenew = false;
        }
    }

    /// <summary>Keeps the connections of open pages, so that they can be cut when their session ends.</summary>
    public static void UseOpenPages(this WebApplication app)
    {
        var pages = app.Services.GetRequiredService<OpenPages>();
        app.Use(async (http, next) =>
        {
            using var open = http.Request.Path.StartsWithSegments("/_blazor", StringComparison.OrdinalIgnoreCase) && http.User.SessionId() is { } session ? pages.Connect(session, http.Abort) : null;
            await next(http);
        });
    }

    public static void MapSignOut(this WebApplication app)
    {
        // What a page sends while its user does something there: it counts as use, as each request does.
        app.MapGet("/account/used", () => Results.NoContent());
        app.MapPost("/sign-out", async (HttpContext http, IAntiforgery antiforgery, SignInCommand command) =>
        {
            // Checked here because no form value is bound, which is what makes the framework check by itself.
            if (!await antiforgery.IsRequestValidAsync(http))
                return Results.BadRequest();
            await command.SignOutAsync(http.User);
            return Results.Redirect("/sign-in");
        });
    }

    /// <summary>Only a path of our own; anything else would send people to a foreign page after they signed in.</summary>
    public static string LocalOrHome(string? url) =>
        url is ['/', ..] and not ['/', '/' or '\\', ..] && !url.Any(char.IsControl) && Uri.TryCreate(url, UriKind.Relative, out _) ? url : "/";

    public static string ForPeople(this DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
