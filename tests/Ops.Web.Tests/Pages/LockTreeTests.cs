using System.Globalization;
using Ops.Web.Features.Locks;
using Ops.Web.Live;

namespace Ops.Web.Tests.Pages;

public sealed class LockTreeTests
{
    [Fact]
    public void Waiters_stand_under_their_blocker_at_their_depth()
    {
        var rows = Arrange([Lock("w2", "g", 22, 2, 21), Lock("b", "other", 9), Lock("w1", "g", 21, 1, 20), Lock("h", "g", 20)]);
        Assert.Equal([("h", 0), ("w1", 1), ("w2", 2), ("b", 0)], rows.Select(r => (r.Found.Key, r.Depth)));
    }

    [Fact]
    public void A_waiter_stands_under_the_holder_that_it_waits_for_when_there_are_several()
    {
        var rows = Arrange([Lock("h1", "g", 10), Lock("h2", "g", 20), Lock("w", "g", 30, 1, 20)]);
        Assert.Equal(["h1", "h2", "w"], rows.Select(r => r.Found.Key));
        rows = Arrange([Lock("h1", "g", 10), Lock("h2", "g", 20), Lock("w", "g", 30, 1, 10)]);
        Assert.Equal(["h1", "w", "h2"], rows.Select(r => r.Found.Key));
    }

    [Fact]
    public void A_waiter_for_a_process_that_cannot_be_seen_is_shown()
    {
        var rows = Arrange([Lock("w", "g", 30, 1, 999), Lock("h", "g", 10)]);
        Assert.Equal([("h", 0), ("w", 1)], rows.Select(r => (r.Found.Key, r.Depth)));
    }

    [Fact]
    public void A_deadlock_loses_no_row()
    {
        var rows = Arrange([Lock("a", "g", 1, 1, 2), Lock("b", "g", 2, 1, 1)]);
        Assert.Equal(["a", "b"], rows.Select(r => r.Found.Key));
    }

    [Fact]
    public void A_filter_that_a_waiter_matches_shows_its_blocker_too_and_says_which_is_which()
    {
        var rows = Arrange([Lock("h", "g", 20), Lock("w", "g", 21, 1, 20), Lock("x", "other", 22)], new LockFilter(Verdict: "waiting"));
        Assert.Equal([("h", false), ("w", true)], rows.Select(r => (r.Found.Key, r.Matches)));
    }

    [Fact]
    public void Only_with_waiters_leaves_out_what_no_process_waits_for()
    {
        var shown = LockTree.Arrange([Found(Lock("h", "g", 20)), Found(Lock("w", "g", 21, 1, 20)), Found(Lock("x", "other", 22))], new LockFilter(Waiters: true));
        Assert.Equal(["h", "w"], shown.Rows.Select(r => r.Found.Key));
        Assert.Equal((2, 3), (shown.Matching, shown.Total));
    }

    [Fact]
    public void The_same_group_name_on_two_hosts_is_two_groups()
    {
        var rows = LockTree.Arrange([new("one", Lock("h", "g", 20)), new("two", Lock("w", "g", 21, 1, 20))], new LockFilter()).Rows;
        Assert.Equal([("one", 0), ("two", 1)], rows.Select(r => (r.Found.HostId, r.Waiters)));
    }

    [Fact]
    public void Order_by_waiters_puts_the_longest_queue_first()
    {
        var rows = Arrange([Lock("a", "a", 1), Lock("b", "b", 2), Lock("bw", "b", 3, 1, 2)], new LockFilter(Sort: "waiters"));
        Assert.Equal(["b", "bw", "a"], rows.Select(r => r.Found.Key));
    }

    [Fact]
    public void The_order_of_arrival_changes_nothing()
    {
        var locks = Enumerable.Range(0, 500).Select(i => Lock(i.ToString(CultureInfo.InvariantCulture), "g" + (i / 3), i, i % 3, i % 3 == 0 ? [] : [i - 1])).ToList();
        var expected = Arrange(locks).Select(r => r.Address).ToList();
        new Random(1).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(locks));
        Assert.Equal(expected, Arrange(locks).Select(r => r.Address));
    }

    private static LiveFinding Found(Finding finding) => new("host-1", finding);

    private static IReadOnlyList<LockRow> Arrange(IReadOnlyList<Finding> locks, LockFilter? filter = null) =>
        LockTree.Arrange([.. locks.Select(Found)], filter ?? new LockFilter()).Rows;

    private static Finding Lock(string key, string group, int pid, int depth = 0, params IReadOnlyList<int> blockedBy) => Some.Finding(key, depth == 0 ? "held" : "waiting", "kernel-lock") with
    {
        Path = "/" + group,
        Owner = new(pid, null, null, null, "imapd"),
        Lock = new("posix", "write", "whole file", group, depth, null, null, blockedBy, []),
    };
}
