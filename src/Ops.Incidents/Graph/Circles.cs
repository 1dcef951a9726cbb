namespace Ops.Incidents;

/// <summary>Which nodes are on a circle. Without recursion: a chain of waits may be as long as the host has processes.</summary>
internal static class Circles
{
    // Each of so many is followed on its own; of more, all that can be neither a beginning nor an end are taken.
    private const int MostFollowed = 500;

    public static HashSet<string> In(IEnumerable<string> nodes, ILookup<string, string> before, ILookup<string, string> after)
    {
        var left = nodes.ToHashSet(StringComparer.Ordinal);
        // What nothing leads to, or what leads to nothing, is on no circle; without it, its neighbours may be the same.
        var edge = new Queue<string>(left.Where(IsEnd));
        while (edge.TryDequeue(out var node))
        {
            if (!left.Remove(node))
                continue;
            foreach (var neighbour in before[node].Concat(after[node]).Where(n => left.Contains(n) && IsEnd(n)))
                edge.Enqueue(neighbour);
        }
        return left.Count > MostFollowed ? left : [.. left.Where(ReachesItself)];

        bool IsEnd(string node) => !before[node].Any(left.Contains) || !after[node].Any(left.Contains);

        bool ReachesItself(string start)
        {
            HashSet<string> seen = new(StringComparer.Ordinal);
            var next = new Queue<string>(after[start].Where(left.Contains));
            while (next.TryDequeue(out var node))
            {
                if (node == start)
                    return true;
                if (!seen.Add(node))
                    continue;
                foreach (var further in after[node].Where(left.Contains))
                    next.Enqueue(further);
            }
            return false;
        }
    }
}
