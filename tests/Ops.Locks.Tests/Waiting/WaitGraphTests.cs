namespace Ops.Locks.Tests.Waiting;

public sealed class WaitGraphTests
{
    private static WaitGraph Graph(params (int Waiter, int Blocker)[] waits) => new(waits.Select(w => new Wait(w.Waiter, w.Blocker, "box")));

    [Fact]
    public void The_root_blocker_is_at_the_end_of_the_chain() => Assert.Equal([1], Graph((3, 2), (2, 1)).RootBlockersOf(3));

    [Fact]
    public void Victims_are_found_through_others() => Assert.Equal([2, 3, 4], Graph((2, 1), (3, 2), (4, 3)).VictimsOf(1));

    [Fact]
    public void A_deadlock_between_a_dot_lock_and_a_kernel_lock_is_one_cycle() => Assert.Equal([[5, 9]], Graph((9, 5), (5, 9), (7, 5)).Cycles());

    [Fact]
    public void A_deadlock_has_no_process_as_its_root() => Assert.Empty(Graph((1, 2), (2, 1)).RootBlockersOf(1));

    [Fact]
    public void Without_a_cycle_there_is_no_deadlock() => Assert.Empty(Graph((3, 2), (2, 1), (3, 1)).Cycles());

    [Fact]
    public void A_script_that_waits_for_a_child_which_waits_itself_closes_the_circle()
    {
        // 1 holds a dot lock and waits for its child 11, which waits for fcntl of 2, whose child 22 polls for the dot lock.
        ProcessFacts Child(int pid, int parent) => Given.Process(pid) with { ParentPid = parent };
        var processes = new ProcessTable(new[] { Child(1, 0), Child(11, 1), Child(2, 0), Child(22, 2) }.ToDictionary(p => p.Pid), true, null);
        var waits = Graph((11, 2), (22, 1));
        Assert.Empty(waits.Cycles());
        Assert.Equal([1, 11, 2, 22], Assert.Single(waits.WithParents(processes, _ => true).Cycles()));
        Assert.Empty(waits.WithParents(processes, pid => pid == 1).Cycles());
        Assert.Empty(waits.WithParents(processes, _ => null).Cycles());
    }
}
