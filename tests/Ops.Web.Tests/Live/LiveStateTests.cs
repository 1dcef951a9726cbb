using System.Globalization;
using Ops.Web.Live;

namespace Ops.Web.Tests.Live;

public sealed class LiveStateTests
{
    private readonly ManualClock _clock = new();
    private readonly LiveState _live;

    public LiveStateTests()
    {
        _live = new(_clock);
        _live.SetStatus(Status("host-1", "mail1"));
    }

    [Fact]
    public void The_first_snapshot_of_a_host_is_no_news()
    {
        _live.Replace("host-1", [Some.Finding("a")], s => s);
        Assert.Empty(_live.Current.RecentChanges);
    }

    [Fact]
    public void What_opened_closed_or_got_another_verdict_is_news_and_growing_older_is_not()
    {
        _live.Replace("host-1", [Some.Finding("a"), Some.Finding("b"), Some.Finding("c")], s => s);
        _live.Apply("host-1", [Some.Finding("a", "stale"), Some.Finding("b") with { AgeSeconds = 9 }, Some.Finding("d")], ["c"], s => s);

        Assert.Equal(
            [("a", "held", "stale"), ("c", "held", null), ("d", null, "held")],
            _live.Current.RecentChanges.Select(c => (c.Key, c.From, c.To)).OrderBy(c => c.Key, StringComparer.Ordinal));
        Assert.All(_live.Current.RecentChanges, c => Assert.Equal(_clock.GetUtcNow(), c.At));
    }

    [Fact]
    public void A_kernel_lock_that_is_taken_and_released_is_no_news_and_whatever_else_becomes_of_it_is()
    {
        Finding Lock(string key, string verdict = "held") => Some.Finding(key, verdict, "kernel-lock");
        _live.Replace("host-1", [Lock("a"), Lock("b"), Lock("c", "waiting")], s => s);
        _live.Apply("host-1", [Lock("b", "ghost-write"), Lock("d")], ["a"], s => s);
        _live.Apply("host-1", [Lock("c")], ["d"], s => s);

        Assert.Equal([("c", "waiting", "held"), ("b", "held", "ghost-write")], _live.Current.RecentChanges.Select(c => (c.Key, c.From, c.To)));
    }

    [Fact]
    public void A_finding_that_no_longer_exists_can_be_asked_for_until_it_is_back()
    {
        _live.Replace("host-1", [Some.Finding("a", "stale"), Some.Finding("b"), Some.Finding("k", kind: "kernel-lock")], s => s);
        Assert.Null(_live.LastSeen("host-1", "a"));
        _live.Apply("host-1", [], ["a", "k"], s => s);
        _clock.Advance(TimeSpan.FromSeconds(5));
        _live.Replace("host-1", [], s => s);

        var gone = _live.LastSeen("host-1", "a")!;
        Assert.Equal(("stale", _clock.GetUtcNow() - TimeSpan.FromSeconds(5)), (gone.Last.Finding.Verdict, gone.At));
        Assert.Equal(_clock.GetUtcNow(), _live.LastSeen("host-1", "b")!.At);
        Assert.Equal("kernel-lock", _live.LastSeen("host-1", "k")!.Last.Finding.Kind);
        Assert.Null(_live.LastSeen("host-1", "never"));
        Assert.Null(_live.LastSeen("host-2", "a"));

        _live.Apply("host-1", [Some.Finding("a", "held")], [], s => s);
        Assert.Null(_live.LastSeen("host-1", "a"));
        _live.Apply("host-1", [], ["a"], s => s);
        Assert.Equal("held", _live.LastSeen("host-1", "a")!.Last.Finding.Verdict);
        _live.Remove("host-1");
        Assert.Null(_live.LastSeen("host-1", "a"));
    }

    [Fact]
    public void Kernel_locks_that_come_and_go_as_they_should_push_out_only_each_other()
    {
        Finding Lock(int i, string verdict = "held") => Some.Finding($"k{i}", verdict, "kernel-lock");
        _live.Replace("host-1", [Some.Finding("a", "stale"), Lock(-1, "ghost-write")], s => s);
        _live.Apply("host-1", [], ["a", "k-1"], s => s);
        for (var i = 0; i <= GoneFindings.Kept; i++)
        {
            _live.Apply("host-1", [Lock(i)], [], s => s);
            _live.Apply("host-1", [], [$"k{i}"], s => s);
        }

        Assert.Null(_live.LastSeen("host-1", "k0"));
        Assert.NotNull(_live.LastSeen("host-1", "k1"));
        Assert.NotNull(_live.LastSeen("host-1", $"k{GoneFindings.Kept}"));
        Assert.NotNull(_live.LastSeen("host-1", "a"));
        Assert.Equal("ghost-write", _live.LastSeen("host-1", "k-1")!.Last.Finding.Verdict);

        // One that went ordinarily after it had gone as news is what it was last.
        _live.Apply("host-1", [Lock(-1)], [], s => s);
        _live.Apply("host-1", [], ["k-1"], s => s);
        Assert.Equal("held", _live.LastSeen("host-1", "k-1")!.Last.Finding.Verdict);
    }

    [Fact]
    public void A_later_snapshot_says_what_was_missed()
    {
        _live.Replace("host-1", [Some.Finding("a"), Some.Finding("b")], s => s);
        _live.Replace("host-1", [Some.Finding("b", "stale"), Some.Finding("c")], s => s);

        Assert.Equal(["a", "b", "c"], _live.Current.RecentChanges.Select(c => c.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_last_200_changes_are_kept_newest_first()
    {
        _live.Replace("host-1", [], s => s);
        for (var i = 0; i < 300; i++)
            _live.Apply("host-1", [Some.Finding(i.ToString(CultureInfo.InvariantCulture))], [], s => s);

        Assert.Equal(LiveState.RecentChangesKept, _live.Current.RecentChanges.Count);
        Assert.Equal("299", _live.Current.RecentChanges[0].Key);
    }

    [Fact]
    public void Findings_of_all_hosts_are_counted_and_sorted_into_kernel_locks_and_files()
    {
        _live.SetStatus(Status("host-2", "mail2"));
        _live.Replace("host-1", [Some.Finding("a"), Some.Finding("k", kind: "kernel-lock")], s => s);
        _live.Replace("host-2", [Some.Finding("a", "stale", host: "mail2")], s => s);
        var view = _live.Current;

        Assert.Equal([("host-1", "k")], view.KernelLocks.Select(f => (f.HostId, f.Key)));
        Assert.Equal([("host-1", "a"), ("host-2", "a")], view.Files.Select(f => (f.HostId, f.Key)).Order());
        Assert.Equal(2, view.CountByVerdict["held"]);
        Assert.Equal(1, view.CountByVerdict["stale"]);
        Assert.Equal("stale", view.Find("host-2", "a")!.Finding.Verdict);
        Assert.Null(view.Find("host-2", "k"));
    }

    [Fact]
    public void A_view_once_taken_never_changes()
    {
        _live.Replace("host-1", [Some.Finding("a")], s => s);
        var before = _live.Current;
        _live.Apply("host-1", [Some.Finding("b")], ["a"], s => s);

        Assert.Equal(["a"], before.Files.Select(f => f.Key));
        Assert.Equal(["b"], _live.Current.Files.Select(f => f.Key));
    }

    [Fact]
    public async Task A_subscriber_gets_the_latest_view_and_not_every_one_in_between()
    {
        using var stop = new CancellationTokenSource();
        var subscription = _live.Subscribe(stop.Token);
        _live.Replace("host-1", [Some.Finding("a")], s => s);
        _live.Apply("host-1", [Some.Finding("b")], [], s => s);
        _live.Apply("host-1", [Some.Finding("c")], [], s => s);

        await using var changes = subscription.Changes.GetAsyncEnumerator(stop.Token);
        Assert.True(await changes.MoveNextAsync());
        Assert.Same(_live.Current, changes.Current);
        Assert.True(changes.Current.Version > subscription.Initial.Version + 1);
    }

    [Fact]
    public async Task A_subscriber_is_notified_at_most_ten_times_a_second()
    {
        using var stop = new CancellationTokenSource();
        await using var changes = _live.Subscribe(stop.Token).Changes.GetAsyncEnumerator(stop.Token);
        _live.Replace("host-1", [Some.Finding("a")], s => s);
        Assert.True(await changes.MoveNextAsync());

        _live.Apply("host-1", [Some.Finding("b")], [], s => s);
        var next = changes.MoveNextAsync().AsTask();
        await Wait.Until(() => _clock.Waiting == 1);
        _clock.Advance(LiveState.LeastInterval - TimeSpan.FromMilliseconds(1));
        Assert.False(next.IsCompleted);

        _live.Apply("host-1", [Some.Finding("c")], [], s => s);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await next);
        Assert.Equal(3, changes.Current.Files.Count);
    }

    [Fact]
    public async Task A_cancelled_subscription_ends_and_leaves_nothing_behind()
    {
        using var stop = new CancellationTokenSource();
        await using var changes = _live.Subscribe(stop.Token).Changes.GetAsyncEnumerator(CancellationToken.None);
        var next = changes.MoveNextAsync().AsTask();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        Assert.Equal(0, _clock.Waiting);
    }

    [Fact]
    public void An_alert_is_there_until_it_is_taken_back()
    {
        _live.SetAlert("The audit chain is broken.", on: true);
        _live.SetAlert("The audit chain is broken.", on: true);
        Assert.Equal(["The audit chain is broken."], _live.Current.Alerts);

        _live.SetAlert("The audit chain is broken.", on: false);
        Assert.Empty(_live.Current.Alerts);
    }

    private static HostStatus Status(string id, string name) => new(
        id, name, "test", false, HostConnection.Live, null, "0.1.0", Guid.Empty, true, [], [], [], new Dictionary<string, double>(), default, default);
}
