using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>A file system whose server never answers (a FUSE mount that nobody serves) below a store: everything else goes on, and the silence is told.</summary>
public sealed class DeadMountTests : IDisposable
{
    private readonly Store _store = new();
    private readonly string _dead;
    private readonly DeadMount? _mount;

    public DeadMountTests()
    {
        _dead = Directory.CreateDirectory(_store.File("dead")).FullName;
        _mount = Environment.IsPrivilegedProcess ? new DeadMount(_dead) : null;
    }

    [MountFact]
    public async Task A_silent_file_system_is_reported_while_everything_else_is_seen_and_broken()
    {
        var stale = _store.StaleLock("alice");

        var scan = await Soon(() => new HostSurvey(_store.Settings(), TimeProvider.System).LookAtStores(CancellationToken.None));
        Assert.Contains(scan.Findings, f => f.Path == stale && f.Verdict == "stale");
        Assert.Contains(scan.BlindSpots, b => b.Detail.Contains("does not answer", StringComparison.Ordinal) && b.Detail.Contains(_dead, StringComparison.Ordinal));
        Assert.Contains(scan.NotLookedAt, p => p.Text == _dead);

        var handler = _store.Handler();
        await Soon(() => handler.Recover());
        var below = await Soon(() => handler.Execute(Request(Path.Join(_dead, "bob.lock")), _ => { }));
        Assert.Equal(("refused", "system"), (below.Outcome, below.Refusal!.Reason));
        Assert.Contains("does not answer", below.Summary, StringComparison.Ordinal);
        Assert.Contains("does not answer", (await Soon(() => handler.Preview(new PreviewRequest("break", "", Path.Join(_dead, "bob.lock"), null)))).Refusal!.Sentence, StringComparison.Ordinal);
        Assert.Equal("done", (await Soon(() => handler.Execute(Request(stale), _ => { }))).Outcome);
    }

    [MountFact]
    public async Task A_root_that_does_not_answer_is_a_gap_and_not_a_standstill()
    {
        var settings = _store.Settings() with { Roots = await Soon(() => StoreRoots.Named([_dead])) };
        var scan = await Soon(() => new HostSurvey(settings, TimeProvider.System).LookAtStores(CancellationToken.None));
        Assert.Contains(scan.BlindSpots, b => b.Detail.Contains("does not answer", StringComparison.Ordinal));

        var handler = _store.Handler(settings);
        await Soon(() => handler.Recover());
        Assert.True(handler.IsUnsettled);
        Assert.Contains((await Soon(() => handler.Quarantined())).Problems, p => p.Detail.Contains("does not answer", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _mount?.Dispose();
        _store.Dispose();
    }

    private static ExecuteRequest Request(string path) => new(Guid.NewGuid(), "break", "", path, null, null, "alice", [], "a test");

    private static async Task Soon(Action work) => await Soon(() =>
    {
        work();
        return true;
    });

    /// <summary>The limit only tells a standstill from a slow machine.</summary>
    private static Task<T> Soon<T>(Func<T> work) => Task.Run(work).WaitAsync(TimeSpan.FromSeconds(60));
}
