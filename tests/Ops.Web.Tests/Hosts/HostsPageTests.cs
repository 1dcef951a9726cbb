using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Data;
using Ops.Web.Features.Hosts;
using Ops.Web.Live;

namespace Ops.Web.Tests.Hosts;

public sealed class HostsPageTests : IAsyncLifetime, IDisposable
{
    private readonly ConsoleFactory _console = new();

    public Task InitializeAsync() => _console.InitializeAsync();

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task Each_hosts_stores_and_what_its_policy_allows_are_shown()
    {
        await _console.UserAsync("anna", OpsRoles.Admin);
        var services = _console.Services;
        var session = new AgentSession(
            new FakeAgent(), "test", isEmbedded: false, services.GetRequiredService<LiveState>(), services.GetRequiredService<AgentDirectory>(), LiveLimits.Default,
            TimeProvider.System, NullLogger<AgentSession>.Instance);
        await session.Hello(Some.Hello() with
        {
            Roots = ["/var/mail", "/srv/mail"],
            Policy = Some.Policy(verbs: ["break", "undo"]) with
            {
                Approvers = new Dictionary<string, int> { ["break"] = 2, ["weaker"] = 1, ["undo"] = 0 },
                WeakerProtocolBelow = ["/srv/mail"],
            },
        });
        await session.Snapshot(Some.Snapshot(1));

        using var visitor = new Visitor(_console.Address);
        using var signedIn = await visitor.SubmitAsync("/sign-in", ("Input.Name", "anna"), ("Input.Password", ConsoleFactory.Password));
        var page = await visitor.OpenAsync("/hosts");

        Assert.Contains("/var/mail, /srv/mail", page.Body!.TextContent, StringComparison.Ordinal);
        Assert.Contains("not reported: the agent is older than this console", page.Body.TextContent, StringComparison.Ordinal);
        Assert.Contains(
            "allows Break, Undo; at most 30 acts a minute; Break only when 2 other people agree; the weaker protocol may be used below /srv/mail when 1 other person agrees",
            page.Body.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drill_is_marked()
    {
        await _console.UserAsync("anna", OpsRoles.Admin);
        var services = _console.Services;
        var session = new AgentSession(
            new FakeAgent(), "test", isEmbedded: false, services.GetRequiredService<LiveState>(), services.GetRequiredService<AgentDirectory>(), LiveLimits.Default,
            TimeProvider.System, NullLogger<AgentSession>.Instance);
        await session.Hello(Some.Hello("drill", "drill-mail1") with { Policy = Some.Policy() with { IsDrill = true } });
        await session.Snapshot(Some.Snapshot(1));

        using var visitor = new Visitor(_console.Address);
        using var signedIn = await visitor.SubmitAsync("/sign-in", ("Input.Name", "anna"), ("Input.Password", ConsoleFactory.Password));
        var page = await visitor.OpenAsync("/hosts");

        Assert.Equal("drill", page.QuerySelector(".host-card .badge[title^='Made by ops drill']")?.TextContent.Trim());
    }

    [Fact]
    public void An_agent_that_says_what_it_costs_is_quoted_with_its_budget_and_a_missed_change_is_called_a_fault()
    {
        var status = Status() with
        {
            Cost = new(0.42, 1, 48.5, 17, 1, CoversAll: true, IsSlowed: true, new(1900, 1500, DateTimeOffset.UnixEpoch), DateTimeOffset.UnixEpoch),
        };
        Assert.Equal(
            "0.42 % of a core in the last minute (budget 1 %); above its budget: it looks less often where nothing changes; 48.5 MiB of memory; last whole scan 1900 ms, of which 1500 ms processor",
            string.Join("; ", AgentCostWords.Of(status)));
        Assert.Equal("events report every change; slowest in the last minute 17 ms; 1 change missed: a fault; verified 1970-01-01 00:00 UTC", AgentCostWords.Changes(status));
    }

    private static HostStatus Status() => new(
        "host-1", "mail1", "test", IsEmbedded: false, HostConnection.Live, null, "0.1.0", Guid.Empty, IsPrivileged: true, [], [], [], new Dictionary<string, double>(), DateTimeOffset.UnixEpoch,
        DateTimeOffset.UnixEpoch);
}
