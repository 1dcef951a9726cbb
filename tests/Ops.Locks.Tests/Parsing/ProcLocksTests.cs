using System.Text;

namespace Ops.Locks.Tests;

public sealed class ProcLocksTests
{
    [Fact]
    public void Every_row_of_a_captured_list_is_read_in_order()
    {
        var locks = ProcLocks.Parse(Captured.Proc("locks-queues.txt"));

        Assert.Empty(locks.Unparsed);
        Assert.Equal(10, locks.Rows.Count);
        Assert.Equal(
            new KernelLock(3, 0, LockClass.Posix, "ADVISORY", LockMode.Read, 10904, new FileIdentity(0xfe, 0, 11665539), 40, 44), locks.Rows[4]);
        Assert.Equal(
            new KernelLock(6, 0, LockClass.Flock, "ADVISORY", LockMode.Write, 10992, new FileIdentity(0xfe, 0, 11666154), 0, null), locks.Rows[9]);
    }

    [Fact]
    public void An_ofd_lock_has_pid_minus_one_for_holder_and_waiter_alike()
    {
        var rows = ProcLocks.Parse(Captured.Proc("locks-queues.txt")).Rows;

        Assert.Equal((LockClass.Ofd, -1, false), (rows[0].Class, rows[0].Pid, rows[0].IsWaiter));
        Assert.Equal((LockClass.Ofd, -1, true), (rows[1].Class, rows[1].Pid, rows[1].IsWaiter));
    }

    [Fact]
    public void The_depth_of_a_waiter_is_the_indentation_of_its_arrow()
    {
        var rows = ProcLocks.Parse(Captured.Proc("locks-queues.txt")).Rows;

        Assert.Equal([0, 1, 2], rows.Where(r => r.Number == 4).Select(r => r.Depth));
        Assert.Equal(3, ProcLocks.ParseRow("7:   -> POSIX  ADVISORY  WRITE 10131 fe:00:12092994 12 12"u8)!.Depth);
    }

    [Fact]
    public void A_waiter_behind_a_waiter_waits_for_both_and_the_nearest_comes_first()
    {
        var rows = ProcLocks.Parse(Captured.Proc("locks-queues.txt")).Rows;
        var queues = ProcLocks.Queues(rows).ToDictionary(q => q.Waiter, q => q.Blockers);

        Assert.Equal(4, queues.Count);
        Assert.Equal([rows[5]], queues[rows[6]]);
        Assert.Equal([rows[6], rows[5]], queues[rows[7]]);
        Assert.Equal([rows[2]], queues[rows[3]]);
    }

    [Fact]
    public void Two_waiters_of_one_depth_wait_for_the_same_lock_and_not_for_each_other()
    {
        var rows = ProcLocks.Parse(
            """
            1: POSIX  ADVISORY  READ 10 fe:00:5 0 EOF
            1: -> POSIX  ADVISORY  WRITE 11 fe:00:5 0 3
            1:  -> POSIX  ADVISORY  WRITE 12 fe:00:5 0 1
            1: -> POSIX  ADVISORY  WRITE 13 fe:00:5 9 9

            """u8).Rows;

        var queues = ProcLocks.Queues(rows).ToList();

        Assert.Equal([rows[0]], queues[0].Blockers);
        Assert.Equal([rows[1], rows[0]], queues[1].Blockers);
        Assert.Equal([rows[0]], queues[2].Blockers);
    }

    [Fact]
    public void A_waiter_whose_holder_was_missed_by_the_reading_names_no_blocker_of_another_lock()
    {
        var rows = ProcLocks.Parse(
            """
            1: POSIX  ADVISORY  READ 10 fe:00:5 0 EOF
            2:  -> POSIX  ADVISORY  WRITE 11 fe:00:6 0 3

            """u8).Rows;

        Assert.Empty(Assert.Single(ProcLocks.Queues(rows)).Blockers);
    }

    [Fact]
    public void A_lease_being_broken_by_someone_without_an_inode_does_not_end_the_list()
    {
        var locks = ProcLocks.Parse(Captured.Proc("locks-strange.txt"));

        Assert.Empty(locks.Unparsed);
        Assert.Equal(11, locks.Rows.Count);
        Assert.Equal(new KernelLock(1, 1, LockClass.Lease, "BREAKER", LockMode.Read, 11877, null, 0, null), locks.Rows[1]);
        Assert.Null(locks.Rows[4].Device);
    }

    [Fact]
    public void Classes_states_and_modes_we_do_not_know_are_kept_as_unknown()
    {
        var rows = ProcLocks.Parse(Captured.Proc("locks-strange.txt")).Rows;

        Assert.Equal(LockClass.Delegation, rows[2].Class);
        Assert.Equal((LockClass.Unknown, "ADVISORY"), (rows[3].Class, rows[3].State));
        Assert.Equal("*NOINODE*", rows[4].State);
        Assert.Equal(LockMode.Unlocked, rows[5].Mode);
        Assert.Equal("MANDATORY", rows[8].State);
        Assert.Equal((LockMode.Unknown, "MSNFS"), (rows[9].Mode, rows[9].State));
        Assert.Equal((LockClass.Unknown, "UNKNOWN"), (rows[10].Class, rows[10].State));
    }

    [Fact]
    public void Pids_of_zero_and_below_are_read_as_printed()
    {
        var rows = ProcLocks.Parse(Captured.Proc("locks-strange.txt")).Rows;

        Assert.Equal([0, -3021], rows.Where(r => r.Pid <= 0).Select(r => r.Pid));
    }

    [Fact]
    public void Device_numbers_are_hexadecimal_of_any_length_and_the_inode_is_decimal_up_to_64_bits()
    {
        var rows = ProcLocks.Parse(Captured.Proc("locks-strange.txt")).Rows;

        Assert.Equal(new FileIdentity(0, 353, 2), rows[2].Device);
        Assert.Equal(new FileIdentity(0, 42, 1ul << 63), rows[7].Device);
        Assert.Equal(9223372036854775806ul, rows[7].End!.Value);
    }

    [Fact]
    public void Two_files_of_two_btrfs_subvolumes_look_the_same_and_stay_two_rows()
    {
        var rows = ProcLocks.Parse(Captured.Proc("locks-btrfs-subvolumes.txt")).Rows;

        Assert.Equal(2, rows.Count);
        Assert.Equal(rows[0].Device, rows[1].Device);
        Assert.NotEqual(rows[0].Pid, rows[1].Pid);
    }

    [Theory]
    [InlineData("1: POSIX  ADVISORY  WRITE 10904 fe:00:11665539 0 9")]
    [InlineData("1: POSIX  ADVISORY  WRITE 10904 fe:00:11665539 0 9 more\n")]
    [InlineData("1: POSIX  ADVISORY  WRITE 10904 fe:00:11665539 0\n")]
    [InlineData("1: POSIX  ADVISORY  WRITE x fe:00:11665539 0 9\n")]
    [InlineData("1: POSIX  ADVISORY  WRITE 99999999999 fe:00:11665539 0 9\n")]
    [InlineData("1: POSIX  ADVISORY  WRITE 10904 fe:11665539 0 9\n")]
    [InlineData("1: POSIX  ADVISORY  WRITE 10904 fe:00:99999999999999999999 0 9\n")]
    [InlineData("1: POSIX  ADVISORY  WRITE 10904 <none>:1 0 9\n")]
    [InlineData("1: POSIX  ADVISORY  WRITE 10904 fe:00:11665539 -1 9\n")]
    [InlineData("1: POSIX  ADVISORY  WRITE 10904 fe:00:11665539 0 end\n")]
    [InlineData("POSIX  ADVISORY  WRITE 10904 fe:00:11665539 0 9\n")]
    [InlineData("\u001b[2J\n")]
    public void A_line_that_was_cut_off_or_is_unknown_is_kept_as_text_and_costs_no_other_row(string line)
    {
        var text = "3: POSIX  ADVISORY  READ 1 fe:00:2 0 1\n" + line;

        var locks = ProcLocks.Parse(Encoding.UTF8.GetBytes(text));

        Assert.Equal(1, Assert.Single(locks.Rows).Pid);
        Assert.DoesNotContain(Assert.Single(locks.Unparsed), char.IsControl);
    }

    [Fact]
    public void An_empty_list_is_empty() => Assert.Equal((0, 0), ProcLocks.Parse([]) is var l ? (l.Rows.Count, l.Unparsed.Count) : default);

    [Theory]
    [InlineData("locks-queues.txt")]
    [InlineData("locks-strange.txt")]
    public void No_damage_makes_the_parser_throw_or_lose_a_line(string name)
    {
        foreach (var damaged in Captured.Damaged(Captured.Proc(name)))
        {
            var locks = ProcLocks.Parse(damaged);
            Assert.Equal(
                Encoding.Latin1.GetString(damaged).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, locks.Rows.Count + locks.Unparsed.Count);
            Assert.True(ProcLocks.Queues(locks.Rows).Count() <= locks.Rows.Count);
        }
    }
}
