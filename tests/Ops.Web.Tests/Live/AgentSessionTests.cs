using Microsoft.Extensions.Logging.Abstractions;
using Ops.Web.Live;

namespace Ops.Web.Tests.Live;

public sealed class AgentSessionTests
{
    private readonly ManualClock _clock = new();
    private readonly FakeAgent _agent = new();
    private readonly AgentDirectory _directory = new();
    private readonly LiveState _live;
    private readonly AgentSession _session;

    public AgentSessionTests()
    {
        _live = new(_clock);
        _session = NewSession(LiveLimits.Default);
    }

    [Fact]
    public async Task A_host_is_syncing_and_incomplete_until_its_first_snapshot_is_whole()
    {
        await _session.Hello(Some.Hello());
        Assert.Equal(HostConnection.Syncing, Host.Status.Connection);
        Assert.False(Host.IsComplete);

        await _session.Snapshot(new(Some.Epoch, 7, 0, false, [Some.Finding("a")]));
        Assert.False(Host.IsComplete);

        await _session.Snapshot(new(Some.Epoch, 7, 1, true, [Some.Finding("b")]));
        Assert.True(Host.IsComplete);
        Assert.Equal(HostConnection.Live, Host.Status.Connection);
        Assert.Equal(["a", "b"], Keys());
    }

    [Fact]
    public async Task Deltas_open_change_and_close_findings()
    {
        await Connect(Some.Snapshot(1, Some.Finding("a"), Some.Finding("b")));
        await _session.Delta(Some.Delta(2, opened: [Some.Finding("c")], changed: [Some.Finding("a", "stale")], closed: ["b"]));

        Assert.Equal(["a", "c"], Keys());
        Assert.Equal("stale", _live.Current.Find("host-1", "a")!.Finding.Verdict);
        Assert.Equal(0, _agent.Resyncs);
    }

    [Fact]
    public async Task A_gap_in_the_numbers_asks_for_a_new_snapshot_and_shows_syncing()
    {
        await Connect(Some.Snapshot(1, Some.Finding("a")));
        await _session.Delta(Some.Delta(3, opened: [Some.Finding("late")]));

        await Eventually(() => _agent.Resyncs == 1);
        Assert.Equal(HostConnection.Syncing, Host.Status.Connection);
        Assert.Equal(["a"], Keys()); // the last known state stays, marked as syncing

        await _session.Snapshot(Some.Snapshot(3, Some.Finding("late")));
        Assert.Equal(HostConnection.Live, Host.Status.Connection);
        Assert.Equal(["late"], Keys());
    }

    [Fact]
    public async Task A_delta_that_the_snapshot_already_includes_is_ignored()
    {
        await Connect(Some.Snapshot(5, Some.Finding("a")));
        await _session.Delta(Some.Delta(5, closed: ["a"]));

        Assert.Equal(["a"], Keys());
        Assert.Equal(0, _agent.Resyncs);
    }

    [Fact]
    public async Task Deltas_that_come_between_the_parts_of_a_snapshot_are_applied_after_it()
    {
        await _session.Hello(Some.Hello());
        await _session.Snapshot(new(Some.Epoch, 7, 0, false, [Some.Finding("a")]));
        await _session.Delta(Some.Delta(7, closed: ["b"]));                       // included in the snapshot
        await _session.Delta(Some.Delta(8, opened: [Some.Finding("c")]));
        await _session.Snapshot(new(Some.Epoch, 7, 1, true, [Some.Finding("b")]));

        Assert.Equal(["a", "b", "c"], Keys());
        Assert.Equal(HostConnection.Live, Host.Status.Connection);
    }

    [Fact]
    public async Task A_snapshot_with_a_part_left_out_is_not_taken_for_the_state()
    {
        await _session.Hello(Some.Hello());
        await _session.Snapshot(new(Some.Epoch, 7, 0, false, [Some.Finding("a")]));
        await _session.Snapshot(new(Some.Epoch, 7, 2, true, [Some.Finding("c")]));

        await Eventually(() => _agent.Resyncs == 1);
        Assert.False(Host.IsComplete);
    }

    [Fact]
    public async Task A_message_of_another_epoch_asks_for_a_new_snapshot()
    {
        await Connect(Some.Snapshot(1, Some.Finding("a")));
        await _session.Delta(new(Guid.NewGuid(), 2, [], [], ["a"]));

        await Eventually(() => _agent.Resyncs == 1);
        Assert.Equal(["a"], Keys());
    }

    [Fact]
    public async Task A_heartbeat_that_is_ahead_of_the_deltas_asks_for_a_new_snapshot()
    {
        await Connect(Some.Snapshot(1, Some.Finding("a")));
        await _session.Heartbeat(Some.Heartbeat(4));

        await Eventually(() => _agent.Resyncs == 1);
        Assert.Equal(HostConnection.Syncing, Host.Status.Connection);
    }

    [Fact]
    public async Task A_snapshot_that_does_not_come_is_asked_for_again()
    {
        await _session.Hello(Some.Hello());
        _session.Watch();
        Assert.Equal(0, _agent.Resyncs);

        for (var expected = 1; expected <= 2; expected++)
        {
            _clock.Advance(LiveLimits.Default.ResyncAgainAfter);
            await _session.Heartbeat(Some.Heartbeat(0));
            _session.Watch();
            await Eventually(() => _agent.Resyncs == expected);
        }
    }

    [Fact]
    public async Task Many_gaps_in_a_row_ask_once()
    {
        await Connect(Some.Snapshot(1));
        for (var sequence = 3; sequence < 300; sequence += 2)
        {
            await _session.Delta(Some.Delta(sequence));
            await _session.Heartbeat(Some.Heartbeat(sequence));
        }

        await Eventually(() => _agent.Resyncs >= 1);
        Assert.Equal(1, _agent.Resyncs);
    }

    [Fact]
    public async Task Twenty_seconds_of_silence_show_the_host_as_lost_with_its_last_known_findings()
    {
        await Connect(Some.Snapshot(1, Some.Finding("a")));
        _clock.Advance(TimeSpan.FromSeconds(20));
        _session.Watch();
        Assert.Equal(HostConnection.Live, Host.Status.Connection);

        _clock.Advance(TimeSpan.FromSeconds(1));
        _session.Watch();
        Assert.Equal(HostConnection.Lost, Host.Status.Connection);
        Assert.NotNull(Host.Status.LostReason);
        Assert.Equal(["a"], Keys());

        await _session.Heartbeat(Some.Heartbeat(1));
        Assert.Equal(HostConnection.Live, Host.Status.Connection);
        Assert.Null(Host.Status.LostReason);
    }

    [Fact]
    public async Task The_end_of_the_connection_shows_the_host_as_lost_at_once()
    {
        await Connect(Some.Snapshot(1, Some.Finding("a")));
        _session.End("The agent was stopped.");

        Assert.Equal(HostConnection.Lost, Host.Status.Connection);
        Assert.Equal("The agent was stopped.", Host.Status.LostReason);
        Assert.True(_session.Ended.IsCompleted);
    }

    [Fact]
    public async Task A_newer_connection_of_the_same_host_is_not_marked_lost_by_the_end_of_the_older()
    {
        await Connect(Some.Snapshot(1));
        var newer = NewSession(LiveLimits.Default);
        await newer.Hello(Some.Hello(epoch: Guid.NewGuid()));
        _session.End("socket closed");

        Assert.Same(newer, _directory.Find("host-1"));
        Assert.Equal(HostConnection.Syncing, Host.Status.Connection);
        Assert.True(_session.Ended.IsCompleted);
    }

    [Fact]
    public async Task Findings_beyond_the_limit_are_dropped_and_a_blind_spot_says_so()
    {
        var session = NewSession(LiveLimits.Default with { FindingsPerHost = 2 });
        await session.Hello(Some.Hello());
        await session.Snapshot(Some.Snapshot(1, Some.Finding("a"), Some.Finding("b"), Some.Finding("c")));
        await session.Delta(Some.Delta(2, opened: [Some.Finding("d")], changed: [Some.Finding("c", "stale")]));
        await session.Heartbeat(Some.Heartbeat(2));

        Assert.Equal(2, Host.Count);
        Assert.Contains(Host.Status.BlindSpots, b => b.Area == "console" && b.Detail.Contains("more than 2"));
    }

    [Fact]
    public async Task Findings_reported_as_changed_but_never_opened_count_for_the_limit_too()
    {
        var session = NewSession(LiveLimits.Default with { FindingsPerHost = 3 });
        await session.Hello(Some.Hello());
        await session.Snapshot(Some.Snapshot(1, Some.Finding("a"), Some.Finding("b")));
        await session.Delta(Some.Delta(2, changed: [Some.Finding("a", "stale"), .. Enumerable.Range(0, 50).Select(n => Some.Finding($"new{n}"))]));
        await session.Heartbeat(Some.Heartbeat(2));

        Assert.Equal(3, Host.Count);
        Assert.Equal("stale", Host.Find("a")!.Finding.Verdict);
        Assert.Contains(Host.Status.BlindSpots, b => b.Area == "console");
    }

    [Fact]
    public async Task A_connection_that_was_ended_before_its_hello_was_through_never_speaks_for_the_host()
    {
        await Connect(Some.Snapshot(1, Some.Finding("a")));
        _session.End("The agent's token was revoked.");
        await Assert.ThrowsAsync<InvalidOperationException>(() => _session.Hello(Some.Hello()));

        Assert.Null(_directory.Find("host-1"));
        Assert.Equal((HostConnection.Lost, "The agent's token was revoked."), (Host.Status.Connection, Host.Status.LostReason));
    }

    [Fact]
    public async Task A_connection_that_a_newer_one_replaced_is_sent_to_connect_again_once_that_is_gone()
    {
        await Connect(Some.Snapshot(1));
        var newer = NewSession(LiveLimits.Default);
        await newer.Hello(Some.Hello(epoch: Guid.NewGuid()));
        await _session.Heartbeat(Some.Heartbeat(1)); // two that push each other out would never be in step
        await Assert.ThrowsAsync<InvalidOperationException>(() => _session.Hello(Some.Hello()));
        Assert.Same(newer, _directory.Find("host-1"));

        newer.End("socket closed");
        await Assert.ThrowsAsync<InvalidOperationException>(() => _session.Heartbeat(Some.Heartbeat(1)));
        Assert.Equal(HostConnection.Lost, Host.Status.Connection);
    }

    [Fact]
    public async Task An_agent_cannot_put_findings_under_another_hosts_name()
    {
        await Connect(Some.Snapshot(1, Some.Finding("a", host: "somebody-else")));
        Assert.Equal("mail1", _live.Current.Find("host-1", "a")!.Finding.Host);
    }

    [Fact]
    public async Task An_agent_cannot_become_another_host_on_the_same_connection()
    {
        await _session.Hello(Some.Hello());
        await Assert.ThrowsAsync<InvalidOperationException>(() => _session.Hello(Some.Hello("host-2")));
    }

    [Fact]
    public async Task Reports_before_hello_are_refused() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => _session.Delta(Some.Delta(1)));

    [Fact]
    public async Task An_agent_of_another_protocol_is_refused() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => _session.Hello(Some.Hello() with { Protocol = 99 }));

    private HostView Host => _live.Current.Host("host-1")!;

    private IEnumerable<string> Keys() => Host.Files.Select(f => f.Key).Order(StringComparer.Ordinal);

    private AgentSession NewSession(LiveLimits limits) =>
        new(_agent, "test", isEmbedded: false, _live, _directory, limits, _clock, NullLogger<AgentSession>.Instance);

    private async Task Connect(SnapshotChunk snapshot)
    {
        await _session.Hello(Some.Hello());
        await _session.Snapshot(snapshot);
    }

    private static Task Eventually(Func<bool> condition) => Wait.Until(condition);
}
