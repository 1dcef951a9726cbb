using System.Diagnostics;
using Ops.Testing;

namespace Ops.Agent.Tests;

/// <summary>Real processes that wait for a dot lock with nothing on disk and nothing in their arguments that shows it.</summary>
public sealed class SilentWaiterScanTests : IDisposable
{
    private readonly Store _store = new();
    private readonly List<Process> _started = [];

    [Fact]
    public async Task A_delivery_agent_that_has_the_mailbox_open_is_listed_with_how_that_is_known()
    {
        var mailbox = _store.Write("box", "From x\n\n");
        using var holder = LockMaker.Start("dotlock", mailbox + ".lock", "{pid}\n");
        var local = Start("local", $"exec 3>>'{mailbox}'");
        Start("cat", $"exec 3<'{mailbox}'");
        var found = Assert.Single(await _store.Scan(), f => f.Relation == "dot-lock-waiter");
        Assert.Equal(("waiting", mailbox + ".lock", mailbox, local), (found.Verdict, found.Path, found.Mailbox, found.Owner!.Pid));
        Assert.Equal([holder.Pid], found.BlockedBy);
        Assert.Empty(found.Actions);
        Assert.Contains("probably waits", found.Summary, StringComparison.Ordinal);
        var (_, said, _) = await _store.OpsHere("explain", mailbox);
        Assert.Contains(found.Summary, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_watches_the_lock_and_has_the_mailbox_open_waits_for_it()
    {
        var mailbox = _store.Write("box", "From x\n\n");
        using var holder = LockMaker.Start("dotlock", mailbox + ".lock", "{pid}\n");
        using var dovecot = LockMaker.Start("open", "read", mailbox, "--", "watch", mailbox + ".lock");
        using var other = LockMaker.Start("watch", mailbox + ".lock", "--", "watch", _store.Path);
        var found = Assert.Single(await _store.Scan(), f => f.Relation == "dot-lock-waiter");
        Assert.Equal(("waiting", dovecot.Pid), (found.Verdict, found.Owner!.Pid));
        Assert.Contains($"waits for this lock, which pid {holder.Pid} ", found.Summary, StringComparison.Ordinal);
        Assert.Contains("watches it (inotify) and has the mailbox open", found.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_holder_is_never_its_own_waiter()
    {
        var mailbox = _store.Write("box", "From x\n\n");
        using var holder = LockMaker.Start("--fork", "dotlock", mailbox + ".lock", "{pid}\n", "--", "posix", "write", mailbox, "--", "watch", mailbox + ".lock");
        var findings = await _store.Scan();
        Assert.Contains(findings, f => f.Verdict == "held" && f.Path == mailbox + ".lock");
        Assert.DoesNotContain(findings, f => f.Relation == "dot-lock-waiter");
    }

    public void Dispose()
    {
        foreach (var process in _started)
        {
            process.StandardInput.Close();
            if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
                process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
        _store.Dispose();
    }

    /// <summary>A shell under another program's name that has done this and waits.</summary>
    private int Start(string name, string script)
    {
        var program = Path.Join(Directory.CreateDirectory(_store.Path + "-bin").FullName, name);
        File.Copy("/bin/sh", program);
        var process = Process.Start(new ProcessStartInfo(program, ["-c", script + " && echo ready && read x"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        _started.Add(process);
        return process.StandardOutput.ReadLine() == "ready" ? process.Id : throw new InvalidOperationException($"{name} did not start.");
    }
}
