using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Acts.Sheets;
using Ops.Web.Features.Rules;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Acts;

public sealed class ActCommandTests : IAsyncLifetime, IDisposable
{
    private const string Reason = "alice cannot send mail";

    private readonly ConsoleFactory _console = new();
    private readonly FakeAgent _agent = new();
    private AgentSession _session = null!;
    private ClaimsPrincipal _operator = null!;

    private static ActTarget Target { get; } = new("host-1", "alice.lock", "break");

    private ActCommand Command => _console.Services.GetRequiredService<ActCommand>();

    private ActPreviews Previews => _console.Services.GetRequiredService<ActPreviews>();

    private UndoStart Undo => _console.Services.GetRequiredService<UndoStart>();

    private OperationBoard Board => _console.Services.GetRequiredService<OperationBoard>();

    private OperationLog Log => _console.Services.GetRequiredService<OperationLog>();

    public async Task InitializeAsync()
    {
        await _console.InitializeAsync();
        _operator = await _console.UserAsync("olga", OpsRoles.Operator);
        _session = await ConnectAsync();
    }

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task A_break_is_in_the_audit_before_the_agent_is_asked_and_its_outcome_after()
    {
        OperationState? before = null;
        _agent.OnExecute = async request =>
        {
            before = (await Log.GetAsync(request.OperationId))?.State;
            await _session.Progress(new(request.OperationId, 1, "Take the breaker mutex", "done", null, DateTimeOffset.UtcNow));
            return Some.Result(request);
        };
        var preview = Assert.IsType<PreviewOutcome.Ready>(await Previews.PreviewAsync(_operator, Target));
        var started = Assert.IsType<StartOutcome.Started>(await Command.StartAsync(_operator, new(Target, preview.Answer.Fingerprint!, $"  {Reason} ")));
        var end = await EndOfAsync(started.OperationId);

        Assert.Equal((OperationState.Done, "The lock was taken over and released."), (end.State, end.Sentence));
        Assert.Equal(OperationState.Intent, before);
        var asked = Assert.Single(_agent.Executed);
        Assert.Equal((started.OperationId, "break", "sha256:1", "olga", Reason), (asked.OperationId, asked.Action, asked.Fingerprint, asked.Actor, asked.Reason));

        var stored = (await Log.GetAsync(started.OperationId))!;
        Assert.Equal((OperationState.Done, "/var/mail/.ops-quarantine/1/x.lock"), (stored.State, stored.Evidence!.QuarantinePath));
        Assert.Equal("4242"u8.ToArray(), stored.Evidence.StaleContent);
        Assert.Contains("Take the breaker mutex", stored.Evidence.Steps);
        Assert.Equal(["intent", "done"], (await AuditOfAsync(started.OperationId)).Select(e => e.Outcome));
        Assert.IsType<AuditVerification.Intact>(await _console.Services.GetRequiredService<AuditLog>().VerifyAsync());
    }

    [Fact]
    public async Task Progress_reaches_every_follower_step_by_step()
    {
        var go = new TaskCompletionSource();
        _agent.OnExecute = async request =>
        {
            await go.Task;
            await _session.Progress(new(request.OperationId, 1, "Take the breaker mutex", "running", null, DateTimeOffset.UtcNow));
            await Wait.Until(() => Board.Find(request.OperationId)!.Steps.Count == 1);
            await _session.Progress(new(Guid.NewGuid(), 7, "Of another operation", "done", null, DateTimeOffset.UtcNow));
            return Some.Result(request);
        };
        var id = await StartAsync();
        var follow = Board.Follow(id)!;
        Assert.False(follow.Initial.IsOver);
        go.SetResult();

        List<OperationView> seen = [];
        await foreach (var view in follow.Changes)
            seen.Add(view);
        Assert.Equal(OperationState.Done, seen[^1].State);
        Assert.DoesNotContain(seen, v => v.Steps.Any(s => s.Step == 7));
        Assert.Null(Board.Follow(Guid.NewGuid()));
    }

    [Fact]
    public async Task A_viewer_is_refused_and_the_agent_hears_nothing()
    {
        var viewer = await _console.UserAsync("vera", OpsRoles.Viewer);
        var preview = Assert.IsType<PreviewOutcome.Refused>(await Previews.PreviewAsync(viewer, Target));
        var start = Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(viewer, new(Target, "sha256:1", Reason)));

        Assert.IsType<ActError.NotAllowed>(preview.Error);
        Assert.IsType<ActError.NotAllowed>(start.Error);
        Assert.Empty(_agent.Previewed);
        Assert.Empty(_agent.Executed);
        Assert.Equal(2, (await _console.AuditAsync()).Count(e => e is { Action: AuditActions.Refused, Actor: "vera" }));
    }

    [Fact]
    public async Task Someone_who_is_disabled_cannot_break_from_a_page_that_is_still_open()
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        var id = _operator.FindFirstValue(ClaimTypes.NameIdentifier)!;
        Assert.Null(await _console.Services.GetRequiredService<UsersCommand>().SetDisabledAsync(admin, id, true));

        var start = Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(_operator, new(Target, "sha256:1", Reason)));
        Assert.IsType<ActError.NotAllowed>(start.Error);
        Assert.Empty(_agent.Executed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  x ")]
    [InlineData(null)]
    public async Task Without_a_reason_nothing_is_done(string? reason)
    {
        var start = Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(_operator, new(Target, "sha256:1", reason ?? new string('x', 501))));
        Assert.IsType<ActError.ReasonUnusable>(start.Error);
        Assert.Empty(_agent.Executed);
    }

    [Theory]
    [InlineData("held", "break")]
    [InlineData("stale", "remove")]
    [InlineData("stale", "undo")]
    [InlineData("stale", "rm -rf")]
    public async Task An_action_that_the_finding_does_not_offer_is_not_asked_for(string verdict, string action)
    {
        await _session.Delta(Some.Delta(2, changed: [Some.Finding("alice.lock", verdict)]));
        var start = Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(_operator, new(Target with { Action = action }, "sha256:1", Reason)));

        Assert.IsType<ActError.ActionNotOffered>(start.Error);
        Assert.Empty(_agent.Executed);
    }

    [Fact]
    public async Task A_finding_that_no_longer_exists_and_a_host_that_is_not_connected_are_refused()
    {
        var gone = Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(_operator, new(Target with { FindingKey = "other" }, "sha256:1", Reason)));
        Assert.IsType<ActError.FindingGone>(gone.Error);

        _session.End("The agent ended the connection.");
        var lost = Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(_operator, new(Target, "sha256:1", Reason)));
        Assert.IsType<ActError.HostNotConnected>(lost.Error);
    }

    [Fact]
    public async Task A_refusal_of_the_agent_is_shown_in_its_words_and_is_a_row_of_the_audit()
    {
        _agent.OnPreview = _ => Task.FromResult(new PreviewAnswer(Some.Finding("alice.lock"), null, [], [], new("holder-alive", "pid 4242 is running.")));
        var refused = Assert.IsType<PreviewOutcome.Refused>(await Previews.PreviewAsync(_operator, Target));

        Assert.Equal("pid 4242 is running.", refused.Error.Sentence);
        Assert.Equal("holder-alive", Assert.IsType<ActError.RefusedByAgent>(refused.Error).Refusal.Reason);
        Assert.NotNull(refused.Answer!.Finding);
        Assert.Single(await _console.AuditAsync(), e => e is { Action: AuditActions.Refused, Actor: "olga", Path: "/var/mail/alice.lock" } && e.Detail!.Contains("pid 4242 is running."));
    }

    [Fact]
    public async Task What_the_agent_refuses_when_it_looks_again_ends_as_refused()
    {
        _agent.OnExecute = request => Task.FromResult(Some.Result(request, "refused", new("lock-changed", "The lock is another one now.")) with { Removed = null, QuarantinePath = null });
        var id = await StartAsync();
        var end = await EndOfAsync(id);

        Assert.Equal((OperationState.Refused, "The lock is another one now."), (end.State, end.Sentence));
        Assert.Equal(["intent", "refused"], (await AuditOfAsync(id)).Select(e => e.Outcome));
    }

    [Theory]
    [InlineData("changed", OperationState.ChangedMeanwhile)]
    [InlineData("gone", OperationState.AlreadyGone)]
    [InlineData("failed", OperationState.Failed)]
    [InlineData("something new", OperationState.Failed)]
    public async Task Every_outcome_has_its_state(string outcome, OperationState expected)
    {
        _agent.OnExecute = request => Task.FromResult(Some.Result(request, outcome));
        Assert.Equal(expected, (await EndOfAsync(await StartAsync())).State);
    }

    [Fact]
    public async Task When_the_audit_cannot_be_written_the_agent_is_not_asked()
    {
        await using (var db = await _console.Services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync())
            await db.Database.ExecuteSqlRawAsync("CREATE TRIGGER full_disk BEFORE INSERT ON Audit BEGIN SELECT RAISE(ABORT, 'disk full'); END");

        var start = Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(_operator, new(Target, "sha256:1", Reason)));

        Assert.IsType<ActError.AuditUnwritable>(start.Error);
        Assert.Empty(_agent.Executed);
        Assert.Empty(await Log.RecentAsync(10));
        Assert.NotEmpty(_console.Services.GetRequiredService<LiveState>().Current.Alerts);
    }

    [Fact]
    public async Task An_agent_that_falls_silent_leaves_the_operation_unknown_until_it_is_back_and_answers_under_the_same_id()
    {
        var silence = new TaskCompletionSource<OperationResult>();
        _agent.OnExecute = _ => silence.Task;
        var id = await StartAsync();
        await Wait.Until(() => _agent.Executed.Count == 1);
        _session.End("The connection to the agent broke.");
        await Wait.Until(() => Board.Find(id)!.State == OperationState.Unknown);
        Assert.Contains("The outcome is unknown", Board.Find(id)!.Sentence);
        Assert.Equal(OperationState.Unknown, (await Log.GetAsync(id))!.State);

        // The journal of the agent has the result: the same id is answered with it.
        _agent.OnExecute = request => Task.FromResult(Some.Result(request));
        await ConnectAsync();

        await Wait.Until(() => Board.Find(id)!.State == OperationState.Done, seconds: 30);
        Assert.Equal([id, id], _agent.Executed.Select(r => r.OperationId));
        Assert.Equal(["intent", "unknown", "done"], (await AuditOfAsync(id)).Select(e => e.Outcome));
    }

    [Fact]
    public async Task An_answer_about_another_operation_settles_nothing()
    {
        _agent.OnExecute = request => Task.FromResult(Some.Result(request) with { OperationId = Guid.NewGuid() });
        var id = await StartAsync();
        await Wait.Until(() => Board.Find(id)!.State == OperationState.Unknown);
        Assert.Equal(OperationState.Unknown, (await Log.GetAsync(id))!.State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_incomplete_answer_settles_nothing_and_is_asked_for_again(bool isNothing)
    {
        var times = 0;
        _agent.OnExecute = request => Task.FromResult(
            ++times > 1 ? Some.Result(request) : isNothing ? null! : Some.Result(request) with { Steps = null!, Summary = null!, Outcome = null! });
        var id = await StartAsync();
        Assert.Equal(OperationState.Unknown, (await EndOfAsync(id)).State);
        await Wait.Until(() => Board.Find(id)!.State == OperationState.Done, seconds: 30);
        Assert.NotNull(Board.Find(id)!.Steps);
    }

    [Fact]
    public async Task An_incomplete_preview_is_no_answer()
    {
        foreach (var answer in (PreviewAnswer[])[null!, new(null, "sha256:1", null!, null!, null), new(null, "sha256:1", [null!], [], null), new(null, null, [], [], new(null!, null!))])
        {
            _agent.OnPreview = _ => Task.FromResult(answer);
            Assert.IsType<ActError.NoAnswer>(Assert.IsType<PreviewOutcome.Refused>(await Previews.PreviewAsync(_operator, Target)).Error);
        }
    }

    [Fact]
    public async Task Progress_without_end_does_not_fill_the_memory()
    {
        var (told, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        _agent.OnExecute = async request =>
        {
            for (var step = 1; step <= 2_000; step++)
                await _session.Progress(new(request.OperationId, step, "Again", "running", null, DateTimeOffset.UtcNow));
            told.SetResult();
            await go.Task;
            return Some.Result(request);
        };
        var id = await StartAsync();
        await told.Task;
        await Wait.Until(() => Board.Find(id)!.Steps.Count > 0);
        Assert.InRange(Board.Find(id)!.Steps.Count, 1, 100);
        go.SetResult();
        Assert.Equal(OperationState.Done, (await EndOfAsync(id)).State);
    }

    [Fact]
    public void A_clock_that_is_set_back_neither_empties_nor_lengthens_the_minute_of_the_cap()
    {
        var clock = new ManualClock();
        var pace = new ActPace(clock);
        Assert.True(pace.TryTake("host-1", 1));
        clock.SetBack(TimeSpan.FromHours(1));
        Assert.False(pace.TryTake("host-1", 1));
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(pace.TryTake("host-1", 1));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(pace.TryTake("host-1", 1));
    }

    [Fact]
    public async Task Turning_back_is_a_row_of_the_audit()
    {
        await Command.CancelAsync(_operator, Target);
        Assert.Single(await _console.AuditAsync(), e => e is { Action: AuditActions.Cancelled, Actor: "olga", Path: "/var/mail/alice.lock" });
        Assert.Empty(_agent.Executed);
    }

    [Fact]
    public async Task A_kill_names_the_process_and_carries_the_head_of_the_consoles_chain()
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetOthersAsync(admin, HostGroup.DefaultId, "kill", 0));
        var target = await LivingAsync("kill");
        Assert.IsType<PreviewOutcome.Ready>(await Previews.PreviewAsync(admin, target));
        Assert.Equal(target.Process, Assert.Single(_agent.Previewed).Process);
        var id = Assert.IsType<StartOutcome.Started>(await Command.StartAsync(admin, new(target, "sha256:1", Reason, "4242"))).OperationId;
        await EndOfAsync(id);

        var asked = Assert.Single(_agent.Executed);
        Assert.Equal(("kill", target.Process), (asked.Action, asked.Process));
        Assert.Equal((await AuditOfAsync(id))[0].Hash, asked.ConsoleHead);
        Assert.Contains("4242", (await AuditOfAsync(id))[0].Detail);
    }

    [Theory]
    [InlineData("term")]
    [InlineData("kill")]
    [InlineData("rescue")]
    public async Task An_operator_may_ask_but_neither_end_nor_rescue(string action)
    {
        var start = Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(_operator, new(await LivingAsync(action), "sha256:1", Reason, "4242")));
        Assert.IsType<ActError.NotAllowed>(start.Error);
        Assert.IsType<StartOutcome.Started>(await Command.StartAsync(_operator, new(await LivingAsync("ask"), "sha256:1", Reason)));
        await Wait.Until(() => _agent.Executed.Count == 1);
        Assert.Equal("ask", _agent.Executed[0].Action);
    }

    [Fact]
    public async Task Rights_are_those_of_the_hosts_group_at_the_moment_of_the_request()
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        var viewer = await _console.UserAsync("vera", OpsRoles.Viewer);
        var command = _console.Services.GetRequiredService<RulesCommand>();
        Assert.NotNull(await command.AddGroupAsync(_operator, "Mine"));
        Assert.Null(await command.AddGroupAsync(admin, "Relays"));
        var group = (await command.ReadAsync()).Table.Groups[1].Id;
        Assert.Null(await command.PutHostAsync(admin, new("host-1", "mail1", HostGroup.DefaultId), group));
        Assert.Null(await command.SetRoleRightAsync(admin, group, "break", OpsRoles.Operator, false));
        Assert.Null(await command.SetUserRightAsync(admin, group, "break", viewer.FindFirstValue(ClaimTypes.NameIdentifier)!, true));

        Assert.IsType<ActError.NotAllowed>(Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(_operator, new(Target, "sha256:1", Reason))).Error);
        var started = Assert.IsType<StartOutcome.Started>(await Command.StartAsync(viewer, new(Target, "sha256:1", Reason)));
        await EndOfAsync(started.OperationId);
        Assert.Equal("vera", Assert.Single(_agent.Executed).Actor);
        var desk = _console.Services.GetRequiredService<IActDesk>();
        Assert.Equal((true, false), ((await desk.RightsAsync(viewer, "host-1")).May("break"), (await desk.RightsAsync(viewer, "host-2")).May("break")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("4243")]
    [InlineData("42 42")]
    public async Task A_kill_without_the_typed_pid_is_not_asked_for_whatever_the_page_did(string? typed)
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        var start = Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(admin, new(await LivingAsync("kill"), "sha256:1", Reason, typed)));
        Assert.IsType<ActError.PidNotTyped>(start.Error);
        Assert.Empty(_agent.Executed);
    }

    [Fact]
    public async Task A_process_that_is_a_different_one_now_is_not_asked_about()
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        var target = await LivingAsync("term");
        foreach (var other in (ProcessRef?[])[null, target.Process! with { Pid = 1 }, target.Process! with { StartTicks = 78 }, target.Process! with { BootId = Guid.NewGuid() }])
            Assert.IsType<ActError.ProcessChanged>(Assert.IsType<PreviewOutcome.Refused>(await Previews.PreviewAsync(admin, target with { Process = other })).Error);
        Assert.Empty(_agent.Previewed);
    }

    [Fact]
    public async Task What_the_host_forbids_is_refused_before_the_agent_is_asked_and_is_a_row()
    {
        var live = _console.Services.GetRequiredService<LiveState>();
        foreach (var closed in (Func<HostStatus, HostStatus>[])[
            s => s with { Policy = Some.Policy(false, "remove") }, s => s with { Policy = Some.Policy(shadow: true) }, s => s with { Policy = Some.Policy(), CircuitOpen = "too much failed." }])
        {
            live.ChangeStatus("host-1", closed);
            Assert.IsType<ActError.HostSaysNo>(Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(_operator, new(Target, "sha256:1", Reason))).Error);
        }
        Assert.Empty(_agent.Executed);
        Assert.Equal(3, (await _console.AuditAsync()).Count(e => e.Action == AuditActions.Refused));
    }

    [Fact]
    public async Task Settle_card_and_rescued_bytes_are_kept_with_the_operation()
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        var settle = new Settle([new(0.4, "pid 42 (exim4)", 1.5, StillThere: false)], null, null, ["look at it"]);
        var rescued = new RescuedFile("/var/lib/mailstore-ops/rescued/1", 5, "00", 1, [new("a@example.org", "<1@x>", "hello", null, 5)]);
        _agent.OnExecute = request => Task.FromResult(Some.Result(request) with { Settle = settle, Rescued = rescued, JournalHead = "abc" });
        var id = Assert.IsType<StartOutcome.Started>(await Command.StartAsync(admin, new(await LivingAsync("rescue"), "sha256:1", Reason))).OperationId;
        await EndOfAsync(id);

        var stored = (await Log.GetAsync(id))!;
        Assert.Equal("pid 42 (exim4)", StoredSteps.Read(stored.Evidence!.Settle, OpsJson.Default.Settle)!.Sightings[0].Who);
        Assert.Equal("<1@x>", StoredSteps.Read(stored.Evidence!.Rescued, OpsJson.Default.RescuedFile)!.NotInMailbox[0].MessageId);
        Assert.Equal("abc", stored.Evidence!.AgentHead);
        Assert.True(await Log.MatchesAuditAsync(id));
    }

    [Fact]
    public async Task A_break_that_was_done_can_be_taken_back_once_asked_with_a_reason()
    {
        var broken = await StartAsync();
        await EndOfAsync(broken);
        var undo = Assert.IsType<StartOutcome.Started>(await Undo.StartAsync(_operator, broken, "it was the wrong one"));
        var end = await EndOfAsync(undo.OperationId);

        Assert.Equal((OperationState.Done, "undo"), (end.State, end.Action));
        var asked = _agent.Executed[^1];
        Assert.Equal(("undo", (Guid?)broken, "/var/mail/alice.lock"), (asked.Action, asked.UndoOf, asked.Path));
        Assert.Equal(broken, (await Log.GetAsync(undo.OperationId))!.UndoOf);
    }

    [Fact]
    public async Task What_was_not_done_cannot_be_taken_back()
    {
        _agent.OnExecute = request => Task.FromResult(Some.Result(request, "gone"));
        var id = await StartAsync();
        await EndOfAsync(id);

        Assert.IsType<ActError.ActionNotOffered>(Assert.IsType<StartOutcome.NotStarted>(await Undo.StartAsync(_operator, id, Reason)).Error);
        Assert.IsType<ActError.FindingGone>(Assert.IsType<StartOutcome.NotStarted>(await Undo.StartAsync(_operator, Guid.NewGuid(), Reason)).Error);
        Assert.Single(_agent.Executed);
    }

    [Fact]
    public async Task Beyond_the_groups_cap_for_one_host_and_minute_nothing_more_is_asked_for()
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetGroupAsync(admin, HostGroup.DefaultId, "Default", 2, 10));
        await EndOfAsync(await StartAsync());
        await EndOfAsync(await StartAsync());
        var third = Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(_operator, new(Target, "sha256:1", Reason)));
        Assert.IsType<ActError.TooManyActs>(third.Error);
        Assert.Equal(2, _agent.Executed.Count);
        Assert.Single(await _console.AuditAsync(), e => e.Action == AuditActions.Refused);
    }

    [Fact]
    public async Task A_file_in_quarantine_can_be_put_back_whichever_act_took_it()
    {
        var kept = Kept(Some.Kept(1));
        var target = new ActTarget("host-1", "", "undo", Quarantined: kept.OperationId);
        var preview = Assert.IsType<PreviewOutcome.Ready>(await Previews.PreviewAsync(_operator, target));
        Assert.Equal((kept, null), (preview.Kept, preview.Need));
        var id = Assert.IsType<StartOutcome.Started>(await Command.StartAsync(_operator, new(target, preview.Answer.Fingerprint!, Reason))).OperationId;
        await EndOfAsync(id);

        var asked = Assert.Single(_agent.Executed);
        Assert.Equal(("undo", (Guid?)kept.OperationId, "/var/mail/1.lock", null), (asked.Action, asked.UndoOf, asked.Path, asked.Fingerprint));
        Assert.Equal(["intent", "done"], (await AuditOfAsync(id)).Select(e => e.Outcome));
        Assert.Equal("/var/mail/1.lock", (await AuditOfAsync(id))[0].Path);
    }

    [Fact]
    public async Task An_item_that_is_another_one_gone_or_held_back_is_neither_put_back_nor_purged()
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetOthersAsync(admin, HostGroup.DefaultId, "purge", 0));
        var target = new ActTarget("host-1", "", "purge", Quarantined: Kept(Some.Kept(1)).OperationId);
        var seen = Assert.IsType<PreviewOutcome.Ready>(await Previews.PreviewAsync(admin, target)).Answer.Fingerprint!;

        Kept(Some.Kept(1) with { Identity = Some.Kept(2).Identity });
        Assert.IsType<ActError.QuarantineChanged>(await NotStartedAsync(admin, target, seen));
        _agent.OnQuarantine = () => Task.FromResult(new QuarantineAnswer([], []));
        Assert.IsType<ActError.NotInQuarantine>(await NotStartedAsync(admin, target, seen));
        // What could not be read is not gone.
        _agent.OnQuarantine = () => Task.FromResult(new QuarantineAnswer([], [new("quarantine", "permission denied")]));
        Assert.Contains("permission denied", Assert.IsType<ActError.HostSaysNo>(await NotStartedAsync(admin, target, seen)).Sentence);
        _agent.OnQuarantine = () => throw new InvalidOperationException("not known");
        Assert.IsType<ActError.HostSaysNo>(await NotStartedAsync(admin, target, seen));
        Kept(Some.Kept(1) with { NoUndo = new("name-taken", "The name is taken.") });
        Assert.Equal("The name is taken.", (await NotStartedAsync(admin, target with { Action = "undo" }, seen)).Sentence);
        Assert.Empty(_agent.Executed);
        Assert.Equal(5, (await _console.AuditAsync()).Count(e => e is { Action: AuditActions.Refused, Actor: "anna" }));

        // Its time in quarantine and whether it can be put back are no part of what it is.
        Kept(Some.Kept(1) with { NoUndo = new("name-taken", "The name is taken."), PurgeAfter = default });
        await EndOfAsync(Assert.IsType<StartOutcome.Started>(await Command.StartAsync(admin, new(target, seen, Reason))).OperationId);
        Assert.Equal("purge", Assert.Single(_agent.Executed).Action);
    }

    [Fact]
    public async Task To_purge_needs_its_right_and_another_person_to_begin_with()
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        var target = new ActTarget("host-1", "", "purge", Quarantined: Kept(Some.Kept(1)).OperationId);
        var seen = Ops.Web.Features.Acts.Quarantined.QuarantineWords.Fingerprint(Some.Kept(1));
        Assert.IsType<ActError.NotAllowed>(await NotStartedAsync(_operator, target, seen));
        Assert.Equal(1, Assert.IsType<PreviewOutcome.Ready>(await Previews.PreviewAsync(admin, target)).Need!.Others);
        Assert.IsType<StartOutcome.Waiting>(await Command.StartAsync(admin, new(target, seen, Reason)));
        Assert.Empty(_agent.Executed);
    }

    [Fact]
    public async Task A_rule_that_others_agree_holds_for_an_undo_from_the_audit_as_well()
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        var broken = await StartAsync();
        await EndOfAsync(broken);
        Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetOthersAsync(admin, HostGroup.DefaultId, "undo", 1));
        Assert.IsType<ActError.NotInQuarantine>(Assert.IsType<StartOutcome.NotStarted>(await Undo.StartAsync(_operator, broken, Reason)).Error);
        Kept(Some.Kept(1) with { OperationId = broken });
        Assert.IsType<StartOutcome.Waiting>(await Undo.StartAsync(_operator, broken, Reason));
        Assert.Single(_agent.Executed);
    }

    private QuarantineItem Kept(QuarantineItem item)
    {
        _agent.OnQuarantine = () => Task.FromResult(new QuarantineAnswer([item], []));
        return item;
    }

    private async Task<ActError> NotStartedAsync(ClaimsPrincipal user, ActTarget target, string fingerprint) =>
        Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(user, new(target, fingerprint, Reason))).Error;

    private async Task<ActTarget> LivingAsync(string action)
    {
        var finding = Some.Living("bob", 4242, action);
        await _session.Snapshot(Some.Snapshot(1, Some.Finding("alice.lock", "stale"), finding));
        return ActTarget.Of(new("host-1", finding), Act.Find(action)!);
    }

    private async Task<Guid> StartAsync() =>
        Assert.IsType<StartOutcome.Started>(await Command.StartAsync(_operator, new(Target, "sha256:1", Reason))).OperationId;

    private async Task<OperationView> EndOfAsync(Guid id)
    {
        await Wait.Until(() => Board.Find(id)!.IsOver);
        return Board.Find(id)!;
    }

    private async Task<IReadOnlyList<AuditEntry>> AuditOfAsync(Guid id) =>
        await _console.Services.GetRequiredService<AuditSearch>().OfOperationAsync(id);

    private async Task<AgentSession> ConnectAsync()
    {
        var services = _console.Services;
        var session = new AgentSession(
            _agent, "test", isEmbedded: false, services.GetRequiredService<LiveState>(), services.GetRequiredService<AgentDirectory>(), LiveLimits.Default,
            TimeProvider.System, NullLogger<AgentSession>.Instance);
        await session.Hello(Some.Hello());
        await session.Snapshot(Some.Snapshot(1, Some.Finding("alice.lock", "stale")));
        return session;
    }
}
