using Microsoft.Extensions.Logging.Abstractions;
using Ops.Web.Live;

namespace Ops.Web.Tests.Live;

/// <summary>One enrolled agent must not take the console's memory: what is kept of it has a limit in bytes, not only a number.</summary>
public sealed class ByteBudgetTests
{
    private readonly FakeAgent _agent = new();
    private readonly LiveState _live = new(TimeProvider.System);
    private readonly AgentSession _session;

    public ByteBudgetTests() => _session = new(
        _agent, "test", isEmbedded: false, _live, new AgentDirectory(), LiveLimits.Default with { BytesPerHost = 1_000_000, BytesPending = 100_000, ResyncAgainAfter = TimeSpan.Zero }, TimeProvider.System,
        NullLogger<AgentSession>.Instance);

    private HostView Host => _live.Current.Host("host-1")!;

    [Fact]
    public async Task Findings_beyond_the_budget_are_dropped_and_a_blind_spot_says_so()
    {
        await _session.Hello(Some.Hello());
        await _session.Snapshot(Some.Snapshot(1, [.. Enumerable.Range(0, 50).Select(i => Large($"f{i:00}", 20_000))]));
        Assert.InRange(Host.Count, 20, 25);
        await _session.Heartbeat(Some.Heartbeat(1));
        Assert.Contains(Host.Status.BlindSpots, b => b.Detail == "The findings of this host take more than 1 MB; the rest is not shown.");
    }

    [Fact]
    public async Task Findings_that_go_make_room_for_others()
    {
        await _session.Hello(Some.Hello());
        await _session.Snapshot(Some.Snapshot(1, [.. Enumerable.Range(0, 20).Select(i => Large($"f{i:00}", 20_000))]));
        for (var round = 0; round < 10; round++)
        {
            var (gone, next) = (round * 20, (round + 1) * 20);
            await _session.Delta(Some.Delta(2 + (2 * round), closed: [.. Enumerable.Range(gone, 20).Select(i => $"f{i:00}")]));
            await _session.Delta(Some.Delta(3 + (2 * round), opened: [.. Enumerable.Range(next, 20).Select(i => Large($"f{i:00}", 20_000))]));
            Assert.Equal(20, Host.Count);
        }
    }

    [Fact]
    public async Task A_finding_that_grows_beyond_the_budget_is_taken_away_instead_of_shown_as_it_was()
    {
        await _session.Hello(Some.Hello());
        await _session.Snapshot(Some.Snapshot(1, Large("a", 10), Large("b", 10)));
        await _session.Delta(Some.Delta(2, changed: [Large("a", 2_000_000)]));
        Assert.Equal(["b"], Host.Files.Select(f => f.Key));
    }

    [Fact]
    public async Task Changes_that_wait_for_their_snapshot_have_a_budget_too()
    {
        await _session.Hello(Some.Hello());
        for (var i = 2; i < 8; i++)
            await _session.Delta(Some.Delta(i, opened: [Large($"f{i}", 20_000)]));
        await Wait.Until(() => _agent.Resyncs >= 1);
        Assert.Equal(HostConnection.Syncing, Host.Status.Connection);
    }

    [Fact]
    public async Task A_huge_finding_is_not_kept_after_it_is_gone()
    {
        await _session.Hello(Some.Hello());
        await _session.Snapshot(Some.Snapshot(1, Large("huge", 100_000), Large("small", 10)));
        await _session.Delta(Some.Delta(2, closed: ["huge", "small"]));
        Assert.Null(_live.LastSeen("host-1", "huge"));
        Assert.NotNull(_live.LastSeen("host-1", "small"));
    }

    private static Finding Large(string key, int characters) => Some.Finding(key) with { Summary = new string('x', characters) };
}
