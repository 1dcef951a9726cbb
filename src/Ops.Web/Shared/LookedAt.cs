using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>What an empty page has to say: "nothing" is worth only as much as what was looked at.</summary>
public static class LookedAt
{
    public static string Sentence(LiveView view)
    {
        var complete = view.Hosts.Where(h => h.IsComplete).ToList();
        var roots = complete.SelectMany(h => h.Status.Roots).Distinct(StringComparer.Ordinal).Select(HostText.Escape).ToList();
        var blind = complete.Sum(h => h.Status.BlindSpots.Count);
        return $"Looked at: {Labels.Count(complete.Count, "host")}, " +
            (roots.Count == 0 ? "no mail store" : $"{Labels.Count(roots.Count, "place")} ({string.Join(", ", roots.Take(6))}{(roots.Count > 6 ? ", ..." : "")})") +
            $", {Labels.Count(view.KernelLocks.Count, "kernel lock")} and {Labels.Count(view.Files.Count, "lock file or leftover", "lock files and leftovers")}. " +
            (blind == 0 ? "The agents could see everything." : $"{Labels.Count(blind, "thing")} could not be seen; the overview names them.");
    }
}
