using System.Security.Cryptography;
using System.Text;
using Ops.Web.Live;
using Prometheus;

namespace Ops.Web.Features.Metrics;

/// <summary><c>/metrics</c> in Prometheus' text format: for a scraper with the token of the setting, and for people who are signed in.</summary>
internal static class MetricsEndpoint
{
    public const string Address = "/metrics";

    public static void MapMetrics(this WebApplication app, string? token) =>
        // Anonymous for the framework, whose answer to strangers is the sign-in page: a scraper needs 401.
        app.MapGet(Address, async (HttpContext http, MetricsNow metrics) =>
        {
            http.Response.Headers.CacheControl = "no-store";
            if (!IsToken(http.Request.Headers.Authorization.ToString(), token) && http.User.Identity is not { IsAuthenticated: true })
            {
                http.Response.StatusCode = StatusCodes.Status401Unauthorized;
                http.Response.Headers.WWWAuthenticate = "Bearer";
                return;
            }
            var text = await TextAsync(await metrics.ReadAsync(http.RequestAborted), http.RequestAborted);
            http.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            await http.Response.Body.WriteAsync(text, http.RequestAborted);
        }).AllowAnonymous();

    /// <summary>Compares hashes, which have one length, so that the time says nothing about the token.</summary>
    internal static bool IsToken(string authorization, string? token) =>
        token is not null && BearerHeader.TokenOf(authorization) is { } given
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>In a registry of its own: what is no longer there leaves no series behind.</summary>
    internal static async Task<byte[]> TextAsync(IReadOnlyList<MetricValue> values, CancellationToken stop)
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        foreach (var (series, value, labels) in values)
        {
            string[] names = [.. series.Labels], of = [.. labels];
            if (series.IsCounter)
                factory.CreateCounter(series.Name, series.Help, names).WithLabels(of).IncTo(value);
            else
                factory.CreateGauge(series.Name, series.Help, names).WithLabels(of).Set(value);
        }
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text, ExpositionFormat.PrometheusText, stop);
        return text.ToArray();
    }
}
