
namespace Ops.Agent.Tests;

/// <summary>That the findings which page tests are fed with are those that an agent makes.</summary>
public sealed class GoldenScanTests : IDisposable
{
    private readonly Store _store = new();
    private readonly Scratch _programs = new();

    [Fact]
    public async Task The_golden_of_the_relations_is_what_an_agent_sends()
    {
        var dead = Store.DeadPid();
        var stale = _store.StaleLock("queued", dead);
        var lonely = _store.StaleLock("lonely", dead);
        using var poller = StandIn.Start(_programs.Path, "lockfile", "echo; read x", "-r", stale);
        using var second = StandIn.Start(_programs.Path, "dotlockfile", "echo; read x", "-l", stale);

        var box = _store.Write("busy", "From x\n\n");
        using var holder = LockMaker.Start("dotlock", box + ".lock", "{pid}\n");
        using var waiting = StandIn.Start(_programs.Path, "lockfile", "echo; read x", box + ".lock");

        var both = _store.Write("both", "From x\n\n");
        using var byRecord = LockMaker.Start("posix", "write", both);
        using var byFlock = LockMaker.Start("flock", "write", both);

        var replaced = _store.Write("replaced", "From x\n\n");
        using var writer = LockMaker.Start("open", "write", replaced);
        _store.Write("replaced.new", "From y\n\n");
        File.Move(_store.File("replaced.new"), replaced, overwrite: true);

        var findings = await _store.Scan();
        Assert.Equal(lonely, Assert.Single(findings, f => f.Path == lonely).Path);
        GoldenScan.Check("relations.jsonl", _store.Path, [dead, poller.Pid, second.Pid, holder.Pid, waiting.Pid, byRecord.Pid, byFlock.Pid, writer.Pid], findings);
    }

    public void Dispose()
    {
        _store.Dispose();
        _programs.Dispose();
    }
}
