using Ops.Locks;

namespace Ops.Linux.Tests;

public sealed class ProcessTests
{
    private readonly ProcReader _reader = new();

    [Fact]
    public void This_process_is_seen_as_it_is()
    {
        var self = _reader.ReadProcesses().Processes[Environment.ProcessId];

        Assert.Equal(Accounts.EffectiveUserId, self.EffectiveUid);
        Assert.Equal(Environment.ProcessPath, self.Executable);
        Assert.True(self.IsAlive);
        Assert.False(self.IsKernelThread);
        Assert.Equal(Environment.ProcessId, self.NamespacePids[^1]);
        Assert.NotEqual(Guid.Empty, self.Identity.BootId);
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        Assert.InRange((self.StartedAt - new DateTimeOffset(process.StartTime)).Duration(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Two_looks_at_one_process_agree_on_identity_and_start()
    {
        var first = _reader.ReadProcess(Environment.ProcessId)!;
        var second = _reader.ReadProcess(Environment.ProcessId)!;

        Assert.Equal((first.Identity, first.StartedAt), (second.Identity, second.StartedAt));
    }

    [Fact]
    public void A_process_that_is_gone_is_no_process()
    {
        using var maker = LockMaker.Start();
        Assert.NotNull(_reader.ReadProcess(maker.Pid));
        maker.Kill();

        Assert.Null(_reader.ReadProcess(maker.Pid));
        Assert.False(_reader.ReadProcesses().Processes.ContainsKey(maker.Pid));
    }

    [Fact]
    public void A_process_whose_first_thread_has_ended_is_alive_as_long_as_another_runs()
    {
        using var maker = LockMaker.Start("--zombie-leader");
        ProcessFacts? process;
        while ((process = _reader.ReadProcess(maker.Pid)) is { State: not 'Z' })
        {
            Thread.Sleep(10);
        }

        Assert.NotNull(process);
        Assert.True(process.LiveTasks > 0);
        Assert.True(process.IsAlive);
    }

    [Fact]
    public void The_arguments_are_those_it_was_started_with()
    {
        using var maker = LockMaker.Start("--wait");

        Assert.Equal("--wait", _reader.ReadProcess(maker.Pid)!.CommandLine[^1]);
    }

    [Fact]
    public void Processes_of_a_captured_proc_are_read_with_their_unit_and_their_pid_in_every_namespace()
    {
        using var proc = new Scratch();
        proc.Write("77/stat", "77 (imap) S 1 77 77 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n");
        proc.Write("77/status", "Tgid:\t77\nUid:\t0\t0\t0\t0\nNSpid:\t77\t3\n");
        proc.Write("77/cmdline", "dovecot/imap\0[alice\u001b]\0");
        proc.Write("77/cgroup", "0::/system.slice/dovecot.service\n");
        proc.Write("78/stat", "78 (ima");
        proc.Write("self/mountinfo", "");

        var table = new ProcReader(new ReaderOptions { ProcRoot = proc.Path }).ReadProcesses();

        var process = Assert.Single(table.Processes).Value;
        Assert.Equal(("imap", "dovecot.service", 4711ul), (process.Command, process.Unit, process.Identity.StartTicks));
        Assert.Equal(["dovecot/imap", "[alice\\x1b]"], process.CommandLine);
        Assert.Equal([77, 3], process.NamespacePids);
        Assert.Equal(process, Assert.Single(table.Numbered(3)));
    }

    [Theory]
    [InlineData("pid:[4026531836]", true)]
    [InlineData("pid:[4026532500]", false)]
    public void Only_the_initial_pid_namespace_sees_all_processes(string link, bool complete)
    {
        using var proc = new Scratch();
        Directory.CreateDirectory(Path.Join(proc.Path, "self/ns"));
        File.CreateSymbolicLink(Path.Join(proc.Path, "self/ns/pid"), link);

        var table = new ProcReader(new ReaderOptions { ProcRoot = proc.Path }).ReadProcesses();

        Assert.Equal(complete, table.IsComplete);
        Assert.Equal(complete, table.Gap is null);
    }

    [Fact]
    public void A_proc_that_cannot_be_read_is_not_an_empty_list_of_processes() =>
        Assert.False(new ProcReader(new ReaderOptions { ProcRoot = "/nowhere" }).ReadProcesses().IsComplete);
}
