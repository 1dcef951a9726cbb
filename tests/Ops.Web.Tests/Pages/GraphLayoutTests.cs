using Ops.Web.Features.Graph;

namespace Ops.Web.Tests.Pages;

public sealed class GraphLayoutTests
{
    private static readonly GraphNode Holder = new("pid 1", GraphKind.Process, null, 1), File = new("lock", GraphKind.KernelLock, null), First = new("pid 2", GraphKind.Process, null, 2), Second = new("pid 3", GraphKind.Process, null, 3);

    [Fact]
    public void Columns_are_steps_from_the_root_and_no_two_boxes_overlap()
    {
        var layout = Of([Holder, File, First, Second], new("pid 1", "lock"), new("lock", "pid 2"), new("lock", "pid 3"));

        Assert.Equal([(6, 6), (290, 6), (574, 6), (574, 64)], layout.Nodes.Select(n => (n.X, n.Y)));
        Assert.Equal((574 + GraphLayout.NodeWidth + 6, 64 + GraphLayout.NodeHeight + 6), (layout.Width, layout.Height));
    }

    [Fact]
    public void A_line_in_one_row_is_straight_and_its_arrow_is_at_what_is_in_the_way()
    {
        var edge = Of([Holder, File], new GraphEdge("pid 1", "lock")).Edges[0];

        Assert.Equal("M246 29H290", edge.Line);
        Assert.Equal("M246 29l9 -5v10z", edge.Head);
        Assert.False(edge.IsInCircle);
    }

    [Fact]
    public void The_line_that_closes_a_circle_runs_below_every_box_and_is_drawn_last()
    {
        var layout = Of(
            [.. new[] { Holder, File, First, new GraphNode("file", GraphKind.LockFile, null) }.Select(n => n with { IsInCircle = true }), Second],
            new("pid 1", "lock"), new("lock", "pid 2"), new("pid 2", "file"), new("file", "pid 1"), new("lock", "pid 3"));

        var last = layout.Edges[^1];
        Assert.Equal(new GraphEdge("file", "pid 1"), last.Edge);
        Assert.True(last.IsInCircle);
        Assert.Contains(FormattableString.Invariant($" {layout.Height - 6}H"), last.Line, StringComparison.Ordinal);
        Assert.True(layout.Height - 6 > layout.Nodes.Max(n => n.Y) + GraphLayout.NodeHeight);
    }

    private static GraphLayout Of(IReadOnlyList<GraphNode> nodes, params IReadOnlyList<GraphEdge> edges) => GraphLayout.Of(GraphOrder.Of(new(nodes, edges, 1)));
}
