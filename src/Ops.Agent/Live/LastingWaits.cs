namespace Ops.Agent;

/// <summary>
/// Which waits for kernel locks have lasted so long that the stores must be looked at again. A process that tries again and again for a dot lock makes no event: where it holds the lock that
/// another waits for, only a look at the stores shows that the two wait for each other. One look for each such wait: where nothing was wrong then, events show what comes later.
/// </summary>
internal sealed class LastingWaits
{
    /// <summary>Shorter waits end by themselves, and the one who polls must have begun to.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromSeconds(2);

    // A look costs as much as the stores are large: on a host where waits come all the time they share one.
    public static readonly TimeSpan LeastBetween = TimeSpan.FromSeconds(10);

    private readonly HashSet<string> _looked = new(StringComparer.Ordinal);
    private DateTimeOffset _last = DateTimeOffset.MinValue;

    /// <summary>Takes in one look at the kernel locks.</summary>
    /// <param name="waiting">Keys of the waits of that look, with when they were first seen.</param>
    /// <returns>Whether the stores should be looked at now.</returns>
    public bool Take(IReadOnlyCollection<(string Key, DateTimeOffset Since)> waiting, DateTimeOffset now)
    {
        _looked.IntersectWith(waiting.Select(w => w.Key));
        List<string> fresh = [.. waiting.Where(w => now - w.Since >= Lasts && !_looked.Contains(w.Key)).Select(w => w.Key)];
        if (fresh.Count == 0 || now - _last < LeastBetween)
            return false;
        _last = now;
        _looked.UnionWith(fresh);
        return true;
    }
}
