using Ops.Web.Live;

namespace Ops.Web.Features.Metrics;

/// <summary>One value of a series.</summary>
/// <param name="Labels">In the order of <see cref="MetricSeries.Labels"/>.</param>
internal readonly record struct MetricValue(MetricSeries Series, double Value, params IReadOnlyList<string> Labels);

/// <summary>What is measured, from what the console has in memory: no agent and no database is asked.</summary>
internal static class MetricsReading
{
    /// <summary>Above so many hosts there is no series for each of them.</summary>
    public const int MostHosts = 200;

    private const string Other = "other";

    private static readonly HashSet<string> Verdicts = [.. Enum.GetValues<VerdictWord>().Select(v => Words.Of(v))];
    private static readonly HashSet<string> Kinds = [.. Enum.GetValues<ArtefactKind>().Select(k => Words.Of(k))];

    /// <param name="cards">Of all hosts.</param>
    public static IEnumerable<MetricValue> OfMailboxes(IReadOnlyCollection<MailboxCard> cards, DateTimeOffset now)
    {
        foreach (var state in Enum.GetValues<MailboxState>())
            yield return new(MetricSeries.Mailboxes, cards.Count(c => c.State == state), state.Word());
        // A process that waits for two mailboxes is one process.
        var waits = cards.SelectMany(c => c.Victims.Select(v => (Who: (c.Host, v.Pid), For: v.Waited(now).TotalSeconds))).GroupBy(w => w.Who).Select(g => g.Max(w => w.For)).ToList();
        yield return new(MetricSeries.Waiting, waits.Count);
        yield return new(MetricSeries.Blocked, waits.Sum());
        yield return new(MetricSeries.Longest, waits.DefaultIfEmpty().Max());
    }

    public static IEnumerable<MetricValue> OfFindings(IEnumerable<Finding> findings) => findings
        .CountBy(f => (Verdict: Verdicts.Contains(f.Verdict) ? f.Verdict : Other, Kind: Kinds.Contains(f.Kind) ? f.Kind : Other))
        .OrderBy(c => c.Key)
        .Select(c => new MetricValue(MetricSeries.Findings, c.Value, c.Key.Verdict, c.Key.Kind));

    public static IEnumerable<MetricValue> OfHosts(IReadOnlyCollection<HostStatus> hosts, DateTimeOffset now)
    {
        foreach (var freshness in HostFreshness.All)
            yield return new(MetricSeries.Hosts, hosts.Count(h => HostFreshness.Of(h, now) == freshness), freshness);
        yield return new(MetricSeries.OldestReport, hosts.Select(h => Age(h, now)).DefaultIfEmpty().Max());
        yield return new(MetricSeries.EventsMissed, hosts.Sum(h => (double)Math.Max(0, h.Cost?.EventsMissed ?? 0)));
        if (hosts.Count > MostHosts)
            yield break;
        foreach (var host in hosts)
            yield return new(MetricSeries.HostReport, Age(host, now), HostText.Escape(host.HostName));
    }

    public static IEnumerable<MetricValue> OfIncidents(IReadOnlyCollection<Incident> incidents) =>
        Enum.GetValues<IncidentRule>().Select(rule => new MetricValue(MetricSeries.IncidentsOpen, incidents.Count(i => i.ClosedAt is null && i.Rule == rule), rule.Word()));

    // A clock that was set back must not make an age negative.
    private static double Age(HostStatus host, DateTimeOffset now) => Math.Max(0, (now - host.LastHeardAt).TotalSeconds);
}
