namespace Ops.Incidents;

/// <summary>A node in its place: how many steps from the root, and what it is drawn under.</summary>
/// <param name="Layer">0 for a root; one more than the furthest of what is in its way.</param>
/// <param name="Parent">Of the layer before, and in its way; null for a root.</param>
/// <param name="Row">A first child is in the row of its parent, and no two of a layer are in one row.</param>
/// <param name="Also">What else is in its way: further holders, or the process that closes the circle.</param>
/// <param name="Too">What it is in the way of besides that is drawn under another one.</param>
public sealed record GraphPlace(GraphNode Node, int Layer, GraphNode? Parent, int Row, IReadOnlyList<GraphNode> Also, IReadOnlyList<GraphNode> Too);

/// <summary>A part in the order in which it is drawn and read: the root first, then what waits for it.</summary>
/// <param name="Places">Parents before children; the text tree and the picture both follow it.</param>
/// <param name="Back">Edges that close a circle: they lead to an earlier layer.</param>
/// <param name="LeftOut">Nodes beyond what can be drawn.</param>
public sealed record GraphOrder(IReadOnlyList<GraphPlace> Places, IReadOnlyList<GraphEdge> Edges, IReadOnlySet<GraphEdge> Back, int LeftOut)
{
    /// <summary>A picture of more is read by none; and a chain of more would be deeper than a page can nest.</summary>
    public const int MostLayers = 40, MostNodes = 400;

    public static GraphOrder Of(GraphPart part)
    {
        var (layers, back) = Layers(part);
        List<GraphNode> drawn = [.. part.Nodes.Where(n => layers[n.Id] < MostLayers).OrderBy(n => layers[n.Id]).Take(MostNodes)];
        var byId = drawn.ToDictionary(n => n.Id, StringComparer.Ordinal);
        List<GraphEdge> edges = [.. part.Edges.Where(e => byId.ContainsKey(e.From) && byId.ContainsKey(e.To))];
        var blockers = edges.ToLookup(e => e.To, StringComparer.Ordinal);
        var parents = drawn.ToDictionary(n => n.Id, n => blockers[n.Id].Where(e => !back.Contains(e) && layers[e.From] == layers[n.Id] - 1).Select(e => byId[e.From]).FirstOrDefault(), StringComparer.Ordinal);
        var children = drawn.Where(n => parents[n.Id] is not null).ToLookup(n => parents[n.Id]!.Id, StringComparer.Ordinal);

        List<GraphPlace> places = [];
        Dictionary<string, int> rows = new(StringComparer.Ordinal);
        var blocked = edges.ToLookup(e => e.From, StringComparer.Ordinal);
        var (last, lastRoot) = (-1, -1);
        var next = new Stack<GraphNode>(drawn.Where(n => parents[n.Id] is null).Reverse());
        while (next.TryPop(out var node))
        {
            var parent = parents[node.Id];
            // A further holder has nothing to its right: it is next to the first one, and not below everything that waits for both.
            rows[node.Id] = parent is not null && children[parent.Id].First().Id == node.Id ? rows[parent.Id]
                : parent is null && !children[node.Id].Any() ? lastRoot + 1 : last + 1;
            last = Math.Max(last, rows[node.Id]);
            if (parent is null)
                lastRoot = rows[node.Id];
            places.Add(new(
                node, layers[node.Id], parent, rows[node.Id], [.. blockers[node.Id].Where(e => e.From != parent?.Id).Select(e => byId[e.From])],
                [.. blocked[node.Id].Where(e => parents[e.To]?.Id != node.Id && !back.Contains(e)).Select(e => byId[e.To])]));
            foreach (var child in children[node.Id].Reverse())
                next.Push(child);
        }
        return new(places, edges, back, part.Nodes.Count - drawn.Count);
    }

    // The furthest way from a root. When only circles are left, one is opened at the process that would be ended.
    private static (Dictionary<string, int> Layers, HashSet<GraphEdge> Back) Layers(GraphPart part)
    {
        var after = part.Edges.ToLookup(e => e.From, StringComparer.Ordinal);
        var open = part.Nodes.ToDictionary(n => n.Id, _ => 0, StringComparer.Ordinal);
        foreach (var edge in part.Edges)
            open[edge.To]++;
        Dictionary<string, int> layers = new(StringComparer.Ordinal);
        HashSet<GraphEdge> back = [];
        var starts = part.Nodes.OrderByDescending(n => n.Yields).ThenBy(n => !n.IsInCircle).ThenBy(n => n.IsLock).ToList();
        var ready = new Queue<string>(part.Nodes.Where(n => open[n.Id] == 0).Select(n => n.Id));
        foreach (var id in ready)
            layers[id] = 0;
        HashSet<string> done = new(StringComparer.Ordinal);
        while (done.Count < part.Nodes.Count)
        {
            if (!ready.TryDequeue(out var id))
            {
                id = starts.First(n => !done.Contains(n.Id)).Id;
                layers.TryAdd(id, 0);
                back.UnionWith(part.Edges.Where(e => e.To == id && !done.Contains(e.From)));
            }
            if (!done.Add(id))
                continue;
            foreach (var edge in after[id].Where(e => !back.Contains(e) && !done.Contains(e.To)))
            {
                layers[edge.To] = Math.Max(layers.GetValueOrDefault(edge.To), layers[id] + 1);
                if (--open[edge.To] == 0)
                    ready.Enqueue(edge.To);
            }
        }
        return (layers, back);
    }
}
