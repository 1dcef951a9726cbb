namespace Ops.Incidents.Tests;

public sealed class LockGraphTests
{
    private const string Box = "/srv/mail/alice/dovecot.index.log";

    [Fact]
    public void A_holder_leads_to_its_lock_and_the_lock_to_its_waiter()
    {
        var part = Assert.Single(LockGraph.Of([Given.Held(Box, 10), Given.Waiting(Box, 11, 10)]));

        Assert.Equal(["lock " + Box + " > pid 11", "pid 10 > lock " + Box], Edges(part).Order(StringComparer.Ordinal));
        Assert.Equal(1, part.Waiting);
        Assert.Equal(["pid 10"], part.Nodes.Where(n => n.IsRoot).Select(n => n.Id));
        Assert.False(part.HasCircle);
    }

    [Fact]
    public void A_lock_that_no_process_waits_for_has_no_root_and_is_left_out_of_the_waits()
    {
        var parts = LockGraph.Of([Given.Held(Box, 10)]);

        Assert.DoesNotContain(parts[0].Nodes, n => n.IsRoot);
        Assert.Empty(LockGraph.Waits(parts));
    }

    [Fact]
    public void Ranges_of_one_file_that_no_wait_connects_are_apart()
    {
        var parts = LockGraph.Of([Given.Held(Box, 10), Given.Waiting(Box, 11, 10), Given.Held(Box, 20), Given.Waiting(Box, 21, 20)]);

        Assert.Equal(2, parts.Count);
        Assert.All(parts, p => Assert.Equal(3, p.Nodes.Count));
    }

    [Fact]
    public void A_holder_that_was_not_seen_holding_is_known_by_its_pid()
    {
        var part = Assert.Single(LockGraph.Of([Given.Waiting(Box, 11, 10)]));

        Assert.Null(Assert.Single(part.Nodes, n => n.Id == "pid 10").Finding);
        Assert.True(Assert.Single(part.Nodes, n => n.Id == "pid 10").IsRoot);
    }

    [Fact]
    public void A_stale_lock_file_is_the_root_of_those_that_try_for_it()
    {
        var part = Assert.Single(LockGraph.Of([Given.DotLock("/var/mail/bob.lock", "stale", 77, false), Given.DotLockWaiter("/var/mail/bob.lock", 12)]));

        Assert.Equal(["file /var/mail/bob.lock"], part.Nodes.Where(n => n.IsRoot).Select(n => n.Id));
        Assert.Equal(["file /var/mail/bob.lock > pid 12"], Edges(part));
    }

    [Fact]
    public void A_circle_over_a_dot_lock_and_a_kernel_lock_is_marked_and_those_behind_it_are_not()
    {
        var part = Assert.Single(LockGraph.Of(Deadlock()));

        Assert.Equal(["file /var/mail/bob.lock", "lock /var/mail/bob", "pid 1", "pid 2"], part.Nodes.Where(n => n.IsInCircle).Select(n => n.Id).Order(StringComparer.Ordinal));
        Assert.Equal(["pid 2"], part.Nodes.Where(n => n.Yields).Select(n => n.Id));
        Assert.DoesNotContain(part.Nodes, n => n.IsRoot);
        Assert.Equal(3, part.Waiting);
    }

    [Fact]
    public void A_step_of_a_circle_that_no_lock_shows_goes_from_process_to_process()
    {
        var part = Assert.Single(LockGraph.Of([Given.Held(Box, 1), Given.Waiting(Box, 3, 1), Given.Relation("deadlock", "waiting", "/srv/mail/alice", 3, cycle: [1, 3])]));

        Assert.Contains("pid 3 > pid 1", Edges(part));
        Assert.DoesNotContain("pid 1 > pid 3", Edges(part));
        Assert.True(part.HasCircle);
    }

    [Fact]
    public void A_reader_that_wants_to_write_waits_for_the_other_reader_and_not_for_itself()
    {
        var part = Assert.Single(LockGraph.Of([Given.Held(Box, 1), Given.Held(Box, 2), Given.Waiting(Box, 1, 2) with { Key = "upgrade" }]));

        Assert.Contains("pid 2 > pid 1", Edges(part));
        Assert.False(part.HasCircle);
    }

    [Fact]
    public void A_mailbox_is_shown_with_what_its_wait_leads_to_in_another_one()
    {
        List<Finding> findings = [Given.Held("/var/mail/eve", 5), Given.Held(Box, 10), Given.Waiting(Box, 11, 10), Given.Held("/var/mail/bob", 11), Given.Waiting("/var/mail/bob", 12, 11)];
        var bob = MailboxBoard.Of(findings, Given.Now).Single(c => c.Path == "/var/mail/bob");

        var part = Assert.Single(LockGraph.About(LockGraph.Of(findings), bob));

        Assert.Equal(["pid 10"], part.Nodes.Where(n => n.IsRoot).Select(n => n.Id));
        Assert.Equal(2, part.Waiting);
    }

    [Fact]
    public void Deadlocks_come_first_then_what_waits_longest()
    {
        var parts = LockGraph.Of([
            Given.Held(Box, 10), Given.Waiting(Box, 11, 10, since: TimeSpan.FromMinutes(1)),
            Given.Held("/var/mail/old", 20), Given.Waiting("/var/mail/old", 21, 20, since: TimeSpan.FromMinutes(9)), .. Deadlock()]);

        Assert.Equal(["pid 1", "pid 21", "pid 11"], parts.Select(p => p.Nodes.First(n => n.Pid is not null).Id));
    }

    [Fact]
    public void Equal_waiters_become_the_longest_wait_and_a_number()
    {
        var part = GraphFold.Of(LockGraph.Of(Crowd(39))[0], new HashSet<string>());

        Assert.Equal(4, part.Nodes.Count);
        Assert.Equal("pid 139", part.Nodes.First(n => n.Pid > 100).Id);
        Assert.Equal(38, Assert.Single(part.Nodes, n => n.Members.Count > 0).Members.Count);
        Assert.Equal(39, part.Waiting);
    }

    [Fact]
    public void A_fold_keeps_its_id_while_its_members_come_and_go()
    {
        Assert.Equal(Fold(Crowd(39)).Id, Fold(Crowd(12)).Id);
    }

    [Fact]
    public void An_opened_fold_is_drawn_one_by_one_up_to_a_limit()
    {
        var part = LockGraph.Of(Crowd(300))[0];

        var opened = GraphFold.Of(part, new HashSet<string> { Fold(Crowd(300)).Id });

        Assert.Equal(GraphFold.MostOpened, opened.Nodes.Count(n => n.Pid > 100));
        Assert.Equal(300 - GraphFold.MostOpened, Assert.Single(opened.Nodes, n => n.Members.Count > 0).Members.Count);
    }

    [Fact]
    public void Programs_of_different_names_are_not_put_into_one()
    {
        List<Finding> findings = [Given.Held(Box, 1), .. Enumerable.Range(100, 9).Select(p => Given.Waiting(Box, p, 1, p < 105 ? "imap" : "pop3"))];

        Assert.Equal([4, 3], GraphFold.Of(LockGraph.Of(findings)[0], new HashSet<string>()).Nodes.Where(n => n.Members.Count > 0).Select(n => n.Members.Count));
    }

    [Fact]
    public void The_root_comes_first_and_a_first_child_is_in_its_row()
    {
        var order = GraphOrder.Of(LockGraph.Of([Given.Held(Box, 10), Given.Waiting(Box, 11, 10), Given.Waiting(Box, 12, 10)])[0]);

        Assert.Equal([("pid 10", 0, 0), ("lock " + Box, 1, 0), ("pid 11", 2, 0), ("pid 12", 2, 1)], order.Places.Select(p => (p.Node.Id, p.Layer, p.Row)));
        Assert.Equal(0, order.LeftOut);
    }

    [Fact]
    public void A_second_holder_is_a_root_of_its_own_and_named_at_the_lock()
    {
        var order = GraphOrder.Of(LockGraph.Of([Given.Held(Box, 10), Given.Held(Box, 20), Given.Waiting(Box, 11, 10) with { Lock = Given.Waiting(Box, 11, 10).Lock! with { BlockedBy = [10, 20] } }])[0]);

        Assert.Equal([0, 0], order.Places.Where(p => p.Parent is null).Select(p => p.Layer));
        Assert.Equal(["pid 20"], order.Places.Single(p => p.Node.IsLock).Also.Select(n => n.Id));
        Assert.Equal(["lock " + Box], order.Places.Single(p => p.Node.Id == "pid 20").Too.Select(n => n.Id));
        Assert.Equal(1, order.Places.Single(p => p.Node.Id == "pid 20").Row);
    }

    [Fact]
    public void A_circle_is_opened_at_the_process_that_costs_least_and_closed_by_one_edge_back()
    {
        var order = GraphOrder.Of(LockGraph.Of(Deadlock())[0]);

        Assert.Equal("pid 2", order.Places[0].Node.Id);
        Assert.Equal(["file /var/mail/bob.lock > pid 2"], order.Back.Select(e => $"{e.From} > {e.To}"));
        Assert.All(order.Edges.Where(e => !order.Back.Contains(e)), e => Assert.True(Layer(order, e.From) < Layer(order, e.To)));
    }

    [Fact]
    public void A_chain_longer_than_a_page_can_nest_is_cut_and_counted()
    {
        List<Finding> findings = [.. Enumerable.Range(1, 5_000).SelectMany(p => (Finding[])[Given.Held($"/var/mail/u{p}", p), Given.Waiting($"/var/mail/u{p}", p + 1, p)])];

        var order = GraphOrder.Of(Assert.Single(LockGraph.Of(findings)));

        Assert.Equal(GraphOrder.MostLayers, order.Places.Count);
        Assert.Equal(10_001 - GraphOrder.MostLayers, order.LeftOut);
    }

    private static List<Finding> Deadlock() =>
    [
        Given.DotLock("/var/mail/bob.lock", "held", 1, true), Given.DotLockWaiter("/var/mail/bob.lock", 2, 1), Given.Held("/var/mail/bob", 2), Given.Waiting("/var/mail/bob", 1, 2),
        Given.Waiting("/var/mail/bob", 3, 2), Given.Relation("deadlock", "waiting", "/var/mail/bob", 2, cycle: [1, 2]),
    ];

    private static List<Finding> Crowd(int waiters) => [Given.Held(Box, 1), .. Enumerable.Range(101, waiters).Select(p => Given.Waiting(Box, p, 1, "imap", since: TimeSpan.FromSeconds(p)))];

    private static GraphNode Fold(List<Finding> findings) => GraphFold.Of(LockGraph.Of(findings)[0], new HashSet<string>()).Nodes.Single(n => n.Members.Count > 0);

    private static List<string> Edges(GraphPart part) => [.. part.Edges.Select(e => $"{e.From} > {e.To}")];

    private static int Layer(GraphOrder order, string id) => order.Places.Single(p => p.Node.Id == id).Layer;
}
