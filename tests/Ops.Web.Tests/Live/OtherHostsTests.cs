using Microsoft.Extensions.Logging.Abstractions;
using Ops.Web.Live;

namespace Ops.Web.Tests.Live;

/// <summary>The console between the agent of the host where a lock is and the agent of the host that it names.</summary>
public sealed class OtherHostsTests : IDisposable
{
    private static readonly Guid Kernel = Guid.Parse("00000000-0000-0000-0000-0000000000a1"), Another = Guid.Parse("00000000-0000-0000-0000-0000000000a2");
    private static readonly DateTimeOffset OwnClock = new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly LiveState _live = new(TimeProvider.System);
    private readonly AgentDirectory _agents = new();
    private readonly FakeAgent _mine = new() { OnFindProcesses = q => new("mx1", Kernel, OwnClock, [], []) };
    private readonly OtherHosts _asker;

    public OtherHostsTests() => _asker = new(_agents, _live, LiveLimits.Default, TimeProvider.System, NullLogger<HostQuestions>.Instance);

    public void Dispose() => _asker.Dispose();

    [Fact]
    public async Task The_answer_of_the_named_host_is_brought_with_the_time_of_the_asking_agents_own_clock()
    {
        await ConnectAsync(Other("mx2", "absent"), "id-2", "mx2", Another);
        var word = Assert.Single(await AskAsync("mx2"));
        Assert.Equal(("mx2", 4711, "absent", "mx2.example.org", (Guid?)Another, OwnClock), (word.Host, word.Pid, word.State, word.AnsweredBy, word.BootId, word.AskedAt));
        Assert.Empty(word.Doubts);
    }

    [Fact]
    public async Task A_host_without_an_agent_is_named_as_such()
    {
        var word = Assert.Single(await AskAsync("mx2"));
        Assert.Equal(("no-answer", null), (word.State, word.AnsweredBy));
        Assert.Contains("no agent of a host mx2 is connected", word.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_is_too_old_or_lost_has_not_answered()
    {
        var session = await ConnectAsync(Other("mx2", "absent"), "id-2", "mx2", Another, capabilities: []);
        Assert.Contains("too old", Assert.Single(await AskAsync("mx2")).Detail, StringComparison.Ordinal);
        session.End("it went");
        session = await ConnectAsync(Other("mx2", "absent"), "id-2", "mx2", Another);
        session.End("it went");
        Assert.Equal("no-answer", Assert.Single(await AskAsync("mx2")).State);
    }

    [Fact]
    public async Task An_agent_that_answers_for_another_boot_than_it_introduced_itself_with_has_not_answered()
    {
        await ConnectAsync(Other("mx2", "absent", Guid.NewGuid()), "id-2", "mx2", Another);
        Assert.Equal("no-answer", Assert.Single(await AskAsync("mx2")).State);
    }

    [Theory]
    [InlineData("mx2", "mx2")]
    [InlineData("MX2", "mx2.example.org")]
    public async Task Of_two_hosts_of_one_name_neither_is_asked(string first, string second)
    {
        var (one, two) = (Other("mx2", "absent"), Other("mx2", "absent"));
        await ConnectAsync(one, "id-2", first, Another);
        await ConnectAsync(two, "id-3", second, Guid.NewGuid());
        Assert.Equal("collision", Assert.Single(await AskAsync("mx2")).State);
    }

    [Fact]
    public async Task Localhost_names_no_host()
    {
        await ConnectAsync(Other("localhost", "absent"), "id-2", "localhost", Another);
        Assert.Equal("collision", Assert.Single(await AskAsync("localhost")).State);
        Assert.Equal("collision", Assert.Single(await AskAsync("localhost.localdomain")).State);
    }

    [Fact]
    public async Task A_machine_id_that_reports_two_boots_at_a_time_raises_an_alarm_and_is_not_believed()
    {
        await ConnectAsync(Other("mx2", "absent"), "id-2", "mx2", Another);
        Assert.Empty(_live.Current.Alerts);
        var clone = await ConnectAsync(Other("mx2", "absent"), "id-2", "mx2", Guid.NewGuid());
        Assert.Contains("Two machines report as mx2", Assert.Single(_live.Current.Alerts), StringComparison.Ordinal);
        Assert.Equal("collision", Assert.Single(await AskAsync("mx2")).State);

        // A machine that went and came back with another boot is no clone.
        clone.End("it went");
        _live.ChangeStatus("id-2", s => s with { CollidedAt = null });
        await ConnectAsync(Other("mx2", "absent"), "id-2", "mx2", Guid.NewGuid());
        Assert.Empty(_live.Current.Alerts);
    }

    [Fact]
    public async Task Every_host_on_the_kernel_of_the_lock_is_asked_about_the_file_and_one_that_does_not_answer_is_a_doubt()
    {
        await ConnectAsync(Other("mx2", "absent", Kernel), "id-2", "mx2", Kernel);
        await ConnectAsync(Other("mx3", "absent", Kernel, used: "yes"), "id-3", "mx3", Kernel);
        (await ConnectAsync(Other("mx4", "absent", Kernel), "id-4", "mx4", Kernel)).End("it went");
        var word = Assert.Single(await AskAsync("mx2"));
        Assert.Equal("absent", word.State);
        Assert.Equal(["a process on mx3 has it open", "the agent of mx4 is not connected, so it cannot report who uses a file"], word.Doubts.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_agent_without_locks_of_other_hosts_is_not_disturbed()
    {
        var session = await ConnectAsync(_mine, "id-1", "mx1", Kernel, Some.Finding("a.lock", "stale") with { Owner = new(4711, null, null, null, null) });
        await _asker.AskForAsync(session, CancellationToken.None);
        Assert.Empty(_mine.Heard);
    }

    private async Task<IReadOnlyList<OtherHostWord>> AskAsync(string named)
    {
        var session = await ConnectAsync(_mine, "id-1", "mx1", Kernel, Some.Finding("a.lock", "refused") with
        {
            Owner = new(4711, named, null, null, null),
            Identity = new("fe:00", 12, 1, 9, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch),
            Evidence = [new(Questions.ThisHost, "no", "uname", $"it names {named}", DateTimeOffset.UnixEpoch, Blocks: true)],
        });
        await _asker.AskForAsync(session, CancellationToken.None);
        return _mine.Heard[^1].Words;
    }

    private static FakeAgent Other(string name, string state, Guid? boot = null, string used = "no") => new()
    {
        OnFindProcesses = q => new($"{name}.example.org", boot ?? q.BootId ?? Another, DateTimeOffset.UnixEpoch,
            [.. q.Processes.Select(p => new ProcessWord(p.Pid, state, "as the test says"))], [.. q.Files.Select(f => new FileWord(f.Dev, f.Ino, used, $"a process on {name} has it open"))]),
    };

    private async Task<AgentSession> ConnectAsync(FakeAgent agent, string id, string name, Guid boot, params Finding[] findings) => await ConnectAsync(agent, id, name, boot, [Hello.AsksOtherHosts], findings);

    private async Task<AgentSession> ConnectAsync(FakeAgent agent, string id, string name, Guid boot, string[] capabilities, params Finding[] findings)
    {
        var session = new AgentSession(agent, "token", false, _live, _agents, LiveLimits.Default, TimeProvider.System, NullLogger<AgentSession>.Instance);
        await session.Hello(Some.Hello(id, name) with { BootId = boot, Capabilities = capabilities });
        await session.Snapshot(Some.Snapshot(1, findings));
        return session;
    }
}
