using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Features.Approvals;
using Ops.Web.Features.Rules;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Approvals;

public sealed class ApprovalTests : IAsyncLifetime, IDisposable
{
    private const string Reason = "it hangs for hours";
    private static readonly Finding Living = Some.Living("bob", 4242, "term");
    private static readonly ActTarget Target = ActTarget.Of(new("host-1", Living), Act.Find("term")!);

    private readonly ConsoleFactory _console = new();
    private readonly FakeAgent _agent = new();
    private ClaimsPrincipal _anna = null!, _bert = null!, _olga = null!;
    private AgentSession _session = null!;

    private ActCommand Command => _console.Services.GetRequiredService<ActCommand>();

    private ActPreviews Previews => _console.Services.GetRequiredService<ActPreviews>();

    private ApprovalBook Book => _console.Services.GetRequiredService<ApprovalBook>();

    private ApprovalDesk Desk => _console.Services.GetRequiredService<ApprovalDesk>();

    private OperationBoard Board => _console.Services.GetRequiredService<OperationBoard>();

    public async Task InitializeAsync()
    {
        await _console.InitializeAsync();
        (_anna, _bert, _olga) = (await _console.UserAsync("anna", OpsRoles.Admin), await _console.UserAsync("bert", OpsRoles.Admin), await _console.UserAsync("olga", OpsRoles.Operator));
        var services = _console.Services;
        _session = new AgentSession(
            _agent, "test", isEmbedded: false, services.GetRequiredService<LiveState>(), services.GetRequiredService<AgentDirectory>(), LiveLimits.Default,
            TimeProvider.System, NullLogger<AgentSession>.Instance);
        await _session.Hello(Some.Hello());
        await _session.Snapshot(Some.Snapshot(1, Living, Some.Finding("alice.lock", "stale")));
    }

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task An_end_of_a_holder_needs_another_person_who_refreshes_first_and_starts_in_the_requesters_name()
    {
        Assert.Equal(1, Assert.IsType<PreviewOutcome.Ready>(await Previews.PreviewAsync(_anna, Target)).Need!.Others);
        var id = await AskAsync();
        Assert.Empty(_agent.Executed);
        Assert.NotNull(await Desk.ApproveAsync(_bert, id)); // has not looked yet

        _agent.Previewed.Clear();
        var look = await Desk.LookAsync(_bert, id);
        Assert.Null(Assert.Single(look.Rows).Problem);
        Assert.Equal(Target.Process, Assert.Single(_agent.Previewed).Process);
        Assert.Null(await Desk.ApproveAsync(_bert, id));
        await Wait.Until(() => Board.Find(id) is { IsOver: true });

        var asked = Assert.Single(_agent.Executed);
        Assert.Equal(("anna", "term", id), (asked.Actor, asked.Action, asked.OperationId));
        Assert.Equal(["bert"], asked.Approvers);
        Assert.Equal(ApprovalState.Approved, Book.Find(id)!.State);
        Assert.Equal(
            [("approval-requested", "waiting"), ("approved", "1 of 1"), ("term", "intent"), ("term", "done")],
            (await _console.Services.GetRequiredService<AuditSearch>().OfOperationAsync(id)).Select(e => (e.Action, e.Outcome!)));
        Assert.True(await _console.Services.GetRequiredService<OperationLog>().MatchesAuditAsync(id));
        Assert.NotNull(await Desk.ApproveAsync(_bert, id));
    }

    [Fact]
    public async Task The_requester_and_those_without_the_right_cannot_decide()
    {
        var id = await AskAsync();
        foreach (var person in (ClaimsPrincipal[])[_anna, _olga])
        {
            Assert.NotNull((await Desk.LookAsync(person, id)).Refusal);
            Assert.NotNull(await Desk.ApproveAsync(person, id));
            Assert.NotNull(await Desk.DenyAsync(person, id, null));
            Assert.False(await Desk.MayDecideAsync(Book.Find(id)!, person));
        }
        Assert.True(await Desk.MayDecideAsync(Book.Find(id)!, _bert));
        Assert.True(Book.Find(id)!.IsWaiting);
        Assert.Empty(_agent.Executed);
    }

    [Fact]
    public async Task A_purge_is_approved_by_a_person_who_sees_the_item_and_not_if_it_has_changed()
    {
        var kept = Some.Kept(1);
        _agent.OnQuarantine = () => Task.FromResult(new QuarantineAnswer([kept], []));
        var target = new ActTarget("host-1", "", "purge", Quarantined: kept.OperationId);
        var id = Assert.IsType<StartOutcome.Waiting>(await Command.StartAsync(_anna, new(target, Ops.Web.Features.Acts.Quarantined.QuarantineWords.Fingerprint(kept), Reason))).ApprovalId;
        var seen = kept;
        kept = kept with { Identity = Some.Kept(2).Identity };
        Assert.Contains("changed since the request", Assert.Single((await Desk.LookAsync(_bert, id)).Rows).Problem!, StringComparison.Ordinal);
        kept = seen;
        var row = Assert.Single((await Desk.LookAsync(_bert, id)).Rows);
        Assert.Equal((seen, null), (row.Kept, row.Problem));
        Assert.Null(await Desk.ApproveAsync(_bert, id));
        await Wait.Until(() => Board.Find(id) is { IsOver: true });
        Assert.Equal(("purge", seen.OperationId), (Assert.Single(_agent.Executed).Action, _agent.Executed[0].UndoOf));
        Assert.Equal(["bert"], _agent.Executed[0].Approvers);
    }

    [Fact]
    public async Task What_changed_since_it_was_asked_for_cannot_be_agreed_to()
    {
        var id = await AskAsync();
        _agent.OnPreview = _ => Task.FromResult(new PreviewAnswer(Living, "sha256:2", ["signal"], [], null));
        Assert.Contains("changed since the request", Assert.Single((await Desk.LookAsync(_bert, id)).Rows).Problem!, StringComparison.Ordinal);
        Assert.NotNull(await Desk.ApproveAsync(_bert, id));

        _agent.OnPreview = _ => Task.FromResult(new PreviewAnswer(Living, "sha256:1", [], [], new("process-changed", "pid 4242 is another one.")));
        Assert.Equal("pid 4242 is another one.", Assert.Single((await Desk.LookAsync(_bert, id)).Rows).Problem);
        Assert.NotNull(await Desk.ApproveAsync(_bert, id));
        Assert.True(Book.Find(id)!.IsWaiting);
        Assert.Empty(_agent.Executed);
    }

    [Fact]
    public async Task A_no_and_a_withdrawal_end_it()
    {
        var (denied, withdrawn) = (await AskAsync(), await AskAsync());
        Assert.Null(await Desk.DenyAsync(_bert, denied, "wait until tonight"));
        Assert.Equal("bert said no: wait until tonight", Book.Find(denied)!.Sentence);
        Assert.NotNull(await _console.Services.GetRequiredService<ApprovalBook>().WithdrawAsync(_bert, withdrawn));
        Assert.Null(await _console.Services.GetRequiredService<ApprovalBook>().WithdrawAsync(_anna, withdrawn));
        Assert.NotNull(await Desk.ApproveAsync(_bert, withdrawn));
        Assert.Empty(Book.Current.Waiting);
        Assert.Empty(_agent.Executed);
    }

    [Fact]
    public async Task A_requester_who_lost_the_right_in_between_gets_nothing_done()
    {
        var id = await AskAsync();
        await Desk.LookAsync(_bert, id);
        Assert.Null(await _console.Services.GetRequiredService<UsersCommand>().SetRoleAsync(_bert, _anna.FindFirstValue(ClaimTypes.NameIdentifier)!, OpsRoles.Operator));
        Assert.Null(await Desk.ApproveAsync(_bert, id));
        Assert.IsType<ActError.NotAllowed>(Book.Find(id)!.Problem);
        Assert.Empty(_agent.Executed);
    }

    [Fact]
    public async Task The_hosts_own_policy_can_ask_for_more_people_than_the_console()
    {
        _console.Services.GetRequiredService<LiveState>().ChangeStatus(
            "host-1", s => s with { Policy = Some.Policy() with { Approvers = new Dictionary<string, int> { ["term"] = 2, ["break"] = 1 } } });
        Assert.Equal(2, Assert.IsType<PreviewOutcome.Ready>(await Previews.PreviewAsync(_anna, Target)).Need!.Others);
        Assert.Equal(1, Assert.IsType<PreviewOutcome.Ready>(await Previews.PreviewAsync(_olga, new("host-1", "alice.lock", "break"))).Need!.Others);
        var id = await AskAsync();
        await Desk.LookAsync(_bert, id);
        Assert.Null(await Desk.ApproveAsync(_bert, id));
        Assert.Equal(["bert"], Book.Find(id)!.ApprovedBy);
        Assert.True(Book.Find(id)!.IsWaiting);
        Assert.Empty(_agent.Executed);
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData(0, 0)]
    [InlineData(2, 2)]
    public async Task A_break_that_may_go_by_the_weaker_protocol_needs_another_person_unless_the_hosts_policy_says_otherwise(int? said, int others)
    {
        await _session.Delta(Some.Delta(2, opened: [Some.Finding("w", "stale") with { Weaker = true }]));
        if (said is { } number)
        {
            _console.Services.GetRequiredService<LiveState>().ChangeStatus(
                "host-1", s => s with { Policy = Some.Policy() with { Approvers = new Dictionary<string, int> { ["weaker"] = number } } });
        }
        Assert.Equal(others, Assert.IsType<PreviewOutcome.Ready>(await Previews.PreviewAsync(_olga, new("host-1", "w", "break"))).Need?.Others ?? 0);
        Assert.Null(Assert.IsType<PreviewOutcome.Ready>(await Previews.PreviewAsync(_olga, new("host-1", "alice.lock", "break"))).Need);
    }

    [Fact]
    public async Task Break_glass_works_without_approvers_and_is_shown_to_all_until_another_administrator_acknowledges_it()
    {
        var glass = _console.Services.GetRequiredService<BreakGlassBook>();
        var id = Assert.IsType<StartOutcome.Started>(await Command.StartAsync(_anna, new(Target, "sha256:1", Reason, BreakGlass: "nobody else is awake"))).OperationId;
        await Wait.Until(() => Board.Find(id) is { IsOver: true });

        Assert.Equal("nobody else is awake", Assert.Single(_agent.Executed).BreakGlass);
        Assert.Equal(("anna", "term"), (Assert.Single(glass.Current.Uses).Actor, glass.Current.Uses[0].Action));
        var entries = await _console.Services.GetRequiredService<AuditSearch>().OfOperationAsync(id);
        Assert.Equal(["break-glass", "term", "term"], entries.Select(e => e.Action));
        Assert.All(entries.Skip(1), e => Assert.Contains("nobody else is awake", e.Detail));

        Assert.NotNull(await glass.AcknowledgeAsync(_olga, id));
        Assert.NotNull(await glass.AcknowledgeAsync(_anna, id));
        Assert.Null(await glass.AcknowledgeAsync(_bert, id));
        Assert.Empty(glass.Current.Uses);
    }

    [Fact]
    public async Task Break_glass_is_for_administrators_with_a_justification_where_the_host_allows_it()
    {
        Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetRoleRightAsync(_anna, HostGroup.DefaultId, "term", OpsRoles.Operator, true));
        await RefusedAsync(_olga, "nobody else is awake");
        await RefusedAsync(_anna, " x ");
        _console.Services.GetRequiredService<LiveState>().ChangeStatus("host-1", s => s with { Policy = Some.Policy() with { BreakGlassAllowed = false } });
        await RefusedAsync(_anna, "nobody else is awake");
        Assert.Empty(_agent.Executed);
        Assert.Empty(_console.Services.GetRequiredService<BreakGlassBook>().Current.Uses);
        Assert.Empty(Book.Current.Waiting);
        Assert.Equal(3, (await _console.AuditAsync()).Count(e => e.Action == AuditActions.Refused));
    }

    [Fact]
    public async Task A_rule_that_became_stricter_while_a_request_waited_holds_for_it()
    {
        var id = await AskAsync();
        Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetOthersAsync(_anna, HostGroup.DefaultId, "term", 2));
        await Desk.LookAsync(_bert, id);
        Assert.Null(await Desk.ApproveAsync(_bert, id));
        Assert.IsType<ActError.NotApproved>(Book.Find(id)!.Problem);
        Assert.Empty(_agent.Executed);
        Assert.Single(await _console.AuditAsync(), e => e.Action == AuditActions.Refused && e.OperationId == id);
    }

    [Fact]
    public async Task The_approval_of_a_person_who_lost_the_right_since_does_not_count()
    {
        var carl = await _console.UserAsync("carl", OpsRoles.Admin);
        Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetOthersAsync(_anna, HostGroup.DefaultId, "term", 2));
        var id = await AskAsync();
        await Desk.LookAsync(_bert, id);
        Assert.Null(await Desk.ApproveAsync(_bert, id));
        Assert.Null(await _console.Services.GetRequiredService<UsersCommand>().SetDisabledAsync(_anna, _bert.FindFirstValue(ClaimTypes.NameIdentifier)!, disabled: true));

        await Desk.LookAsync(carl, id);
        Assert.Contains("bert", await Desk.ApproveAsync(carl, id) ?? "", StringComparison.Ordinal);
        Assert.True(Book.Find(id)!.IsWaiting);
        Assert.Empty(_agent.Executed);
    }

    private async Task RefusedAsync(ClaimsPrincipal user, string justification) =>
        Assert.IsType<StartOutcome.NotStarted>(await Command.StartAsync(user, new(Target, "sha256:1", Reason, BreakGlass: justification)));

    private async Task<Guid> AskAsync() => Assert.IsType<StartOutcome.Waiting>(await Command.StartAsync(_anna, new(Target, "sha256:1", Reason))).ApprovalId;
}
