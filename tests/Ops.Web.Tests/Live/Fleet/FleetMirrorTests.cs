using Ops.Cluster;
using Ops.Web.Live;
using Ops.Web.Live.Fleet;

namespace Ops.Web.Tests.Live.Fleet;

public sealed class FleetMirrorTests : IAsyncLifetime, IDisposable
{
    private readonly TwoConsoles _fleet = new();
    private readonly FakeAgent _agent = new();

    private OneOfTwo A => _fleet.A;

    private OneOfTwo B => _fleet.B;

    public async Task InitializeAsync()
    {
        await A.StartAsync();
        await B.StartAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _fleet.Dispose();

    [Fact]
    public async Task The_other_console_has_the_same_findings_after_a_thousand_changes()
    {
        var session = await A.ConnectAsync(_agent, 1, [.. Enumerable.Range(0, 1_000).Select(i => Some.Finding($"k{i}"))]);
        await SameAsync();
        var random = new Random(7);
        for (var sequence = 2; sequence <= 1_000; sequence++)
        {
            var (one, other) = ($"k{random.Next(1_200)}", $"k{random.Next(1_200)}");
            await session.Delta(one == other ? Some.Delta(sequence, [Some.Finding(one, "stale")]) : Some.Delta(sequence, [Some.Finding(one, "stale")], closed: [other]));
        }
        await SameAsync();
        Assert.Equal(HostConnection.Live, B.Live.Current.Host("host-1")!.Status.Connection);
    }

    [Fact]
    public async Task After_batches_that_were_lost_the_whole_state_is_sent_again()
    {
        var session = await A.ConnectAsync(_agent, 1, Some.Finding("k1"));
        await SameAsync();
        var lost = 0;
        A.Link.Fault = (_, _) => Interlocked.Increment(ref lost) <= 2 ? new ConsoleUnreachableException("for the test") : null;
        await session.Delta(Some.Delta(2, [Some.Finding("k2")], closed: ["k1"]));
        await SameAsync();
        Assert.True(lost > 2);
    }

    [Fact]
    public async Task A_console_that_takes_only_some_batches_has_all_hosts_in_the_end_and_each_is_sent_again_only_if_its_batch_was_lost()
    {
        // Each second batch is lost: were all hosts sent again after a loss, the last ones would never arrive.
        var (count, sends) = (0, 0);
        A.Link.Fault = (_, _) => Interlocked.Increment(ref count) % 2 == 0 ? new ConsoleUnreachableException("for the test") : null;
        for (var host = 0; host < 6; host++)
        {
            var session = new AgentSession(_agent, "token", false, A.Live, A.Agents, OneOfTwo.Limits, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<AgentSession>.Instance) { Attachment = host + 1 };
            await session.Hello(Some.Hello($"host-{host}", $"mail{host}"));
            await session.Snapshot(Some.Snapshot(1, [.. Enumerable.Range(0, 700).Select(i => Some.Finding($"k{i}", host: $"mail{host}"))]));
        }
        await Wait.Until(() => Enumerable.Range(0, 6).All(h => B.Live.Current.Host($"host-{h}") is { IsComplete: true, Count: 700 }), 60);
        sends = Volatile.Read(ref count);
        Assert.InRange(sends, 6, 40);
    }

    [Fact]
    public async Task A_batch_that_arrives_late_changes_nothing()
    {
        var session = await A.ConnectAsync(_agent, 1, Some.Finding("k1"));
        await SameAsync();
        var old = Batches()[0];
        await session.Delta(Some.Delta(2, closed: ["k1"]));
        await SameAsync();
        await B.Mirror.HandleAsync(A.Link.Me, FleetKinds.Hosts, old);
        Assert.Null(B.Live.Current.Find("host-1", "k1"));
    }

    [Fact]
    public async Task The_later_connection_of_an_agent_counts_on_every_console()
    {
        var before = await A.ConnectAsync(_agent, 1, Some.Finding("k1"));
        await SameAsync();
        await B.ConnectAsync(_agent, 2, Some.Finding("k2"));

        await Wait.Until(() => before.IsLost);
        await SameAsync();
        Assert.NotNull(A.Live.Current.Find("host-1", "k2"));
        Assert.Equal(HostConnection.Live, A.Live.Current.Host("host-1")!.Status.Connection);
        Assert.IsType<Ops.Web.Live.Fleet.RemoteAgent>(A.Agents.Find("host-1"));
        // What the console of the earlier connection still had to say comes too late.
        await Assert.ThrowsAsync<InvalidOperationException>(() => A.ConnectAsync(_agent, 1, Some.Finding("k1")));
    }

    [Fact]
    public async Task The_hosts_of_a_console_that_ended_are_lost_and_a_link_to_them_is_over()
    {
        var session = await A.ConnectAsync(_agent, 1, Some.Finding("k1", "stale"));
        await SameAsync();
        var link = B.Agents.Find("host-1")!;
        var never = new TaskCompletionSource<OperationResult>();
        _agent.OnExecute = _ => never.Task;
        var act = link.Client.Execute(Request());
        await Wait.Until(() => _agent.Executed.Count == 1);
        B.Link.Put();

        await Assert.ThrowsAsync<ConsoleUnreachableException>(() => act);
        await Wait.Until(() => B.Live.Current.Host("host-1")!.Status.Connection == HostConnection.Lost);
        Assert.True(link.IsLost);
        Assert.Null(B.Agents.Find("host-1"));
        Assert.Contains("has stopped", B.Live.Current.Host("host-1")!.Status.LostReason, StringComparison.Ordinal);
        // The last known state stays, also when that console wakes and goes on sending.
        var sent = Batches().Count;
        await session.Delta(Some.Delta(2, [Some.Finding("k2")], closed: ["k1"]));
        await Wait.Until(() => Batches().Count > sent);
        Assert.NotNull(B.Live.Current.Find("host-1", "k1"));
        Assert.Equal(HostConnection.Lost, B.Live.Current.Host("host-1")!.Status.Connection);
        Assert.Null(B.Agents.Find("host-1"));
        // The agent connects to this console.
        await B.ConnectAsync(_agent, 2, Some.Finding("k3"));
        Assert.Equal(HostConnection.Live, B.Live.Current.Host("host-1")!.Status.Connection);
    }

    [Fact]
    public async Task An_act_by_way_of_another_console_brings_its_steps_in_order_and_its_result()
    {
        var session = await A.ConnectAsync(_agent, 1, Some.Finding("k1", "stale"));
        await SameAsync();
        var request = Request();
        _agent.OnExecute = async r =>
        {
            for (var step = 1; step <= 20; step++)
                await session.Progress(new(r.OperationId, step, $"step {step}", "done", null, DateTimeOffset.UnixEpoch));
            return Some.Result(r);
        };
        var link = B.Agents.Find("host-1")!;
        List<int> steps = [];
        link.ProgressReported += p => steps.Add(p.Step);
        var result = await link.Client.Execute(request);

        Assert.Equal((request.OperationId, "done"), (result.OperationId, result.Outcome));
        Assert.Equal(Enumerable.Range(1, 20), steps);
        Assert.Equal("sha256:1", (await link.Client.Preview(new("break", "k1", "/var/mail/k1", null, null, null))).Fingerprint);
    }

    [Fact]
    public async Task An_agent_that_fails_fails_the_act_with_its_reason()
    {
        await A.ConnectAsync(_agent, 1, Some.Finding("k1", "stale"));
        await SameAsync();
        _agent.OnExecute = _ => throw new IOException("its disk is full");
        var failure = await Assert.ThrowsAsync<ConsoleUnreachableException>(() => B.Agents.Find("host-1")!.Client.Execute(Request()));
        Assert.Contains("disk is full", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_is_forgotten_is_gone_from_every_console()
    {
        var session = await A.ConnectAsync(_agent, 1, Some.Finding("k1"));
        await SameAsync();
        session.End("It was stopped.");
        await Wait.Until(() => B.Live.Current.Host("host-1")?.Status.Connection == HostConnection.Lost);
        await B.Desk.ForgetHostAsync("host-1");
        Assert.Null(A.Live.Current.Host("host-1"));
        Assert.Null(B.Live.Current.Host("host-1"));
    }

    [Fact]
    public async Task The_open_pages_of_a_session_end_on_every_console_and_those_of_others_stay()
    {
        var (over, other) = (Guid.NewGuid(), Guid.NewGuid());
        List<string> left = [];
        using var here = A.Pages.Follow(over, () => left.Add("here"));
        using var there = B.Pages.Follow(over, () => left.Add("there"));
        using var stays = B.Pages.Follow(other, () => left.Add("stays"));
        await A.Desk.EndPagesAsync([over]);
        Assert.Equal(["here", "there"], left);
        Assert.Equal([other, over], B.Pages.Sessions.OrderBy(s => s == over));
    }

    private static ExecuteRequest Request() => new(Guid.NewGuid(), "break", "k1", "/var/mail/k1", null, "sha256:1", "anna", [], "stuck", null);

    private IReadOnlyList<byte[]> Batches()
    {
        lock (A.Link.Sent)
            return [.. A.Link.Sent.Where(s => s.Kind == FleetKinds.Hosts).Select(s => s.Body)];
    }

    private Task SameAsync() => Wait.Until(() =>
        A.Live.Current.Host("host-1") is { IsComplete: true } a && B.Live.Current.Host("host-1") is { IsComplete: true } b
        && a.Status.Connection == b.Status.Connection && Text(a) == Text(b));

    private static string Text(HostView host) => string.Join('\n', host.Files.Concat(host.KernelLocks).Select(f => $"{f.Key} {f.Finding.Verdict}"));
}
