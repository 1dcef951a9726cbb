using System.Net;
using System.Security.Claims;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Acts;

/// <summary>The disk of a running console fails: acts are refused in one sentence, pages go on, <c>/healthz</c> says so, and all is well again without a restart.</summary>
/// <remarks>Alone: other tests close all connections of this process when they end, and the last one of a database takes its shared memory away, for which a full disk has no room.</remarks>
[Collection(nameof(Alone))]
public sealed class StorageLossTests : IAsyncLifetime, IDisposable
{
    private readonly LoopMount? _disk = Environment.IsPrivilegedProcess ? new(megabytes: 16) : null;
    private readonly ConsoleFactory _console;
    private readonly FakeAgent _agent = new();
    private ClaimsPrincipal _operator = null!;
    private Visitor _visitor = null!;

    public StorageLossTests() => _console = new() { DataIn = Path.Join(_disk?.Path ?? Path.GetTempPath(), "data") };

    // Not its shared memory: that is mapped, and the kernel ends a process that writes to a map of an immutable file.
    private string[] Database => [_console.DatabaseFile, _console.DatabaseFile + "-wal"];

    private OperationLog Operations => _console.Services.GetRequiredService<OperationLog>();

    public async Task InitializeAsync()
    {
        if (_disk is null)
            return;
        await _console.InitializeAsync();
        await _console.UserAsync("anna", OpsRoles.Admin);
        _operator = await _console.UserAsync("olga", OpsRoles.Operator);
        _visitor = new Visitor(_console.Address);
        (await _visitor.SignInAsync("olga", ConsoleFactory.Password)).Dispose();
        await ConnectAsync(_console, Some.Hello());
    }

    public Task DisposeAsync() => _disk is null ? Task.CompletedTask : ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose()
    {
        _visitor?.Dispose();
        _console.Dispose();
        SqliteConnection.ClearAllPools();
        _disk?.Dispose();
    }

    [MountFact]
    public async Task A_full_disk_refuses_acts_and_no_intent_is_left_to_be_carried_out_later()
    {
        _disk!.Fill(0);
        await AssertRefusedAndPagesGoOnAsync();

        File.Delete(Path.Join(_disk.Path, "ballast"));
        await AssertWellAgainAsync();
        Assert.Empty(Directory.GetFiles(_console.Data, "*.new"));
    }

    [MountFact]
    public async Task An_anchor_that_cannot_be_written_refuses_acts_and_no_intent_is_left_to_be_carried_out_later()
    {
        LoopMount.Run("chattr", "+i", _console.Data); // no file can be made there any more, not even by root
        await AssertRefusedAndPagesGoOnAsync();

        LoopMount.Run("chattr", "-i", _console.Data);
        await AssertWellAgainAsync();
    }

    [MountFact]
    public async Task An_act_refused_because_its_intent_has_no_anchor_is_not_started_by_a_restart()
    {
        var anchor = Path.Join(_console.Data, HeadAnchor.FileName);
        LoopMount.Run("chattr", "+i", anchor); // the next one can be written, but not take its name: the intent is in the database
        Assert.Contains("nothing was done", Assert.IsType<StartOutcome.NotStarted>(await StartAsync()).Error.Sentence, StringComparison.Ordinal);
        await _console.DisposeAsync();
        LoopMount.Run("chattr", "-i", anchor);
        await AssertNotStartedAfterRestartAsync();
    }

    [MountFact]
    public async Task An_intent_of_an_earlier_run_is_asked_about_and_not_started()
    {
        Operation[] left = [Intent(Act.Break, "sha256:1", null), Intent(Act.Undo, null, Guid.NewGuid())];
        foreach (var operation in left)
            await Operations.IntendAsync(operation); // the console ends before it asks the agent
        await _console.DisposeAsync();
        await AssertNotStartedAfterRestartAsync();
        Assert.Equal(left.Select(o => o.Id).Order(), _agent.Executed.Select(r => r.OperationId).Order());
    }

    [MountFact]
    public async Task An_undo_of_an_earlier_run_is_left_to_a_person_where_the_agent_cannot_only_report()
    {
        var undo = Intent(Act.Undo, null, Guid.NewGuid());
        await Operations.IntendAsync(undo);
        await _console.DisposeAsync();
        using var second = new ConsoleFactory { DataIn = _console.Data };
        await second.InitializeAsync();
        await ConnectAsync(second, Some.Hello());
        var board = second.Services.GetRequiredService<OperationBoard>();
        await Wait.Until(() => board.Find(undo.Id)?.State == OperationState.Unknown);
        await Task.Delay(OperationRuns.LookEvery * 2.5); // that nothing happens can only be waited for
        Assert.Empty(_agent.Executed);
        Assert.Equal(OperationState.Unknown, board.Find(undo.Id)!.State);
    }

    [MountFact]
    public async Task A_leftover_anchor_that_cannot_be_removed_does_not_keep_the_console_from_starting()
    {
        var left = Path.Join(_console.Data, HeadAnchor.FileName + ".killed.new");
        await File.WriteAllTextAsync(left, "1 0\n");
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddDays(-1));
        await _console.DisposeAsync();
        LoopMount.Run("chattr", "+i", left);

        using (var second = new ConsoleFactory { DataIn = _console.Data })
        {
            await second.InitializeAsync();
            using var visitor = new Visitor(second.Address);
            (await visitor.OpenAsync("/sign-in")).Dispose();
            Assert.True(File.Exists(left));
        }

        LoopMount.Run("chattr", "-i", left);
        using var third = new ConsoleFactory { DataIn = _console.Data };
        await third.InitializeAsync();
        Assert.False(File.Exists(left));
    }

    [MountFact]
    public async Task A_database_that_became_read_only_refuses_acts()
    {
        foreach (var file in Database)
            LoopMount.Run("chattr", "+i", file);
        await AssertRefusedAndPagesGoOnAsync();

        foreach (var file in Database)
            LoopMount.Run("chattr", "-i", file);
        await AssertWellAgainAsync();
    }

    [MountFact]
    public async Task A_disk_that_failed_and_was_repaired_is_used_again_without_a_restart()
    {
        _disk!.Abort();
        await AssertRefusedAndPagesGoOnAsync();

        _disk.Repair();
        await AssertWellAgainAsync();
    }

    [MountFact]
    public async Task Keys_that_cannot_be_written_are_reported_and_sign_in_goes_on()
    {
        var keys = Path.Join(_console.Data, "keys");
        LoopMount.Run("chattr", "+i", keys);
        await Wait.Until(async () => await HealthAsync() == (HttpStatusCode.OK, "Degraded\nkeys: the keys of sign-ins cannot be written; people are signed out when the present ones expire\n"));
        using (var another = new Visitor(_console.Address))
        {
            using var signedIn = await another.SignInAsync("olga", ConsoleFactory.Password);
            Assert.Equal(HttpStatusCode.Redirect, signedIn.StatusCode);
        }

        LoopMount.Run("chattr", "-i", keys);
        await Wait.Until(async () => (await HealthAsync()).Item2 == "Healthy");
    }

    private async Task AssertRefusedAndPagesGoOnAsync()
    {
        var error = Assert.IsType<StartOutcome.NotStarted>(await StartAsync()).Error;
        Assert.Contains("nothing was done", error.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", error.Sentence, StringComparison.Ordinal);
        Assert.Empty(_agent.Executed);
        var (status, health) = await HealthAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.StartsWith("Unhealthy\naudit: entries cannot be written, so acts are refused\n", health, StringComparison.Ordinal);
        foreach (var page in (string[])["/", "/locks", "/mailboxes", "/audit"])
        {
            using var answer = await _visitor.GetAsync(page);
            Assert.Equal((page, HttpStatusCode.OK), (page, answer.StatusCode));
        }
        using var another = new Visitor(_console.Address);
        using var signedIn = await another.SignInAsync("olga", ConsoleFactory.Password);
        Assert.True(signedIn.StatusCode == HttpStatusCode.Redirect, await signedIn.Content.ReadAsStringAsync());
    }

    private async Task AssertWellAgainAsync()
    {
        // By itself: nobody need try an act first.
        await Wait.Until(async () => (await HealthAsync()).Item2 == "Healthy");
        await Wait.Until(async () => (await Operations.RecentAsync(10)).All(o => o.State is OperationState.Refused));
        Assert.Empty(_agent.Executed);
        var started = Assert.IsType<StartOutcome.Started>(await StartAsync());
        await Wait.Until(() => _console.Services.GetRequiredService<OperationBoard>().Find(started.OperationId)!.State == OperationState.Done);
        Assert.Equal(started.OperationId, Assert.Single(_agent.Executed).OperationId);
        Assert.IsType<AuditVerification.Intact>(await _console.Services.GetRequiredService<AuditLog>().VerifyAsync());
        Assert.Empty(await Operations.NotMatchingAuditAsync());
    }

    private static Operation Intent(string action, string? fingerprint, Guid? undoOf) => new()
    {
        Id = Guid.NewGuid(),
        Action = action,
        HostId = "host-1",
        Host = "mx1",
        // Two acts on one finding are never open together.
        FindingKey = $"alice.lock for {action}",
        Path = "/var/mail/alice.lock",
        Actor = "olga",
        Reason = "alice cannot send mail",
        Fingerprint = fingerprint,
        UndoOf = undoOf,
    };

    // The agent has no record of it: it says so, as the real one does, instead of acting.
    private async Task AssertNotStartedAfterRestartAsync()
    {
        _agent.OnExecute = request => Task.FromResult(request.Fingerprint == ExecuteRequest.NoLongerWanted ? Some.Result(request, "refused", new("not-offered", "Not started.")) : Some.Result(request));
        using var second = new ConsoleFactory { DataIn = _console.Data };
        await second.InitializeAsync();
        await ConnectAsync(second, Some.Hello() with { Capabilities = ["break", "undo", Hello.OnlyReports] });
        var operations = second.Services.GetRequiredService<OperationLog>();
        await Wait.Until(async () => (await operations.RecentAsync(10)).All(o => o.State == OperationState.Refused), seconds: 30);
        Assert.NotEmpty(await operations.RecentAsync(10));
        Assert.All(_agent.Executed, request => Assert.Equal(ExecuteRequest.NoLongerWanted, request.Fingerprint));
        Assert.IsType<AuditVerification.Intact>(await second.Services.GetRequiredService<AuditLog>().VerifyAsync());
    }

    private async Task ConnectAsync(ConsoleFactory console, Hello hello)
    {
        var services = console.Services;
        var session = new AgentSession(
            _agent, "test", isEmbedded: false, services.GetRequiredService<LiveState>(), services.GetRequiredService<AgentDirectory>(), LiveLimits.Default,
            TimeProvider.System, NullLogger<AgentSession>.Instance);
        await session.Hello(hello);
        await session.Snapshot(Some.Snapshot(1, Some.Finding("alice.lock", "stale")));
    }

    private Task<StartOutcome> StartAsync() =>
        _console.Services.GetRequiredService<ActCommand>().StartAsync(_operator, new(new("host-1", "alice.lock", "break"), "sha256:1", "alice cannot send mail"));

    private async Task<(HttpStatusCode, string)> HealthAsync()
    {
        using var visitor = new Visitor(_console.Address);
        using var answer = await visitor.GetAsync("/healthz");
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}

/// <summary>Tests that run while no other does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
