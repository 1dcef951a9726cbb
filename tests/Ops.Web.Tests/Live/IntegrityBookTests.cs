using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.Incidents;
using Ops.Web.Features.Integrity;
using Ops.Web.Live.Integrity;
using Ops.Web.Tests.Pages;

namespace Ops.Web.Tests.Live;

/// <summary>Audits over the hub: from the agent's heartbeat to the database, and over a restart of the console.</summary>
public sealed class IntegrityBookTests : IAsyncLifetime, IDisposable
{
    private const string Root = "/var/spool/cyrus";
    private static readonly Guid AuditId = Guid.Parse("00000000-0000-0000-0000-0000000000a1");
    private readonly ConsoleFactory _console = new();

    public Task InitializeAsync() => _console.InitializeAsync();

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task A_report_of_an_agent_is_stored_once_and_there_after_a_restart()
    {
        var fetched = 0;
        await using var agent = await ConnectAsync();
        agent.Agent.AuditState = new([Root], [End()], null, 16_000_000);
        agent.Agent.OnFetchAudit = f =>
        {
            Interlocked.Increment(ref fetched);
            return new(f.Id, f.Root, "anna", Full: true, DateTimeOffset.UnixEpoch, FakeIntegrity.Document(FakeIntegrity.Damage()) with { Host = "another" });
        };
        await BeatAsync(agent, Guid.NewGuid());

        var book = _console.Services.GetRequiredService<IntegrityBook>();
        await Wait.Until(() => book.Stored.Count == 1);
        await BeatAsync(agent, Guid.NewGuid());
        await Wait.Until(() => book.StateOf("host-1") is not null);

        Assert.Equal((1L, "content"), (book.Stored.Single().Summary!.Damages, book.Stored.Single().Summary!.Checks[0].Check));
        Assert.Equal("mail1", (await book.ReportAsync("host-1", Root, default))!.Host);
        Assert.Equal(1, fetched);
        await Wait.Until(async () => await IncidentsAsync(_console) is [{ Rule: "damage", Mailbox: Root, ClosedAt: null }]);

        // As the console notes it every half minute: of a host that it does not know it shows nothing.
        await _console.Services.GetRequiredService<KnownHosts>().SeenAsync("host-1", "mail1", "0.1.0", Guid.Empty);
        await using var again = new ConsoleFactory { DataIn = _console.Data };
        await again.InitializeAsync();
        var later = again.Services.GetRequiredService<IntegrityBook>();
        await Wait.Until(() => later.Stored.Count == 1);
        Assert.Equal(End(), later.Stored.Single().End);
        Assert.Single((await later.ReportAsync("host-1", Root, default))!.Damages);
        Assert.Single(await IncidentsAsync(again));
    }

    [Fact]
    public async Task Starting_is_for_operators_and_is_in_the_audit_trail_with_its_refusal()
    {
        await using var agent = await ConnectAsync();
        agent.Agent.OnStartAudit = r => Task.FromResult(new StoreAuditAnswer(r.Full ? null : new("audit-running", "An audit is still running.")));
        var desk = _console.Services.GetRequiredService<IIntegrityDesk>();
        var viewer = await _console.UserAsync("vera", OpsRoles.Viewer);
        var anna = await _console.UserAsync("anna", OpsRoles.Operator);

        Assert.Equal("Only operators can start and stop audits.", await desk.StartAsync(viewer, "host-1", Root, full: true));
        Assert.Null(await desk.StartAsync(anna, "host-1", Root, full: true));
        Assert.Equal("An audit is still running.", await desk.StartAsync(anna, "host-1", Root, full: false));
        Assert.Equal("This audit no longer runs.", await desk.StopAsync(anna, "host-1", AuditId, Root));

        Assert.Equal(
            [("store-audit", "asked for, all bytes"), ("store-audit", "asked for"), ("store-audit", "not done: An audit is still running."), ("store-audit-stop", "asked for"), ("store-audit-stop", "not done: This audit no longer runs.")],
            (await _console.AuditAsync()).Where(e => e.Actor == "anna").Select(e => (e.Action, e.Outcome!)));
    }

    private static Task<IReadOnlyList<IncidentRow>> IncidentsAsync(ConsoleFactory console) => console.Services.GetRequiredService<IncidentDesk>().ListAsync(null, 10, default);

    private static StoreAuditEnd End() => new(AuditId, Root, "anna", Full: true, "done", null, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, AuditId);

    private async Task<RemoteAgent> ConnectAsync()
    {
        var (_, plain) = await _console.Services.GetRequiredService<AgentTokens>().CreateAsync("token of mail1", "root");
        var agent = new RemoteAgent(_console.Address, plain);
        await agent.ConnectAsync();
        await agent.TellAsync(nameof(IAgentHub.Hello), Some.Hello());
        await agent.TellAsync(nameof(IAgentHub.Snapshot), Some.Snapshot(1));
        return agent;
    }

    private static Task BeatAsync(RemoteAgent agent, Guid revision) => agent.TellAsync(nameof(IAgentHub.Heartbeat), Some.Heartbeat(1) with { Audits = new(revision, null) });
}
