using System.Globalization;

namespace Ops.Web.Features.Graph;

/// <summary>A node of the picture, by its upper left corner.</summary>
/// <param name="Left">Number of the node that the arrow key to the left leads to; null when it leads nowhere. So for the other three.</param>
public sealed record DrawnNode(GraphPlace Place, int X, int Y, int? Left, int? Right, int? Up, int? Down);

/// <param name="Line">Path data.</param>
/// <param name="Head">Path data of the arrow's head, at what is in the way.</param>
public sealed record DrawnEdge(GraphEdge Edge, string Line, string Head, bool IsInCircle);

/// <summary>Where the boxes and lines of one part are. Pure: the same part always has the same picture, and a newer waiter is drawn below those that were there.</summary>
/// <param name="Nodes">In the order of <see cref="GraphOrder.Places"/>.</param>
public sealed record GraphLayout(IReadOnlyList<DrawnNode> Nodes, IReadOnlyList<DrawnEdge> Edges, int Width, int Height)
{
    public const int NodeWidth = 240, NodeHeight = 46;
    private const int GapX = 44, GapY = 12, Margin = 6, BackMargin = 22, Lane = 14, Corner = 8;

    public static GraphLayout Of(GraphOrder order)
    {
        var left = order.Back.Count > 0 ? BackMargin : Margin;
        var at = order.Places.ToDictionary(p => p.Node.Id, p => (X: left + p.Layer * (NodeWidth + GapX), Y: Margin + p.Row * (NodeHeight + GapY)), StringComparer.Ordinal);
        var circle = order.Places.Where(p => p.Node.IsInCircle).Select(p => p.Node.Id).ToHashSet(StringComparer.Ordinal);
        var bottom = at.Count == 0 ? 0 : at.Values.Max(p => p.Y) + NodeHeight;
        var lanes = 0;
        List<DrawnEdge> edges = new(order.Edges.Count);
        foreach (var edge in order.Edges)
        {
            var (from, to) = (at[edge.From], at[edge.To]);
            var line = order.Back.Contains(edge) ? Around(from, to, bottom + Lane * ++lanes) : Forward(from, to);
            edges.Add(new(edge, line, Head(from), circle.Contains(edge.From) && circle.Contains(edge.To)));
        }
        // Lines of the circle last: they must not be under the others.
        return new(
            Place(order, at), [.. edges.OrderBy(e => e.IsInCircle)],
            (at.Count == 0 ? 0 : at.Values.Max(p => p.X) + NodeWidth) + (order.Back.Count > 0 ? BackMargin : Margin), bottom + Margin + Lane * lanes);
    }

    private static List<DrawnNode> Place(GraphOrder order, Dictionary<string, (int X, int Y)> at)
    {
        var number = order.Places.Select((p, i) => (p.Node.Id, i)).ToDictionary(p => p.Id, p => p.i, StringComparer.Ordinal);
        var firstChild = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var place in order.Places.Where(p => p.Parent is not null))
            firstChild.TryAdd(place.Parent!.Id, number[place.Node.Id]);
        Dictionary<string, int> above = new(StringComparer.Ordinal), below = new(StringComparer.Ordinal);
        foreach (var column in order.Places.GroupBy(p => p.Layer))
        {
            var ids = column.OrderBy(p => p.Row).Select(p => p.Node.Id).ToList();
            for (var i = 1; i < ids.Count; i++)
            {
                above[ids[i]] = number[ids[i - 1]];
                below[ids[i - 1]] = number[ids[i]];
            }
        }
        return [.. order.Places.Select(p => new DrawnNode(
            p, at[p.Node.Id].X, at[p.Node.Id].Y, p.Parent is { } parent ? number[parent.Id] : null, Find(firstChild, p), Find(above, p), Find(below, p)))];

        static int? Find(Dictionary<string, int> numbers, GraphPlace place) => numbers.TryGetValue(place.Node.Id, out var found) ? found : null;
    }

    // From the right side of what is in the way to the left side of what waits for it: straight in one row, else over the gap between the columns.
    private static string Forward((int X, int Y) from, (int X, int Y) to)
    {
        var (x1, y1, x2, y2) = (from.X + NodeWidth, from.Y + NodeHeight / 2, to.X, to.Y + NodeHeight / 2);
        if (y1 == y2)
            return Text($"M{x1} {y1}H{x2}");
        // Where there are columns in between, a curve behind them.
        if (x2 - x1 > GapX)
            return Text($"M{x1} {y1}C{x1 + GapX} {y1} {x2 - GapX} {y2} {x2} {y2}");
        var (middle, turn) = (x1 + GapX / 2, y2 > y1 ? Corner : -Corner);
        return Text($"M{x1} {y1}H{middle - Corner}Q{middle} {y1} {middle} {y1 + turn}V{y2 - turn}Q{middle} {y2} {middle + Corner} {y2}H{x2}");
    }

    // Out to the left of what waits, along a lane below everything, and into the right side of what is in the way.
    private static string Around((int X, int Y) from, (int X, int Y) to, int lane)
    {
        var (x1, y1, x2, y2) = (from.X + NodeWidth, from.Y + NodeHeight / 2, to.X, to.Y + NodeHeight / 2);
        var (outer, inner) = (x1 + Lane, x2 - Lane);
        return Text($"M{x2} {y2}H{inner + Corner}Q{inner} {y2} {inner} {y2 + Corner}V{lane - Corner}Q{inner} {lane} {inner + Corner} {lane}H{outer - Corner}Q{outer} {lane} {outer} {lane - Corner}V{y1 + Corner}Q{outer} {y1} {outer - Corner} {y1}H{x1}");
    }

    private static string Head((int X, int Y) from) => Text($"M{from.X + NodeWidth} {from.Y + NodeHeight / 2}l9 -5v10z");

    private static string Text(FormattableString path) => path.ToString(CultureInfo.InvariantCulture);
}
