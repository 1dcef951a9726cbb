using System.Globalization;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What a look could not see, and whether that is a failure. Pure.</summary>
internal static class BlindSpots
{
    private const int MostPids = 8;

    /// <summary>What this process can never see.</summary>
    public static IReadOnlyList<BlindSpot> Standing(HostFacts host) => host.IsPrivileged
        ? []
        : [new("privileges", "not root: what processes of other users have open or locked cannot be seen, and whatever needs that proof is refused")];

    /// <summary>What this one look could not see.</summary>
    public static IReadOnlyList<BlindSpot> Of(HostFacts host)
    {
        var spots = new List<BlindSpot>();
        if (host.Processes.Gap is { } gap)
            spots.Add(new("processes", gap));
        spots.AddRange(host.Locks.Gaps.Select(g => new BlindSpot("kernel-locks", g)));
        if (host.ClockSetForward > TimeSpan.Zero)
            spots.Add(new("clock", $"the clock was set forward by {host.ClockSetForward:d\\.hh\\:mm\\:ss} (days.hours:minutes:seconds) since boot: no file is called older, and no process younger, than that allows"));
        if (host.SharesLocalDisks is { } shared)
            spots.Add(new("store", shared));
        if (host.IsPrivileged && host.OpenFiles.Unreadable is { Count: > 0 } unreadable)
            spots.Add(new("open-files", $"these processes could not be looked into: pid {string.Join(", ", unreadable.Take(MostPids).Select(p => p.ToString(CultureInfo.InvariantCulture)))}{(unreadable.Count > MostPids ? "..." : "")}"));
        return spots;
    }

    /// <summary>For root a gap in processes is a failure; without privileges it is how things are.</summary>
    public static bool HasFailed(HostFacts host) => host.IsPrivileged && host.Processes.Processes.Count == 0;
}
