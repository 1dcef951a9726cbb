using System.Security.Cryptography;
using System.Text;

namespace Ops.Incidents;

/// <summary>Puts equal nodes into one, so that 300 waiters of one lock are two boxes: the longest wait, and how many more there are.</summary>
public static class GraphFold
{
    /// <summary>Fewer than these are drawn one by one.</summary>
    public const int FewestFolded = 3;

    /// <summary>Of a fold that was opened, so many are drawn.</summary>
    public const int MostOpened = 100;

    /// <param name="open">Ids of folds to be drawn one by one.</param>
    public static GraphPart Of(GraphPart part, IReadOnlySet<string> open)
    {
        var blockers = part.Edges.ToLookup(e => e.To, e => e.From, StringComparer.Ordinal);
        var blocked = part.Edges.ToLookup(e => e.From, e => e.To, StringComparer.Ordinal);
        Dictionary<string, GraphNode> foldedInto = new(StringComparer.Ordinal);
        List<GraphNode> nodes = [];
        foreach (var equal in part.Nodes.GroupBy(KeyOf, StringComparer.Ordinal))
        {
            List<GraphNode> members = [.. equal];
            var id = IdOf(equal.Key);
            var shown = open.Contains(id) ? MostOpened : 1;
            if (members.Count - shown < FewestFolded)
            {
                nodes.AddRange(members);
                continue;
            }
            nodes.AddRange(members.Take(shown));
            GraphNode fold = members[shown] with { Id = id, Pid = null, Members = members[shown..] };
            nodes.Add(fold);
            foreach (var member in fold.Members)
                foldedInto[member.Id] = fold;
        }
        if (foldedInto.Count == 0)
            return part;
        // In the order in which the single ones were: a fold is where its first member was.
        var place = part.Nodes.Select((n, i) => (n.Id, i)).ToDictionary(n => n.Id, n => n.i, StringComparer.Ordinal);
        return part with
        {
            Nodes = [.. nodes.OrderBy(n => place[n.Members is [var first, ..] ? first.Id : n.Id])],
            Edges = [.. part.Edges.Select(e => new GraphEdge(Now(e.From), Now(e.To))).Distinct()],
        };

        string Now(string id) => foldedInto.TryGetValue(id, out var fold) ? fold.Id : id;

        string KeyOf(GraphNode node) => node.IsInCircle || node.Yields ? node.Id : string.Join('\n',
        [
            $"{node.Kind} {(node.IsLock ? node.Finding?.Verdict : node.Finding?.Process?.Command ?? node.Finding?.Owner?.Command)}",
            "behind", .. blockers[node.Id].Order(StringComparer.Ordinal), "before", .. blocked[node.Id].Order(StringComparer.Ordinal),
        ]);
    }

    // Part of an address, so it is short; the same while members come and go.
    private static string IdOf(string key) => "more-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 5));
}
