namespace Ops.Web.Live.Fleet;

/// <summary>What another console has to learn of a host. Pure.</summary>
internal static class HostDifference
{
    /// <summary>Findings in one part: about 700 KB at 1.6 KB each, far below what a message may have.</summary>
    public const int MostInPart = 400;

    /// <summary>Nothing when the other console knows it all.</summary>
    /// <param name="known">What it was sent before under the same attachment; null: nothing.</param>
    public static IEnumerable<HostNews> Between(HostView? known, HostView now, long attachment)
    {
        if (ReferenceEquals(known, now))
            yield break;
        var (status, hostId) = (now.Status, now.Status.HostId);
        if (known is null || known.IsComplete != now.IsComplete)
        {
            var all = now.Findings.Items;
            for (var from = 0; ; from += MostInPart)
            {
                var isLast = from + MostInPart >= all.Count;
                yield return new(hostId, attachment, status, Whole: true, now.IsComplete, from == 0, isLast, [.. all.Skip(from).Take(MostInPart).Select(f => f.Finding)], []);
                if (isLast)
                    yield break;
            }
        }
        var (put, closed) = Changes(known.Findings, now.Findings);
        if (put.Count == 0 && closed.Count == 0 && known.Status == status)
            yield break;
        // What is new takes several parts only after a restart of the agent; each of them is a state that may be shown.
        for (var from = 0; ; from += MostInPart)
        {
            var isLast = from + MostInPart >= put.Count;
            yield return new(hostId, attachment, status, Whole: false, now.IsComplete, from == 0, isLast, put.GetRange(from, Math.Min(MostInPart, put.Count - from)), from == 0 ? closed : []);
            if (isLast)
                yield break;
        }
    }

    private static (List<Finding> Put, List<string> Closed) Changes(FindingTable before, FindingTable after)
    {
        List<Finding> put = [];
        List<string> closed = [];
        if (ReferenceEquals(before, after))
            return (put, closed);
        // Both are sorted by key, and what did not change is the same object.
        var (was, now) = (before.Items, after.Items);
        for (int i = 0, j = 0; i < was.Count || j < now.Count;)
        {
            var order = i == was.Count ? 1 : j == now.Count ? -1 : string.CompareOrdinal(was[i].Key, now[j].Key);
            if (order < 0)
            {
                closed.Add(was[i++].Key);
                continue;
            }
            if (order > 0 || !ReferenceEquals(was[i], now[j]))
                put.Add(now[j].Finding);
            i += order == 0 ? 1 : 0;
            j++;
        }
        return (put, closed);
    }
}
