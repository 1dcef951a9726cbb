using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Live;

namespace Ops.Web.Tests.Live;

/// <summary>What an earlier run of the console left behind.</summary>
public sealed class RestartTests : IAsyncLifetime, IDisposable
{
    private readonly ConsoleFactory _console = new();

    public Task InitializeAsync() => _console.InitializeAsync();

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task A_host_that_has_not_come_back_is_shown_as_lost_and_not_left_out()
    {
        await _console.Services.GetRequiredService<KnownHosts>().SeenAsync("host-9", "mail9", "0.1.0", Guid.Empty);
        await using var again = Again();

        var host = again.Services.GetRequiredService<LiveState>().Current.Host("host-9")!;
        Assert.Equal((HostConnection.Lost, "mail9", false), (host.Status.Connection, host.Status.HostName, host.IsComplete));
        Assert.NotNull(host.Status.LostReason);
    }

    [Fact]
    public async Task An_intent_whose_end_was_not_received_is_unknown_and_is_asked_about_when_the_agent_is_back()
    {
        var operation = NewOperation();
        await _console.Services.GetRequiredService<OperationLog>().IntendAsync(operation);
        await using var again = Again();
        var board = again.Services.GetRequiredService<OperationBoard>();
        await Wait.Until(() => board.Find(operation.Id)?.State == OperationState.Unknown);

        var agent = new FakeAgent();
        await ConnectAsync(again, agent);
        await Wait.Until(() => board.Find(operation.Id)!.State == OperationState.Done, seconds: 30);
        Assert.Equal((operation.Id, ExecuteRequest.NoLongerWanted), (agent.Executed[0].OperationId, agent.Executed[0].Fingerprint));
    }

    [Fact]
    public async Task An_agent_whose_journal_cannot_be_read_does_not_turn_an_unknown_outcome_into_a_refusal()
    {
        var operation = NewOperation();
        await _console.Services.GetRequiredService<OperationLog>().IntendAsync(operation);
        await using var again = Again();
        var board = again.Services.GetRequiredService<OperationBoard>();
        await Wait.Until(() => board.Find(operation.Id)?.State == OperationState.Unknown);

        var calls = 0;
        var agent = new FakeAgent
        {
            OnExecute = request => Task.FromResult(Interlocked.Increment(ref calls) == 1
                ? Some.Result(request, "refused", new("system", "Nothing was done, because it could not be recorded first.")) with { JournalHead = null }
                : Some.Result(request)),
        };
        await ConnectAsync(again, agent);
        await Wait.Until(() => board.Find(operation.Id)!.State == OperationState.Done, seconds: 30);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task An_old_intent_is_only_asked_about_and_can_no_longer_make_the_agent_act()
    {
        var operation = NewOperation();
        await _console.Services.GetRequiredService<OperationLog>().IntendAsync(operation);
        await using (var db = await _console.Services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync())
            await db.Operations.ExecuteUpdateAsync(set => set.SetProperty(o => o.RequestedAt, DateTimeOffset.UtcNow.AddHours(-1)));
        await using var again = Again();
        var board = again.Services.GetRequiredService<OperationBoard>();
        await Wait.Until(() => board.Find(operation.Id)?.State == OperationState.Unknown);

        var agent = new FakeAgent { OnExecute = request => Task.FromResult(Some.Result(request, "refused", new("lock-changed", "The fingerprint differs."))) };
        await ConnectAsync(again, agent);
        await Wait.Until(() => board.Find(operation.Id)!.State == OperationState.Refused, seconds: 30);
        Assert.NotEqual("sha256:1", agent.Executed[0].Fingerprint);
    }

    [Fact]
    public async Task A_broken_audit_chain_is_said_on_every_page()
    {
        var audit = _console.Services.GetRequiredService<AuditLog>();
        await audit.AppendAsync(new AuditDraft { Actor = "olga", Action = AuditActions.Break, Outcome = "done" });
        await audit.AppendAsync(new AuditDraft { Actor = "olga", Action = AuditActions.Break, Outcome = "done" });
        await using (var db = await _console.Services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync())
            await db.Audit.Where(e => e.Sequence == 1).ExecuteUpdateAsync(set => set.SetProperty(e => e.Actor, "somebody else"));

        await using var again = Again();
        var live = again.Services.GetRequiredService<LiveState>();
        await Wait.Until(() => live.Current.Alerts.Any(a => a.Contains("broken at entry 1", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""UPDATE "Operations" SET "Outcome" = 'nothing happened'""", "1 stored operation does not match the audit")]
    [InlineData("""DELETE FROM "Operations" """, "1 stored operation does not match the audit")]
    [InlineData("""UPDATE "Operations" SET "UndoOf" = 'no id'""", "A stored operation cannot be read")]
    public async Task An_operation_that_was_changed_outside_the_console_is_reported_on_every_page_after_a_restart(string change, string alert)
    {
        var operation = NewOperation();
        await _console.Services.GetRequiredService<OperationLog>().IntendAsync(operation);
        await _console.Services.GetRequiredService<OperationLog>().EndAsync(operation.Id, OperationState.Done, "Broken.");
        await using (var db = await _console.Services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync())
            await db.Database.ExecuteSqlRawAsync(change);

        await using var again = Again();
        var live = again.Services.GetRequiredService<LiveState>();
        await Wait.Until(() => live.Current.Alerts.Any(a => a.Contains(alert, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_row_of_the_audit_that_cannot_even_be_read_is_said_and_does_not_end_the_console()
    {
        var audit = _console.Services.GetRequiredService<AuditLog>();
        await audit.AppendAsync(new AuditDraft { Actor = "olga", Action = AuditActions.Break, Outcome = "done" });
        await using (var db = await _console.Services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync())
            await db.Database.ExecuteSqlRawAsync("""UPDATE "Audit" SET "OperationId" = 'no id' WHERE "Sequence" = 1""");

        await using var again = Again();
        var live = again.Services.GetRequiredService<LiveState>();
        await Wait.Until(() => live.Current.Alerts.Any(a => a.Contains("broken at entry 1", StringComparison.Ordinal)));
        Assert.False(again.Services.GetRequiredService<Microsoft.Extensions.Hosting.IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task The_embedded_agent_reports_like_a_remote_one_and_its_failure_shows_the_host_as_lost()
    {
        var fail = new TaskCompletionSource();
        await using var again = Again(services => services.AddEmbeddedAgent(_ => new(new FakeAgent(), async (hub, stop) =>
        {
            await hub.Hello(Some.Hello("host-5", "here"));
            await hub.Snapshot(Some.Snapshot(1, Some.Finding("a", host: "here")));
            await fail.Task.WaitAsync(stop);
            throw new IOException("the disk is on fire");
        })));
        var live = again.Services.GetRequiredService<LiveState>();
        await Wait.Until(() => live.Current.Host("host-5") is { Status: { Connection: HostConnection.Live, IsEmbedded: true }, Count: 1 });

        fail.SetResult();
        await Wait.Until(() => live.Current.Host("host-5")!.Status is { Connection: HostConnection.Lost, LostReason: not null });
        Assert.Contains("the disk is on fire", live.Current.Host("host-5")!.Status.LostReason);
    }

    [Fact]
    public async Task An_embedded_agent_that_cannot_start_is_said_on_every_page()
    {
        await using var again = Again(services => services.AddEmbeddedAgent(_ => throw new InvalidOperationException("The policy holds no policy.")));
        var live = again.Services.GetRequiredService<LiveState>();
        await Wait.Until(() => live.Current.Alerts.Any(a => a.Contains("The policy holds no policy.", StringComparison.Ordinal)));
    }

    // A second console over the data of the first, which is still running: what it finds is what a restart would find.
    private Microsoft.AspNetCore.Mvc.Testing.WebApplicationFactory<LiveState> Again(Action<IServiceCollection>? configure = null)
    {
        var again = _console.WithWebHostBuilder(b => b.ConfigureServices(s => configure?.Invoke(s)));
        again.StartServer();
        return again;
    }

    private static Operation NewOperation() => new()
    {
        Id = Guid.NewGuid(),
        HostId = "host-1",
        Host = "mail1",
        Action = "break",
        FindingKey = "alice.lock",
        Path = "/var/mail/alice.lock",
        Fingerprint = "sha256:1",
        Actor = "olga",
        Reason = "for the test",
    };

    private static async Task ConnectAsync(Microsoft.AspNetCore.Mvc.Testing.WebApplicationFactory<LiveState> console, FakeAgent agent)
    {
        var session = new AgentSession(
            agent, "test", false, console.Services.GetRequiredService<LiveState>(), console.Services.GetRequiredService<AgentDirectory>(), LiveLimits.Default,
            TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<AgentSession>.Instance);
        await session.Hello(Some.Hello());
        await session.Snapshot(Some.Snapshot(1));
    }
}
