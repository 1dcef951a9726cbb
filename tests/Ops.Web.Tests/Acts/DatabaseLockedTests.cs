using System.Security.Claims;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Approvals;
using Ops.Web.Features.Rules;
using Ops.Web.Live;

namespace Ops.Web.Tests.Acts;

/// <summary>The console's database is locked by another program (a backup, somebody's shell): nothing is done without a record, and no outcome is lost.</summary>
public sealed class DatabaseLockedTests : IAsyncLifetime, IDisposable
{
    private readonly ConsoleFactory _console = new() { Connection = "Default Timeout=1" };
    private readonly FakeAgent _agent = new();
    private ClaimsPrincipal _operator = null!;

    private ActCommand Command => _console.Services.GetRequiredService<ActCommand>();

    private OperationBoard Board => _console.Services.GetRequiredService<OperationBoard>();

    public async Task InitializeAsync()
    {
        await _console.InitializeAsync();
        _operator = await _console.UserAsync("olga", OpsRoles.Operator);
        await ConnectAsync();
    }

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task Nothing_is_asked_of_the_agent_while_the_intent_cannot_be_written()
    {
        StartOutcome outcome;
        using (Locked())
            outcome = await StartAsync();

        var error = Assert.IsType<StartOutcome.NotStarted>(outcome).Error;
        Assert.IsType<ActError.AuditUnwritable>(error);
        Assert.Contains("nothing was done", error.Sentence, StringComparison.Ordinal);
        Assert.Empty(_agent.Executed);
        // And when it is free again, all is as before.
        var started = Assert.IsType<StartOutcome.Started>(await StartAsync());
        await Wait.Until(() => Board.Find(started.OperationId)!.State == OperationState.Done);
        Assert.Single(_agent.Executed);
        Assert.IsType<AuditVerification.Intact>(await _console.Services.GetRequiredService<AuditLog>().VerifyAsync());
    }

    [Fact]
    public async Task An_outcome_that_cannot_be_written_is_said_to_be_unknown_and_written_when_the_agent_is_heard_of_again()
    {
        SqliteConnection? locked = null;
        _agent.OnExecute = request =>
        {
            locked ??= Locked();
            return Task.FromResult(Some.Result(request));
        };
        var started = Assert.IsType<StartOutcome.Started>(await StartAsync());
        await Wait.Until(() => Board.Find(started.OperationId)!.State == OperationState.Unknown);
        Assert.Contains("The agent's own journal has it", Board.Find(started.OperationId)!.Sentence, StringComparison.Ordinal);

        locked!.Dispose();
        await ConnectAsync();
        await Wait.Until(() => Board.Find(started.OperationId)!.State == OperationState.Done, seconds: 60);
        Assert.Equal(OperationState.Done, (await _console.Services.GetRequiredService<OperationLog>().GetAsync(started.OperationId))!.State);
        Assert.Equal("done", (await _console.Services.GetRequiredService<AuditSearch>().OfOperationAsync(started.OperationId))[^1].Outcome);
    }

    [Fact]
    public async Task What_an_approver_finds_is_shown_and_counts_for_nothing_while_it_cannot_be_written()
    {
        var (anna, bert) = (await _console.UserAsync("anna", OpsRoles.Admin), await _console.UserAsync("bert", OpsRoles.Admin));
        Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetOthersAsync(anna, HostGroup.DefaultId, "break", 1));
        var id = Assert.IsType<StartOutcome.Waiting>(await StartAsync()).ApprovalId;
        var desk = _console.Services.GetRequiredService<ApprovalDesk>();
        Ops.Web.Features.Approvals.ApprovalLook look;
        using (Locked())
            look = await desk.LookAsync(bert, id);

        Assert.Null(Assert.Single(look.Rows).Problem);
        Assert.Contains("cannot be used", look.Refusal, StringComparison.Ordinal);
        Assert.Contains("Refresh first", await desk.ApproveAsync(bert, id), StringComparison.Ordinal);
        Assert.Empty(_agent.Executed);
        Assert.Null((await desk.LookAsync(bert, id)).Refusal);
        Assert.Null(await desk.ApproveAsync(bert, id));
    }

    [Fact]
    public async Task A_last_yes_that_cannot_be_written_begins_nothing_and_can_be_said_again()
    {
        var (anna, bert) = (await _console.UserAsync("anna", OpsRoles.Admin), await _console.UserAsync("bert", OpsRoles.Admin));
        Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetOthersAsync(anna, HostGroup.DefaultId, "break", 1));
        var id = Assert.IsType<StartOutcome.Waiting>(await StartAsync()).ApprovalId;
        var desk = _console.Services.GetRequiredService<ApprovalDesk>();
        await desk.LookAsync(bert, id);
        using (Locked())
            Assert.Contains("audit", await desk.ApproveAsync(bert, id), StringComparison.OrdinalIgnoreCase);
        Assert.Empty(_agent.Executed);
        Assert.Null(await _console.Services.GetRequiredService<OperationLog>().GetAsync(id));

        // At once: what withdraws the first attempt must not close the second.
        Assert.Null(await desk.ApproveAsync(bert, id));
        await Wait.Until(() => Board.Find(id)!.State == OperationState.Done);
        Assert.Equal("done", (await _console.Services.GetRequiredService<AuditSearch>().OfOperationAsync(id))[^1].Outcome);
        Assert.Single(_agent.Executed);
    }

    private Task<StartOutcome> StartAsync() => Command.StartAsync(_operator, new(new("host-1", "alice.lock", "break"), "sha256:1", "alice cannot send mail"));

    /// <summary>Another program's connection that holds the database for writing.</summary>
    private SqliteConnection Locked()
    {
        var connection = new SqliteConnection($"Data Source={_console.DatabaseFile};Pooling=False");
        connection.Open();
        using var begin = connection.CreateCommand();
        begin.CommandText = "BEGIN IMMEDIATE";
        begin.ExecuteNonQuery();
        return connection;
    }

    private async Task ConnectAsync()
    {
        var services = _console.Services;
        var session = new AgentSession(
            _agent, "test", isEmbedded: false, services.GetRequiredService<LiveState>(), services.GetRequiredService<AgentDirectory>(), LiveLimits.Default,
            TimeProvider.System, NullLogger<AgentSession>.Instance);
        await session.Hello(Some.Hello());
        await session.Snapshot(Some.Snapshot(1, Some.Finding("alice.lock", "stale")));
    }
}
