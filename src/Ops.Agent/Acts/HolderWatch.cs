using Ops.Contracts;

namespace Ops.Agent;

/// <summary>Who was seen with a lock in a series of looks, and for how long.</summary>
internal sealed class HolderWatch
{
    private readonly List<SettleSighting> _seen = [];

    public IReadOnlyList<SettleSighting> Sightings => _seen;

    /// <param name="holders">Everybody who has it at this look.</param>
    /// <param name="elapsed">Since the act.</param>
    public void Note(IReadOnlyCollection<string> holders, TimeSpan elapsed)
    {
        var now = Math.Round(elapsed.TotalSeconds, 3);
        for (var i = 0; i < _seen.Count; i++)
        {
            var sighting = _seen[i];
            if (sighting.StillThere)
                _seen[i] = holders.Contains(sighting.Who) ? sighting with { SeenForSeconds = Math.Round(now - sighting.AfterSeconds, 3) } : sighting with { StillThere = false };
        }
        foreach (var who in holders.Distinct().Where(who => !_seen.Exists(s => s.Who == who && s.StillThere)))
            _seen.Add(new SettleSighting(now, who, 0, StillThere: true));
    }
}
