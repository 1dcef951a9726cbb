using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>Whom a preview names as affected.</summary>
public sealed class AffectedTests : IDisposable
{
    private readonly Store _store = new();
    private readonly Scratch _programs = new();

    [Fact]
    public void A_program_that_polls_for_the_lock_is_affected_as_the_list_of_waiters_says()
    {
        var stale = _store.StaleLock("alice");
        using var poller = StandIn.Start(_programs.Path, "dotlockfile", "echo; read x", "-l", stale);

        var preview = _store.Handler().Preview(new PreviewRequest("break", "", stale, null));

        Assert.Null(preview.Refusal);
        Assert.Contains(preview.Victims, v => v.StartsWith($"Pid {poller.Pid} (dotlockfile) tries again and again to take this lock", StringComparison.OrdinalIgnoreCase));
    }

    public void Dispose()
    {
        _store.Dispose();
        _programs.Dispose();
    }
}
