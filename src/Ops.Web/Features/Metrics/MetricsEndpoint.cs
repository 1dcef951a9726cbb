using System.Security.Cryptography;
using System.Text;
using Ops.Web.Features.Alerts;
using Ops.Web.Live;
using Ops.Web.Live.Recording;
using Prometheus;

namespace Ops.Web.Features.Metrics;

/// <summary><c>/metrics</c> in Prometheus' text format: for a scraper with the token of the setting, and for people who are signed in.</summary>
internal static class MetricsEndpoint
{
    public const string Address = "/metrics";

    public static void MapMetrics(this WebApplication app, string? token) =>
        // Anonymous for the framework, whose answer to strangers is the sign-in page: a scraper needs 401.
        app.MapGet(Address, async (HttpContext http, LiveState live, MailboxBoards boards, HistoryPulse pulse, ActCounts acts, AlertCounts alerts, TimeProvider clock) =>
        {
            http.Response.Headers.CacheControl = "no-store";
            if (!IsToken(http.Request.Headers.Authorization.ToString(), token) && http.User.Identity is not { IsAuthenticated: true })
            {
                http.Response.StatusCode = StatusCodes.Status401Unauthorized;
                http.Response.Headers.WWWAuthenticate = "Bearer";
                return;
            }
            var now = clock.GetUtcNow();
            var view = live.Current;
            var (counts, isCurrent) = await acts.ReadAsync(http.RequestAborted);
            List<MetricValue> values =
            [
                .. MetricsReading.OfMailboxes([.. boards.Of(view).Where(b => !b.Host.Status.IsDrill).SelectMany(b => b.Cards)], now),
                .. MetricsReading.OfFindings(view.RealHosts.SelectMany(h => h.Findings.Items).Select(f => f.Finding)),
                .. MetricsReading.OfHosts([.. view.RealHosts.Select(h => h.Status)], now),
                .. MetricsReading.OfIncidents(pulse.Current.Incidents),
                .. counts.Select(c => new MetricValue(c.Key is "intent" or "unknown" ? MetricSeries.ActsOpen : MetricSeries.Acts, c.Value, c.Key)),
                .. alerts.Deliveries.Select(d => new MetricValue(MetricSeries.Deliveries, d.Count, d.Kind, d.Outcome)),
                .. alerts.Pending.Select(p => new MetricValue(MetricSeries.AlertsPending, p.Count, p.Kind)),
                new(MetricSeries.HistoryDropped, pulse.Current.Health?.Dropped ?? 0),
                new(MetricSeries.DatabaseUp, isCurrent ? 1 : 0),
            ];
            var text = await TextAsync(values, http.RequestAborted);
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
