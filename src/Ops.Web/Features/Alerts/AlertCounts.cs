using System.Collections.Concurrent;

namespace Ops.Web.Features.Alerts;

/// <summary>Deliveries since the console started, and what is pending now; for metrics.</summary>
public sealed class AlertCounts
{
    private static readonly string[] Outcomes = ["sent", "refused", "failed", "dropped"];

    private readonly ConcurrentDictionary<(string Kind, string Outcome), long> _deliveries = new();
    private volatile IReadOnlyDictionary<string, int> _pending = new Dictionary<string, int>();

    /// <summary>Every kind of channel with every outcome, 0 included.</summary>
    public IEnumerable<(string Kind, string Outcome, long Count)> Deliveries =>
        from kind in ChannelKinds.All
        from outcome in Outcomes
        select (kind.Word, outcome, _deliveries.GetValueOrDefault((kind.Word, outcome)));

    /// <summary>Incidents about which a channel has something to learn now, by kind of channel.</summary>
    public IEnumerable<(string Kind, int Count)> Pending => ChannelKinds.All.Select(k => (k.Word, _pending.GetValueOrDefault(k.Word)));

    internal void Add(string kind, string outcome) => _deliveries.AddOrUpdate((kind, outcome), 1, static (_, n) => n + 1);

    internal void Set(IReadOnlyDictionary<string, int> pending) => _pending = pending;
}
