using Ops.Data;

namespace Ops.Web.Live.Recording;

/// <summary>The last hour, minute by minute, over all hosts: what the charts of the overview show. Kept in memory, so that they do not need the database.</summary>
public sealed class HistoryPulse
{
    /// <summary>Minutes that are kept.</summary>
    public const int Kept = 60;

    private readonly LiveValue<PulseView> _view = new(new([], [], null, 0));

    public PulseView Current => _view.Current;

    /// <summary>The view now, and every later one: one a second while something changes, and one a minute in any case.</summary>
    public StateSubscription<PulseView> Follow(CancellationToken stop = default) => _view.Follow(stop);

    /// <summary>Takes what was seen at one look; of hosts that were not heard nothing.</summary>
    internal void Beat(IReadOnlyList<HistoryMinute> seen, IReadOnlyList<Incident> changed, HistoryHealth health, DateTimeOffset now)
    {
        _view.Update(view =>
        {
            var incidents = changed.Count == 0 && view.Incidents.All(i => IsShown(i, now)) ? view.Incidents : Merged(view.Incidents.Concat(changed), now);
            // Counts of what was written change all the time and are shown nowhere else.
            var isSame = view.Health is { } before && before.Failing == health.Failing && before.Dropped == health.Dropped;
            var minute = now.ToUnixTimeMilliseconds() / 60_000 * 60_000;
            return isSame && ReferenceEquals(incidents, view.Incidents) && view.At == minute ? view : view with { Incidents = incidents, Health = health, At = minute };
        });
        if (seen.Count > 0)
            Add(seen);
    }

    private static bool IsShown(Incident incident, DateTimeOffset now) => incident.ClosedAt is not { } closed || closed > now - TimeSpan.FromMinutes(Kept);

    private static List<Incident> Merged(IEnumerable<Incident> incidents, DateTimeOffset now) =>
        [.. incidents.GroupBy(i => i.Id).Select(g => g.Last()).Where(i => IsShown(i, now)).OrderByDescending(i => i.OpenedAt)];

    private void Add(IReadOnlyList<HistoryMinute> seen)
    {
        var now = new PulseMinute(seen[0].At, seen.Sum(m => m.Waiting), seen.Sum(m => m.BlockedSeconds), seen.Sum(m => m.Stuck), seen.Sum(m => m.Stale));
        _view.Update(view =>
        {
            var last = view.Minutes.Count > 0 ? view.Minutes[^1] : null;
            var merged = last?.At == now.At
                ? new PulseMinute(now.At, Math.Max(last.Waiting, now.Waiting), last.BlockedSeconds + now.BlockedSeconds, Math.Max(last.Stuck, now.Stuck), Math.Max(last.Stale, now.Stale))
                : now;
            return merged == last ? view : view with { Minutes = [.. (last?.At == now.At ? view.Minutes.SkipLast(1) : view.Minutes).Where(m => m.At > now.At - (Kept * 60_000L)), merged] };
        });
    }

    /// <summary>Takes what was stored within the hour: before this console records, and while another one of the fleet does.</summary>
    internal void Resume(IEnumerable<HistoryMinute> stored, IEnumerable<Incident> incidents, DateTimeOffset now) => _view.Update(view =>
    {
        var minutes = stored.GroupBy(m => m.At).ToDictionary(g => g.Key, g => new PulseMinute(g.Key, g.Sum(m => m.Waiting), g.Sum(m => m.BlockedSeconds), g.Sum(m => m.Stuck), g.Sum(m => m.Stale)));
        var from = now.ToUnixTimeMilliseconds() - ((Kept + 1) * 60_000L);
        return view with
        {
            Incidents = Merged(view.Incidents.Concat(incidents), now),
            Minutes = [.. view.Minutes.Where(m => !minutes.ContainsKey(m.At)).Concat(minutes.Values).Where(m => m.At > from).OrderBy(m => m.At)],
            At = now.ToUnixTimeMilliseconds() / 60_000 * 60_000,
        };
    });
}

/// <param name="Minutes">Oldest first; a minute in which no host was heard is not there.</param>
/// <param name="Incidents">Open now or closed within the hour, newest first.</param>
/// <param name="Health">How the writer is; null before its first look.</param>
/// <param name="At">Begin of the minute of the last look, whether or not a host was heard then.</param>
public sealed record PulseView(IReadOnlyList<PulseMinute> Minutes, IReadOnlyList<Incident> Incidents, HistoryHealth? Health, long At);

/// <summary>All hosts together in one minute.</summary>
/// <param name="At">Begin of the minute, milliseconds since 1970.</param>
public sealed record PulseMinute(long At, int Waiting, double BlockedSeconds, int Stuck, int Stale);
