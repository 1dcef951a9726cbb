using System.Collections.Concurrent;

namespace Ops.Web.Features.Acts;

/// <summary>How many acts this console asked of each host within the last minute: a runaway hand or a stolen session can do only so much at once.</summary>
/// <remarks>The agent has a cap of its own; this one holds also when that is off.</remarks>
public sealed class ActPace(TimeProvider clock)
{
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Queue<long>> _byHost = new(StringComparer.Ordinal);

    /// <summary>False when the host has had its share; then nothing is counted.</summary>
    public bool TryTake(string hostId, int atMost)
    {
        var taken = _byHost.GetOrAdd(hostId, static _ => new());
        lock (taken)
        {
            // By what has passed, not by the time of day: a person may set that while acts are counted.
            var now = clock.GetTimestamp();
            while (taken.TryPeek(out var oldest) && clock.GetElapsedTime(oldest, now) >= Within)
                taken.Dequeue();
            if (taken.Count >= atMost)
                return false;
            taken.Enqueue(now);
            return true;
        }
    }
}
