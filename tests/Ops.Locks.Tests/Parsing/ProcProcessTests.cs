using System.Text;

namespace Ops.Locks.Tests;

public sealed class ProcProcessTests
{
    [Fact]
    public void The_stat_line_of_a_process_is_read()
    {
        var stat = ProcStat.Parse(Captured.Proc("stat.txt"));

        Assert.Equal(new ProcStat(10992, "dotnet", 'S', 10866, 4194304, 9, 168886), stat);
        Assert.False(stat!.IsKernelThread);
    }

    [Theory]
    [InlineData("a) R 1 (b", "a) R 1 (b")]
    [InlineData(") ) )", ") ) )")]
    [InlineData("", "")]
    [InlineData("two\nlines", "two\\nlines")]
    [InlineData("\u001b[31m", "\\x1b[31m")]
    public void A_command_name_cannot_forge_the_fields_behind_it_or_the_terminal(string name, string shown)
    {
        var stat = ProcStat.Parse(Encoding.UTF8.GetBytes($"77 ({name}) Z 5 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 3 0 4711 0 0\n"));

        Assert.Equal(new ProcStat(77, shown, 'Z', 5, 2129984, 3, 4711), stat);
        Assert.True(stat!.IsZombie);
        Assert.True(stat.IsKernelThread);
    }

    [Theory]
    [InlineData("")]
    [InlineData("77 (x")]
    [InlineData("77 (x) S 1")]
    [InlineData("77 (x) S 5 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 47")]
    [InlineData("x (x) S 5 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 4711 0\n")]
    [InlineData("77 (x) S 5 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 -4711 0\n")]
    public void A_stat_line_that_was_cut_off_or_is_strange_is_no_process(string text) =>
        Assert.Null(ProcStat.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Status_gives_effective_ids_and_the_pid_in_every_namespace()
    {
        var status = ProcStatus.Parse(Captured.Proc("status.txt"));

        Assert.Equal((10992, 8u, 13u), (status.ThreadGroup, status.EffectiveUid, status.EffectiveGid));
        Assert.Equal([10992, 34, 7], status.NamespacePids);
        Assert.Equal(0x1fffeffffffUL, status.EffectiveCapabilities);
    }

    [Fact]
    public void A_status_line_that_was_cut_off_is_not_taken_for_a_shorter_number()
    {
        var status = ProcStatus.Parse("Uid:\t1000\t1000\t1000\t1000\nNSpid:\t4321\t1"u8);

        Assert.Equal(1000u, status.EffectiveUid);
        Assert.Empty(status.NamespacePids);
    }

    [Theory]
    [InlineData("72 0x2c 0x7 0x7ffef1655098 0x7efc468237f0 0x0 0x1 0x7ffef1654ea0 0x7efcc4d16857\n", Machine.X64, LockClass.Posix, 44)]
    [InlineData("72 0x2c 0x26 0x7fff5f61a288 0x7f460e0037f0 0x0 0x1 0x7fff5f61a090 0x7f468c516857\n", Machine.X64, LockClass.Ofd, 44)]
    [InlineData("73 0x2c 0x2 0x7eff8b0940e0 0x7eff0c813830 0x0 0x13 0x7fff3adc4078 0x7eff8ad16897\n", Machine.X64, LockClass.Flock, 44)]
    [InlineData("25 0x5 0x26 0x0 0x0 0x0 0x0 0x0 0x0\n", Machine.Arm64, LockClass.Ofd, 5)]
    [InlineData("32 0x5 0x2 0x0 0x0 0x0 0x0 0x0 0x0\n", Machine.Arm64, LockClass.Flock, 5)]
    [InlineData("72 0x2c 0xffffffff00000026 0x0 0x0 0x0 0x0 0x0 0x0\n", Machine.X64, LockClass.Ofd, 44)]
    public void A_thread_that_waits_for_a_lock_is_recognised_by_its_system_call(string text, Machine machine, LockClass wanted, int descriptor) =>
        Assert.Equal(new LockWait(wanted, descriptor), ProcSyscall.WaitsFor(Encoding.UTF8.GetBytes(text), machine));

    [Theory]
    [InlineData("running\n", Machine.X64)]
    [InlineData("-1 0x7ffef1654ea0 0x7efcc4d16857\n", Machine.X64)]
    [InlineData("72 0x2c 0x6 0x0 0x0 0x0 0x0 0x0 0x0\n", Machine.X64)]
    [InlineData("72 0x2c 0x7 0x0\n", Machine.Arm64)]
    [InlineData("72 0x2c 0x7 0x0\n", Machine.Unknown)]
    [InlineData("73 0xffffffff 0x2\n", Machine.X64)]
    [InlineData("73\n", Machine.X64)]
    [InlineData("", Machine.X64)]
    public void Any_other_call_is_no_wait_for_a_lock(string text, Machine machine) =>
        Assert.Null(ProcSyscall.WaitsFor(Encoding.UTF8.GetBytes(text), machine));

    [Theory]
    [InlineData("0::/system.slice/dovecot.service\n", "dovecot.service")]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service/app.slice/mutt.service\n", "mutt.service")]
    [InlineData("0::/user.slice/user-0.slice/session-3.scope\n", "session-3.scope")]
    [InlineData("0::/system.slice/exim4.service/worker\n", "exim4.service")]
    [InlineData("9:name=systemd:/system.slice/exim4.service\n8:pids:/other.service\n0::/\n", "exim4.service")]
    [InlineData("8:pids:/other.service\n0::/\n", null)]
    [InlineData("0::/.service\n", null)]
    [InlineData("", null)]
    public void The_unit_is_the_innermost_service_of_the_cgroup_path(string text, string? unit) =>
        Assert.Equal(unit, ProcCgroup.UnitOf(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void No_damage_makes_a_parser_throw()
    {
        foreach (var damaged in Captured.Damaged(Captured.Proc("stat.txt")))
            Assert.True(ProcStat.Parse(damaged) is null or { Pid: >= 0 });
        foreach (var damaged in Captured.Damaged(Captured.Proc("status.txt")))
            Assert.True(ProcStatus.Parse(damaged).NamespacePids.Count <= 4);
        foreach (var damaged in Captured.Damaged("72 0x2c 0x26 0x7fff5f61a288 0x0\n"u8.ToArray()))
            Assert.True(ProcSyscall.WaitsFor(damaged, Machine.X64) is null or { Descriptor: >= 0 });
    }

    [Theory]
    [InlineData("Name:\tops\nGroups:\t8 12 4294967294 \nCapEff:\t0\n", new uint[] { 8, 12, 4294967294 })]
    [InlineData("Groups:\t \n", new uint[0])]
    [InlineData("Groups:\t8 1", new uint[0])]
    public void Supplementary_groups_are_read_from_a_whole_line_only(string text, uint[] groups) =>
        Assert.Equal(groups, ProcStatus.GroupsIn(System.Text.Encoding.ASCII.GetBytes(text)));
}
