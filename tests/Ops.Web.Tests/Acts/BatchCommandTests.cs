using System.Globalization;
using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Batch;
using Ops.Web.Features.Approvals;
using Ops.Web.Features.Audit;
using Ops.Web.Features.Rules;
using Ops.Web.Live;

namespace Ops.Web.Tests.Acts;

public sealed class BatchCommandTests : IAsyncLifetime, IDisposable
{
    private const string Reason = "the night's crash";

    private readonly ConsoleFactory _console = new();
    private readonly FakeAgent _agent = new();
    private AgentSession _session = null!;
    private ClaimsPrincipal _operator = null!;

    private BatchCommand Bulk => _console.Services.GetRequiredService<BatchCommand>();

    public async Task InitializeAsync()
    {
        await _console.InitializeAsync();
        _operator = await _console.UserAsync("olga", OpsRoles.Operator);
        _agent.OnPreview = r => Task.FromResult(new PreviewAnswer(Found(r.FindingKey), "sha256:1", ["exchange"], [], null));
        var services = _console.Services;
        _session = new AgentSession(
            _agent, "test", isEmbedded: false, services.GetRequiredService<LiveState>(), services.GetRequiredService<AgentDirectory>(), LiveLimits.Default, TimeProvider.System,
            NullLogger<AgentSession>.Instance);
        await _session.Hello(Some.Hello());
        await _session.Snapshot(Some.Snapshot(1, [.. Enumerable.Range(1, 12).Select(n => Found(Key(n)))]));
    }

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task Rows_run_one_after_another_each_an_operation_of_its_own_under_one_id()
    {
        var atOnce = 0;
        _agent.OnExecute = async r =>
        {
            Assert.Equal(1, Interlocked.Increment(ref atOnce));
            await Task.Delay(20);
            Interlocked.Decrement(ref atOnce);
            return Some.Result(r);
        };
        var preview = await PreviewAsync(Rows(1, 2, 3));
        Assert.Null(preview.Need);
        var end = await EndAsync(preview);

        Assert.Equal("3 done", end.Sentence);
        Assert.Equal(["k1", "k2", "k3"], _agent.Executed.Select(r => r.FindingKey));
        Assert.All(_agent.Executed, r => Assert.Equal(("olga", Reason, "sha256:1"), (r.Actor, r.Reason, r.Fingerprint)));
        var entries = (await AuditAsync(end.Id)).OrderBy(e => e.Sequence).ToList();
        Assert.Equal(1 + 6, entries.Count);
        // Before any row: what tells of those that had no turn, should the console end in the middle.
        Assert.Equal((AuditActions.Bulk, "intent", Reason), (entries[0].Action, entries[0].Outcome, entries[0].Reason));
        Assert.All(["k1", "k2", "k3"], key => Assert.Contains($"break /var/mail/{key} on mail1", entries[0].Detail, StringComparison.Ordinal));
        Assert.Equal("3 done", BatchWords.Sum(await _console.Services.GetRequiredService<OperationLog>().OfBatchAsync(end.Id)));
        Assert.True(await _console.Services.GetRequiredService<OperationLog>().MatchesAuditAsync(_agent.Executed[0].OperationId));
        Assert.Equal(end.Id, AuditQuery.Parse($"/audit?batch={end.Id}").Batch);
    }

    [Fact]
    public async Task Turning_back_is_one_entry_that_names_every_row()
    {
        await Bulk.CancelAsync(_operator, await PreviewAsync(Rows(1, 2, 3)));

        var entry = Assert.Single((await _console.Services.GetRequiredService<AuditSearch>().FindAsync(new(Action: AuditActions.Cancelled), 0, 10)).Entries);
        Assert.Equal(("olga", "mail1", "The operator cancelled a batch of 3 rows."), (entry.Actor, entry.Host, entry.Outcome));
        Assert.All(["k1", "k2", "k3"], key => Assert.Contains($"break /var/mail/{key} on mail1", entry.Detail, StringComparison.Ordinal));
        Assert.Empty(_agent.Executed);
    }

    [Fact]
    public async Task What_may_go_by_the_weaker_protocol_is_for_one_at_a_time()
    {
        await _session.Delta(Some.Delta(2, changed: [Found("k2") with { Weaker = true }]));
        var preview = await PreviewAsync(Rows(1, 2));
        Assert.Null(preview.Rows[0].Problem);
        Assert.Contains("weaker protocol", preview.Rows[1].Problem, StringComparison.Ordinal);
    }

    // The list is behind; the agent's fresh look says that it may have to go by the weaker protocol.
    [Fact]
    public async Task What_the_fresh_look_calls_weaker_drops_out_of_several_too()
    {
        _agent.OnPreview = r => Task.FromResult(new PreviewAnswer(Found(r.FindingKey) with { Weaker = r.FindingKey == "k2" ? true : null }, "sha256:1", [], [], null));
        var preview = await PreviewAsync(Rows(1, 2));
        Assert.Null(preview.Rows[0].Problem);
        Assert.Contains("weaker protocol", preview.Rows[1].Problem ?? "", StringComparison.Ordinal);
    }

    // It became so after the preview; with the approval for several rows the agent would do it.
    [Fact]
    public async Task A_weaker_break_is_not_done_among_several_that_are_approved()
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetGroupAsync(admin, HostGroup.DefaultId, "Default", 30, 2));
        var preview = await PreviewAsync(Rows(1, 2, 3));
        var id = Assert.IsType<StartOutcome.Waiting>(await Bulk.StartAsync(_operator, new(preview, Reason, true))).ApprovalId;
        await _session.Delta(Some.Delta(2, changed: [Found("k2") with { Weaker = true }]));
        _agent.OnPreview = r => Task.FromResult(new PreviewAnswer(Found(r.FindingKey) with { Weaker = r.FindingKey == "k2" ? true : null }, "sha256:1", [], [], null));
        var desk = _console.Services.GetRequiredService<ApprovalDesk>();
        await desk.LookAsync(admin, id);
        Assert.Null(await desk.ApproveAsync(admin, id));
        await FollowAsync(id);
        Assert.DoesNotContain("k2", _agent.Executed.Select(r => r.FindingKey));
    }

    [Fact]
    public async Task Rows_that_changed_went_or_are_refused_drop_out_and_are_reported_and_recorded()
    {
        var rows = Rows(1, 2, 3, 4, 5);
        await _session.Delta(Some.Delta(2, changed: [Found("k4") with { Actions = [], Verdict = "held" }], closed: ["k3"]));
        _agent.OnPreview = r => Task.FromResult(r.FindingKey switch
        {
            "k1" => new PreviewAnswer(Found("k1"), "sha256:2", [], [], null),
            "k2" => new PreviewAnswer(null, null, [], [], new("holder-alive", "pid 4242 is alive.")),
            _ => new PreviewAnswer(Found(r.FindingKey), "sha256:1", [], [], null),
        });
        var preview = await PreviewAsync(rows);
        Assert.Equal(["It has changed since you saw it.", "pid 4242 is alive.", "no more", "not possible here", null], preview.Rows.Select(r =>
            r.Problem is { } p && p.Contains("no longer exists", StringComparison.Ordinal) ? "no more" : r.Problem?.Contains("not possible here", StringComparison.Ordinal) == true ? "not possible here" : r.Problem));
        var end = await EndAsync(preview);
        Assert.Equal("1 done, 4 dropped out", end.Sentence);
        Assert.Equal("k5", Assert.Single(_agent.Executed).FindingKey);
        await Wait.Until(async () => (await AuditAsync(end.Id)).Count(e => e.Action == AuditActions.Refused) == 4);
        Assert.Contains(await AuditAsync(end.Id), e => e.Path == "/var/mail/k3" && e.Detail!.Contains("no longer exists", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_agent_has_the_last_word_on_each_row()
    {
        _agent.OnExecute = r => Task.FromResult(r.FindingKey == "k2" ? Some.Result(r, "changed", new("changed", "It is another lock now.")) : Some.Result(r));
        var end = await EndAsync(await PreviewAsync(Rows(1, 2, 3)));
        Assert.Equal("2 done, 1 refused", end.Sentence);
        Assert.Equal("It is another lock now.", end.Rows[1].Sentence);
    }

    [Theory]
    [InlineData(true, "1 done, 1 failed, 2 not started")]
    [InlineData(false, "3 done, 1 failed")]
    public async Task The_rest_of_a_batch_is_left_after_a_failure_unless_set_otherwise(bool stop, string sentence)
    {
        _agent.OnExecute = r => Task.FromResult(Some.Result(r, r.FindingKey == "k2" ? "failed" : "done"));
        Assert.Equal(sentence, (await EndAsync(await PreviewAsync(Rows(1, 2, 3, 4)), stop)).Sentence);
    }

    [Fact]
    public async Task What_is_over_the_cap_of_the_host_is_refused_and_not_queued()
    {
        _console.Services.GetRequiredService<LiveState>().ChangeStatus("host-1", s => s with { Policy = Some.Policy() with { MaxActsPerMinute = 2 } });
        var preview = await PreviewAsync(Rows(1, 2, 3, 4));
        Assert.Contains("mail1 allows 2 acts per minute", Assert.Single(preview.Warnings), StringComparison.Ordinal);
        var end = await EndAsync(preview);
        Assert.Equal("2 done, 2 refused", end.Sentence);
        Assert.Equal(2, _agent.Executed.Count);
        Assert.Equal(2, (await AuditAsync(end.Id)).Count(e => e.Action == AuditActions.Refused));
    }

    [Fact]
    public async Task A_batch_above_the_groups_number_waits_for_a_person_who_sees_exactly_these_rows()
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetGroupAsync(admin, HostGroup.DefaultId, "Default", 30, 2));
        var preview = await PreviewAsync(Rows(1, 2, 3));
        Assert.Equal((1, false), (preview.Need!.Others, preview.Need.MayBreakGlass));
        var id = Assert.IsType<StartOutcome.Waiting>(await Bulk.StartAsync(_operator, new(preview, Reason, true))).ApprovalId;
        Assert.Empty(_agent.Executed);

        var desk = _console.Services.GetRequiredService<ApprovalDesk>();
        Assert.NotNull(await desk.ApproveAsync(_operator, id));
        _agent.OnPreview = r => Task.FromResult(new PreviewAnswer(Found(r.FindingKey), r.FindingKey == "k2" ? "sha256:2" : "sha256:1", [], [], null));
        Assert.Equal([1, 2, 3], (await desk.LookAsync(admin, id)).Rows.Select(r => r.Item.Number));
        Assert.Null(await desk.ApproveAsync(admin, id));
        var end = await FollowAsync(id);
        Assert.Equal("2 done, 1 dropped out", end.Sentence);
        Assert.Equal(["k1", "k3"], _agent.Executed.Select(r => r.FindingKey));
        Assert.All(_agent.Executed, r => Assert.Equal(("olga", "anna"), (r.Actor, Assert.Single(r.Approvers))));
        await Wait.Until(async () => (await AuditAsync(id)).Count == 3 + 4 + 1); // asked for, agreed, begun; two rows with intent and outcome; one that dropped out
    }

    // A desk without memory is what a restart leaves, and what another console of the fleet has.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_row_that_one_of_two_did_not_agree_to_is_not_done_also_after_a_restart(bool restarted)
    {
        var (anna, bert) = (await _console.UserAsync("anna", OpsRoles.Admin), await _console.UserAsync("bert", OpsRoles.Admin));
        Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetOthersAsync(anna, HostGroup.DefaultId, "break", 2));
        var id = Assert.IsType<StartOutcome.Waiting>(await Bulk.StartAsync(_operator, new(await PreviewAsync(Rows(1, 2, 3)), Reason, true))).ApprovalId;
        var changed = true;
        _agent.OnPreview = r => Task.FromResult(new PreviewAnswer(Found(r.FindingKey), changed && r.FindingKey == "k2" ? "sha256:2" : "sha256:1", [], [], null));
        var desk = _console.Services.GetRequiredService<ApprovalDesk>();
        await desk.LookAsync(anna, id);
        Assert.Null(await desk.ApproveAsync(anna, id));

        changed = false;
        if (restarted)
            desk = ActivatorUtilities.CreateInstance<ApprovalDesk>(_console.Services);
        await desk.LookAsync(bert, id);
        var why = await desk.ApproveAsync(bert, id);
        await FollowAsync(id);
        Assert.Null(why);
        Assert.Equal(["k1", "k3"], _agent.Executed.Select(r => r.FindingKey));
    }

    [Fact]
    public async Task A_rule_that_became_stricter_between_the_rows_holds_for_those_that_are_left()
    {
        var admin = await _console.UserAsync("anna", OpsRoles.Admin);
        var preview = await PreviewAsync(Rows(1, 2));
        _agent.OnExecute = async r =>
        {
            Assert.Null(await _console.Services.GetRequiredService<RulesCommand>().SetOthersAsync(admin, HostGroup.DefaultId, "break", 1));
            return Some.Result(r);
        };
        Assert.Equal("1 done, 1 refused", (await EndAsync(preview)).Sentence);
        Assert.Equal("k1", Assert.Single(_agent.Executed).FindingKey);
    }

    [Fact]
    public async Task Each_act_needs_its_own_right_and_a_reason()
    {
        var viewer = await _console.UserAsync("vera", OpsRoles.Viewer);
        var preview = await Bulk.PreviewAsync(viewer, Rows(1), _ => { }, default);
        Assert.Contains("Your account is not allowed to", preview.Rows[0].Problem, StringComparison.Ordinal);
        var seen = await PreviewAsync(Rows(1));
        Assert.IsType<ActError.ReasonUnusable>(Assert.IsType<StartOutcome.NotStarted>(await Bulk.StartAsync(_operator, new(seen, " ", true))).Error);
        // Somebody else's preview gives no right.
        var end = await FollowAsync(Assert.IsType<StartOutcome.Started>(await Bulk.StartAsync(viewer, new(seen, Reason, true))).OperationId);
        Assert.Equal("1 refused", end.Sentence);
        Assert.Empty(_agent.Executed);
    }

    private static string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"k{number}");

    private static Finding Found(string key) => Some.Finding(key, "stale");

    private static IReadOnlyList<BatchRow> Rows(params int[] numbers) => [.. numbers.Select((n, i) => BatchRow.Of(i + 1, new("host-1", Found(Key(n)))))];

    private Task<BatchPreview> PreviewAsync(IReadOnlyList<BatchRow> rows) => Bulk.PreviewAsync(_operator, rows, _ => { }, default);

    private async Task<BatchView> EndAsync(BatchPreview preview, bool stop = true) =>
        await FollowAsync(Assert.IsType<StartOutcome.Started>(await Bulk.StartAsync(_operator, new(preview, Reason, stop))).OperationId);

    private async Task<BatchView> FollowAsync(Guid id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var follow = Bulk.Follow(id, limit.Token)!;
        if (follow.Initial.IsOver)
            return follow.Initial;
        await foreach (var view in follow.Changes)
        {
            if (view.IsOver)
                return view;
        }
        throw new InvalidOperationException("it did not end");
    }

    private async Task<IReadOnlyList<AuditEntry>> AuditAsync(Guid bulk) => (await _console.Services.GetRequiredService<AuditSearch>().FindAsync(new(Batch: bulk), 0, 100)).Entries;
}
