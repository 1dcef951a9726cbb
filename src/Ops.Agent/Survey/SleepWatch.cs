using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>
/// Distinguishes a program that tries for a lock again and again from one that works, or sleeps once for long: it is seen asleep on a timer nearly each time it is looked at, and goes
/// to sleep again in between.
/// </summary>
/// <remarks><see cref="WakesAgainAndAgain"/> is not safe for several threads.</remarks>
internal sealed class SleepWatch(ProcReader processes, TimeProvider clock)
{
    private const int LeastLooks = 12, MomentLooks = 5;
    private const double MostlyAsleep = 0.8;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100), Longest = TimeSpan.FromSeconds(3), Kept = TimeSpan.FromSeconds(30);
    private readonly Dictionary<ProcessIdentity, (long At, bool? Wakes)> _known = [];

    /// <summary>Whether it sleeps on a timer at this moment. A try between two sleeps takes microseconds, hence a few looks. Null when the kernel does not say where it sleeps.</summary>
    public bool? SleepsOnTimer(ProcessFacts process)
    {
        bool? sleeps = null;
        for (var look = 0; look < MomentLooks && sleeps != true; look++)
        {
            if (processes.ReadSleep(process.Pid).In is { } place)
                sleeps = IsTimer(place);
        }
        return processes.ReadProcess(process.Pid)?.Identity == process.Identity ? sleeps : null;
    }

    /// <summary>Takes up to three seconds for a process that was not asked for within the last half minute. Null when the kernel does not say where it sleeps.</summary>
    public bool? WakesAgainAndAgain(ProcessFacts process, CancellationToken stop)
    {
        if (_known.TryGetValue(process.Identity, out var known) && clock.GetElapsedTime(known.At) < Kept)
            return known.Wakes;
        foreach (var old in _known.Where(k => clock.GetElapsedTime(k.Value.At) >= Kept).Select(k => k.Key).ToList())
            _known.Remove(old);
        var wakes = Watch(process, stop);
        _known[process.Identity] = (clock.GetTimestamp(), wakes);
        return wakes;
    }

    private bool? Watch(ProcessFacts process, CancellationToken stop)
    {
        var started = clock.GetTimestamp();
        var (_, first) = processes.ReadSleep(process.Pid);
        var (looks, asleep) = (0, 0);
        do
        {
            stop.WaitHandle.WaitOne(Step);
            stop.ThrowIfCancellationRequested();
            var (place, switches) = processes.ReadSleep(process.Pid);
            if (switches is null || processes.ReadProcess(process.Pid)?.Identity != process.Identity)
                return null;
            looks++;
            asleep += IsTimer(place) ? 1 : 0;
            if (looks >= LeastLooks && switches != first)
                return asleep >= looks * MostlyAsleep;
        }
        while (clock.GetElapsedTime(started) < Longest);
        return false;
    }

    // sleep(3), usleep(3) and nanosleep(2); Postfix sleeps in select(2) (src/util/doze.c).
    private static bool IsTimer(string? place) => place is not null
        && (place.Contains("nanosleep", StringComparison.Ordinal) || place is "do_select" || place.StartsWith("poll_schedule_timeout", StringComparison.Ordinal));
}
