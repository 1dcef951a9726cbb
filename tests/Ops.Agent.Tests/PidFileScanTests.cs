using System.Diagnostics;
using System.Globalization;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>Pid files with real processes: the daemon, a stranger with its number, and nobody.</summary>
public sealed class PidFileScanTests : IDisposable
{
    private readonly Store _store = new();
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (var process in _started)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
        _store.Dispose();
    }

    [Theory]
    [InlineData("amavisd", "amavisd.pid", "held")]
    [InlineData("amavisd", "clamd.pid", "refused")]
    [InlineData("master", "sshd.pid", "refused")]
    [InlineData("sshd", "sshd.pid", "held")]
    public async Task A_pid_file_is_held_by_its_own_program_only(string program, string file, string verdict)
    {
        var daemon = Start(program);
        var path = _store.Write(file, Text(daemon.Id) + "\n");
        var finding = await Find(path);
        Assert.Equal(verdict, finding.Verdict);
        Assert.Equal(verdict == "held" ? true : null, finding.OwnerAlive);
        // A living holder may be asked to end: never a stranger that has the number.
        Assert.Equal(verdict == "held", finding.Actions.Contains("term"));
        Assert.DoesNotContain("remove", finding.Actions);
    }

    [Fact]
    public async Task A_pid_file_of_a_daemon_that_was_killed_is_an_orphan_until_its_program_runs_from_before()
    {
        var path = _store.Write("opendkim.pid", Text(Store.DeadPid()) + "\n", TimeSpan.FromHours(2));
        Assert.Equal("orphan", (await Find(path)).Verdict);
        // Older than the last change of the file, as a child that outlived its parent is.
        Start("opendkim");
        path = _store.Write("opendkim.pid", Text(Store.DeadPid()) + "\n", TimeSpan.FromHours(2));
        var finding = await Find(path);
        Assert.Equal("refused", finding.Verdict);
        Assert.Contains("is the same program and older than the last change of the file", finding.Summary, StringComparison.Ordinal);
    }

    private async Task<Finding> Find(string path) => (await _store.Scan()).Single(f => f.Path == path);

    /// <summary>A process of this name that waits for its standard input to close.</summary>
    private Process Start(string program)
    {
        var path = _store.Write(program, "#!/bin/sh\nread line\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var process = Process.Start(new ProcessStartInfo(path) { RedirectStandardInput = true })!;
        _started.Add(process);
        // Until the exec is done the process is called what its parent is called.
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{Text(process.Id)}/comm").TrimEnd('\n') == program, TimeSpan.FromSeconds(30)));
        return process;
    }

    private static string Text(int pid) => pid.ToString(CultureInfo.InvariantCulture);
}
