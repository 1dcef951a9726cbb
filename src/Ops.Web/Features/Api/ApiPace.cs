using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web.Features.Api;

/// <summary>How often a program may ask. It runs before the token is checked, so that guessing does not reach the database either.</summary>
internal sealed class ApiPace(ApiTokens tokens) : IRateLimiterPolicy<string>
{
    public const string Name = "api";

    /// <summary>Requests a minute with one token; and from one address with the cookie of a browser.</summary>
    public const int PerToken = 300;

    /// <summary>Requests a minute from one address with a token that was not good at the last look.</summary>
    public const int OfStrangers = 60;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public Func<OnRejectedContext, CancellationToken, ValueTask>? OnRejected { get; } = static async (rejected, _) =>
    {
        var after = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Window;
        var seconds = Math.Max(1, (int)Math.Ceiling(after.TotalSeconds));
        rejected.HttpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await ApiProblem.Of(StatusCodes.Status429TooManyRequests, string.Create(CultureInfo.InvariantCulture, $"Too many requests. Wait {seconds} s.")).ExecuteAsync(rejected.HttpContext);
    };

    public RateLimitPartition<string> GetPartition(HttpContext httpContext)
    {
        var address = httpContext.Connection.RemoteIpAddress?.ToString() ?? "";
        var (key, most) = httpContext.Request.Headers.Authorization.ToString() is not { Length: > 0 } header ? ($"browser {address}", PerToken)
            : tokens.LastKnown(BearerHeader.TokenOf(header)) is { } id ? ($"token {id}", PerToken)
            : ($"stranger {address}", OfStrangers);
        return RateLimitPartition.GetFixedWindowLimiter(key, _ => new() { PermitLimit = most, Window = Window });
    }
}
