using Microsoft.Extensions.Logging.Abstractions;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>Acts of an agent that watches: its looks keep what has not changed, and an act must know what is so now.</summary>
public sealed class FreshActTests : IDisposable
{
    private readonly Store _store = new();
    private readonly HostSurvey _survey;
    private readonly OperationHandler _handler;

    public FreshActTests()
    {
        _survey = new HostSurvey(_store.Settings(), TimeProvider.System);
        _handler = new OperationHandler(_store.Settings(), _survey, TimeProvider.System, NullLogger.Instance);
    }

    public void Dispose() => _store.Dispose();

    [RootTheory]
    [InlineData("posix")]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void A_lock_that_was_taken_after_the_last_look_at_the_locks_forbids_the_act(string kind)
    {
        var path = _store.StaleLock("alice");
        Watch();
        using var holder = LockMaker.Start(kind, "write", path);

        var preview = _handler.Preview(new PreviewRequest("break", "", path, null));
        var result = _handler.Execute(Request(path), _ => { });

        Assert.NotNull(preview.Refusal);
        Assert.Equal("refused", preview.Finding!.Verdict);
        Assert.Contains(preview.Finding.Evidence, e => e.Detail.Contains($"{holder.Pid}", StringComparison.Ordinal));
        Assert.Equal("refused", result.Outcome);
        Assert.True(File.Exists(path));
    }

    [RootTheory]
    [InlineData("posix")]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void A_lock_that_was_released_after_the_last_look_at_the_locks_does_not_forbid_it(string kind)
    {
        var path = _store.StaleLock("alice");
        using (LockMaker.Start(kind, "write", path))
            Watch();

        Assert.Equal("done", _handler.Execute(Request(path), _ => { }).Outcome);
    }

    // The second look keeps what the first has read.
    private void Watch()
    {
        _survey.LookAtLocks(CancellationToken.None);
        _survey.LookAtLocks(CancellationToken.None);
        _survey.LookAtStores(CancellationToken.None);
    }

    private static ExecuteRequest Request(string path) =>
        new(Guid.NewGuid(), "break", "", path, null, null, "alice", [], "a test");
}
