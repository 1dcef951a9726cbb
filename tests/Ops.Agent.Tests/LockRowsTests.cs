using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>Lines of <c>ops locks</c>: every waiter under the process it waits for.</summary>
public sealed class LockRowsTests
{
    [Fact]
    public void Waiters_follow_their_own_blocker_and_are_indented_under_it()
    {
        var rows = LockRows.Of([Lock("a", 10), Lock("a", 11), Lock("a", 20, 1, 11), Lock("a", 21, 1, 10), Lock("a", 30, 2, 20), Lock("b", 40)]);
        Assert.Equal([(10, "held"), (21, "└ waiting"), (11, "held"), (20, "└ waiting"), (30, "  └ waiting"), (40, "held")], rows.Select(r => (r.Finding.Owner!.Pid!.Value, r.Verdict)));
    }

    [Fact]
    public void Two_processes_that_wait_for_each_other_both_have_a_line()
    {
        var rows = LockRows.Of([Lock("a", 10, 1, 11), Lock("a", 11, 1, 10)]);
        Assert.Equal([10, 11], rows.Select(r => r.Finding.Owner!.Pid!.Value).Order());
    }

    [Fact]
    public void A_waiter_whose_blocker_is_unknown_keeps_its_line()
    {
        var row = Assert.Single(LockRows.Of([Lock("a", 10, 1)]));
        Assert.Equal("waiting", row.Verdict);
    }

    private static Finding Lock(string group, int pid, int depth = 0, params int[] blockedBy) => new()
    {
        Key = $"{group}-{pid}",
        Host = "mail1",
        Path = $"/var/mail/{group}",
        Kind = "kernel-lock",
        System = "unknown",
        Summary = "",
        Verdict = depth == 0 ? "held" : "waiting",
        Owner = new FindingOwner(pid, null, 1, null, "deliver"),
        Lock = new FindingLock("flock", "write", "whole file", group, depth, 3, null, blockedBy, []),
    };
}
