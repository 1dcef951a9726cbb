using Ops.Web.Features.Alerts;
using Ops.Web.Live;
using Ops.Web.Live.Recording;

namespace Ops.Web.Features.Metrics;

/// <summary>Every value as it is now, for a scraper and for the push to a collector.</summary>
internal sealed class MetricsNow(LiveState live, MailboxBoards boards, HistoryPulse pulse, ActCounts acts, AlertCounts alerts, TimeProvider clock)
{
    /// <summary>Takes at most the two seconds that the database gets.</summary>
    public async Task<IReadOnlyList<MetricValue>> ReadAsync(CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        var view = live.Current;
        var (counts, isCurrent) = await acts.ReadAsync(stop);
        return
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
    }
}
