using System.Net;
using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Api;
using Ops.Web.Features.Approvals;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;

namespace Ops.Web.Tests.Api;

/// <summary>Acts over HTTP, on an agent that does what a test says.</summary>
public sealed class ApiActTests : IAsyncLifetime, IDisposable
{
    private const string Reason = "alice cannot send mail";

    private readonly ConsoleFactory _console = new();
    private readonly FakeAgent _agent = new();
    private string _token = "";
    private ClaimsPrincipal _anna = new();

    public async Task InitializeAsync()
    {
        await _console.InitializeAsync();
        var services = _console.Services;
        var session = new AgentSession(
            _agent, "test", isEmbedded: false, services.GetRequiredService<LiveState>(), services.GetRequiredService<AgentDirectory>(), LiveLimits.Default,
            TimeProvider.System, NullLogger<AgentSession>.Instance);
        await session.Hello(Some.Hello());
        await session.Snapshot(Some.Snapshot(1, Some.Finding("alice.lock", "stale"), Some.Living("mbox", 4242, "kill")));
        _anna = await _console.UserAsync("anna", OpsRoles.Admin);
        _token = (await services.GetRequiredService<ApiTokensCommand>().CreateToActAsync(_anna, "deploy", 30)).Plain!;
    }

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task A_lock_is_broken_as_on_the_pages_and_the_audit_names_person_and_token()
    {
        using var client = new ApiClient(_console.Address, _token);
        var preview = await client.PreviewActAsync(new("mail1", "break", "alice.lock"));
        Assert.Equal(("host-1", "/var/mail/alice.lock", "sha256:1", 0), (preview.HostId, preview.Path, preview.Fingerprint, preview.Approvers));
        Assert.Equal(["exchange"], preview.Steps);

        var id = Guid.NewGuid();
        var begun = await client.StartActAsync(new(id, "host-1", "break", preview.Fingerprint, Reason, preview.Key));
        Assert.Equal(id, begun.Id);
        var end = await EndAsync(client, id);

        Assert.Equal(("done", "The lock was taken over and released.", "anna (API token deploy)"), (end.State, end.Sentence, end.Actor));
        Assert.Equal("Take the breaker mutex", Assert.Single(end.Steps).Title);
        var asked = Assert.Single(_agent.Executed);
        Assert.Equal((id, "break", "sha256:1", "anna (API token deploy)", Reason), (asked.OperationId, asked.Action, asked.Fingerprint, asked.Actor, asked.Reason));
        var entries = (await client.AuditAsync(text: "anna (API token deploy)")).Items;
        Assert.Equal(["done", "intent"], entries.Select(e => e.Outcome));
    }

    [Fact]
    public async Task The_same_order_again_begins_nothing_and_another_one_under_its_id_is_refused()
    {
        using var client = new ApiClient(_console.Address, _token);
        ActOrder order = new(Guid.NewGuid(), "host-1", "break", "sha256:1", Reason, "alice.lock");

        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => client.TryStartActAsync(order)));

        Assert.All(all, a => Assert.True(a is HttpStatusCode.OK or HttpStatusCode.Accepted or HttpStatusCode.Conflict, a.ToString()));
        Assert.Contains(HttpStatusCode.Accepted, all);
        await EndAsync(client, order.OperationId);
        Assert.Equal(order.OperationId, (await client.StartActAsync(order)).Id);
        Assert.Single(_agent.Executed);
        foreach (var other in new[] { order with { Reason = "another reason" }, order with { Key = "mbox" }, order with { Fingerprint = "sha256:2" }, order with { Action = "remove" } })
            Assert.Equal(("id-in-use", "This operationId belongs to another act. Choose a new one."), await RefusedAsync(other, HttpStatusCode.Conflict));
        Assert.Single(_agent.Executed);
    }

    [Fact]
    public async Task A_refusal_is_a_problem_with_the_sentence_of_the_pages()
    {
        ActOrder order = new(Guid.NewGuid(), "host-1", "break", "sha256:1", Reason, "alice.lock");

        Assert.Equal("reason-unusable", (await RefusedAsync(order with { Reason = "x" }, HttpStatusCode.BadRequest)).Reason);
        Assert.Equal("finding-gone", (await RefusedAsync(order with { Key = "bob.lock" }, HttpStatusCode.NotFound)).Reason);
        Assert.Equal("not-offered", (await RefusedAsync(order with { Action = "remove" }, HttpStatusCode.Conflict)).Reason);
        // The process that was seen is not the one of now.
        Assert.Equal("process-changed", (await RefusedAsync(order with { Action = "kill", Key = "mbox", Process = new(4242, 78, Some.Boot) }, HttpStatusCode.Conflict)).Reason);
        Assert.Equal("pid-not-typed", (await RefusedAsync(order with { Action = "kill", Key = "mbox", Process = new(4242, 77, Some.Boot) }, HttpStatusCode.BadRequest)).Reason);
        Assert.Empty(_agent.Executed);
        _agent.OnPreview = _ => Task.FromResult(new PreviewAnswer(null, null, [], [], new("holder-alive", "Its holder lives.")));
        using var client = new ApiClient(_console.Address, _token);
        using var answer = await client.PostAsync("/acts/preview", """{"host":"host-1","action":"break","key":"alice.lock"}""");
        Assert.Equal("Its holder lives.", await ApiClient.ProblemAsync(answer, HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task A_token_that_only_reads_does_not_act()
    {
        var tokens = _console.Services.GetRequiredService<ApiTokens>();
        using var reader = new ApiClient(_console.Address, (await tokens.CreateAsync("reader", TimeSpan.FromDays(1), "anna")).Plain);
        using var none = new ApiClient(_console.Address, null);
        foreach (var (client, status) in new[] { (reader, HttpStatusCode.Forbidden), (none, HttpStatusCode.Unauthorized) })
        {
            foreach (var path in new[] { "/acts", "/acts/preview" })
            {
                using var answer = await client.PostAsync(path, "{}");
                await ApiClient.ProblemAsync(answer, status);
            }
        }
        Assert.Empty(_agent.Previewed);
    }

    [Fact]
    public async Task A_kill_needs_the_pid_once_more()
    {
        using var client = new ApiClient(_console.Address, _token);
        var preview = await client.PreviewActAsync(new("host-1", "kill", "mbox"));
        Assert.Equal(new ProcessRef(4242, 77, Some.Boot), preview.Process);
        ActOrder order = new(Guid.NewGuid(), "host-1", "kill", preview.Fingerprint, Reason, "mbox", preview.Process);

        Assert.Equal("pid-not-typed", (await RefusedAsync(order, HttpStatusCode.BadRequest)).Reason);
        Assert.Equal("pid-not-typed", (await RefusedAsync(order with { TypedPid = "4243" }, HttpStatusCode.BadRequest)).Reason);
        Assert.Equal("process-changed", (await RefusedAsync(order with { Process = null, TypedPid = "4242" }, HttpStatusCode.Conflict)).Reason);
        Assert.Empty(_agent.Executed);

        // By the rules that a console begins with, another person has to agree.
        Assert.Equal("waiting-for-approval", (await client.StartActAsync(order with { TypedPid = "4242" })).State);
        await AgreeAsync(await _console.UserAsync("bob", OpsRoles.Admin), order.OperationId);
        await EndAsync(client, order.OperationId);
        var asked = Assert.Single(_agent.Executed);
        Assert.Equal(("kill", preview.Process), (asked.Action, asked.Process));
    }

    [Fact]
    public async Task The_policy_and_the_pace_of_the_host_hold()
    {
        var live = _console.Services.GetRequiredService<LiveState>();
        live.ChangeStatus("host-1", s => s with { Policy = Some.Policy(shadow: true) });
        Assert.Equal("host-says-no", (await RefusedAsync(Break(), HttpStatusCode.Conflict)).Reason);
        live.ChangeStatus("host-1", s => s with { Policy = Some.Policy(shadow: false, "ask") });
        Assert.Equal("host-says-no", (await RefusedAsync(Break(), HttpStatusCode.Conflict)).Reason);
        Assert.Empty(_agent.Executed);

        live.ChangeStatus("host-1", s => s with { Policy = Some.Policy() with { MaxActsPerMinute = 1 } });
        using var client = new ApiClient(_console.Address, _token);
        var first = Break();
        await client.StartActAsync(first);
        await EndAsync(client, first.OperationId);
        Assert.Equal("too-many-acts", (await RefusedAsync(Break(), HttpStatusCode.TooManyRequests)).Reason);
        Assert.Single(_agent.Executed);
    }

    [Fact]
    public async Task A_token_that_was_revoked_or_has_expired_does_not_act()
    {
        var (id, tokens) = (_anna.FindFirstValue(ClaimTypes.NameIdentifier)!, _console.Services.GetRequiredService<ApiTokens>());
        var (revoked, plain) = await tokens.CreateToActAsync("revoked", TimeSpan.FromDays(1), "anna", id);
        using (var good = new ApiClient(_console.Address, plain))
            Assert.Equal("break", (await good.PreviewActAsync(new("host-1", "break", "alice.lock"))).Action);
        _agent.Previewed.Clear();
        await tokens.RevokeAsync(revoked.Id, "anna");

        foreach (var token in new[] { plain, (await tokens.CreateToActAsync("expired", TimeSpan.FromDays(-1), "anna", id)).Plain })
        {
            using var client = new ApiClient(_console.Address, token);
            foreach (var (path, body) in new[] { ("/acts", ApiClient.JsonOf(Break())), ("/acts/preview", ApiClient.JsonOf(new ActQuestion("host-1", "break", "alice.lock"))) })
            {
                using var answer = await client.PostAsync(path, body);
                await ApiClient.ProblemAsync(answer, HttpStatusCode.Unauthorized);
            }
        }
        Assert.Empty(_agent.Previewed);
        Assert.Empty(_agent.Executed);
    }

    [Fact]
    public async Task A_token_that_is_revoked_after_its_request_came_in_does_not_act()
    {
        var (id, tokens) = (_anna.FindFirstValue(ClaimTypes.NameIdentifier)!, _console.Services.GetRequiredService<ApiTokens>());
        var (token, _) = await tokens.CreateToActAsync("late", TimeSpan.FromDays(1), "anna", id);
        ClaimsPrincipal program = new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, id), new(ClaimTypes.Name, "API token late"), new(Actors.ByToken, token.Id.ToString())], "ApiToken"));
        var actors = _console.Services.GetRequiredService<Actors>();
        Assert.Equal("anna (API token late)", (await actors.FindAsync(program))!.Name);
        await tokens.RevokeAsync(token.Id, "anna");

        var outcome = await _console.Services.GetRequiredService<ActCommand>().StartAsync(program, new(new("host-1", "alice.lock", "break"), "sha256:1", Reason));

        Assert.IsType<ActError.NotAllowed>(Assert.IsType<StartOutcome.NotStarted>(outcome).Error);
        Assert.Empty(_agent.Executed);
        Assert.Equal("API token late", (await _console.AuditAsync())[^1].Actor);
    }

    [Fact]
    public async Task A_token_that_only_reads_acts_in_the_name_of_no_person()
    {
        var (token, _) = await _console.Services.GetRequiredService<ApiTokens>().CreateAsync("reader", TimeSpan.FromDays(1), "anna");
        ClaimsPrincipal program = new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, _anna.FindFirstValue(ClaimTypes.NameIdentifier)!), new(Actors.ByToken, token.Id.ToString())], "ApiToken"));
        Assert.Null(await _console.Services.GetRequiredService<Actors>().FindAsync(program));
    }

    [Fact]
    public async Task A_person_who_is_demoted_takes_the_right_to_act_from_the_token()
    {
        var (bob, plain) = await OtherAsync("bob", OpsRoles.Admin);
        _token = plain;
        using (var client = new ApiClient(_console.Address, _token))
            Assert.Equal("break", (await client.PreviewActAsync(new("host-1", "break", "alice.lock"))).Action);

        Assert.Null(await _console.Services.GetRequiredService<UsersCommand>().SetRoleAsync(_anna, bob.FindFirstValue(ClaimTypes.NameIdentifier)!, OpsRoles.Viewer));

        await NotAllowedAsync("bob (API token of bob)");
    }

    [Fact]
    public async Task A_person_who_is_disabled_takes_the_right_to_act_from_the_token()
    {
        var (bob, plain) = await OtherAsync("bob", OpsRoles.Admin);
        _token = plain;
        Assert.Null(await _console.Services.GetRequiredService<UsersCommand>().SetDisabledAsync(_anna, bob.FindFirstValue(ClaimTypes.NameIdentifier)!, disabled: true));

        await NotAllowedAsync("API token of bob");
    }

    [Fact]
    public async Task A_token_of_a_viewer_or_of_no_person_does_not_act()
    {
        (_, _token) = await OtherAsync("vera", OpsRoles.Viewer);
        await NotAllowedAsync("vera (API token of vera)");

        _token = (await _console.Services.GetRequiredService<ApiTokens>().CreateToActAsync("of no person", TimeSpan.FromDays(1), "x", Guid.NewGuid().ToString())).Plain;
        await NotAllowedAsync("API token of no person");
    }

    [Fact]
    public async Task Only_an_administrator_makes_a_token_that_acts()
    {
        var command = _console.Services.GetRequiredService<ApiTokensCommand>();
        foreach (var role in new[] { OpsRoles.Viewer, OpsRoles.Operator })
        {
            var (plain, refusal) = await command.CreateToActAsync(await _console.UserAsync("a-" + role, role), "mine", 1);
            Assert.Equal((null, "Only administrators can make API tokens."), (plain, refusal));
        }
    }

    [Fact]
    public async Task An_act_that_others_have_to_agree_to_waits_for_them()
    {
        NeedOneOther();
        using var client = new ApiClient(_console.Address, _token);
        Assert.Equal(1, (await client.PreviewActAsync(new("host-1", "break", "alice.lock"))).Approvers);
        var order = Break();

        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => client.TryStartActAsync(order)));
        Assert.All(all, a => Assert.True(a is HttpStatusCode.OK or HttpStatusCode.Accepted, a.ToString()));
        var waits = await client.StartActAsync(order);
        Assert.Equal(("waiting-for-approval", false), (waits.State, waits.IsOver));
        Assert.Equal("Waiting for one other person to agree.", (await client.OperationAsync(order.OperationId)).Sentence);
        Assert.Equal("id-in-use", (await RefusedAsync(order with { Key = "bob.lock" }, HttpStatusCode.Conflict)).Reason);
        Assert.Single(await _console.AuditAsync(), e => e.Action == "approval-requested");
        Assert.Empty(_agent.Executed);
    }

    [Fact]
    public async Task Who_made_the_token_does_not_approve_and_the_audit_of_the_act_names_all()
    {
        NeedOneOther();
        using var client = new ApiClient(_console.Address, _token);
        var order = Break();
        await client.StartActAsync(order);
        var desk = _console.Services.GetRequiredService<ApprovalDesk>();
        await desk.LookAsync(_anna, order.OperationId);
        Assert.NotNull(await desk.ApproveAsync(_anna, order.OperationId));
        Assert.Empty(_agent.Executed);

        await AgreeAsync(await _console.UserAsync("bob", OpsRoles.Admin), order.OperationId);

        var end = await EndAsync(client, order.OperationId);
        Assert.Equal(("done", "anna (API token deploy)"), (end.State, end.Actor));
        var asked = Assert.Single(_agent.Executed);
        Assert.Equal(("anna (API token deploy)", "bob"), (asked.Actor, Assert.Single(asked.Approvers)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_others_agree_to_is_refused_when_its_token_was_revoked_or_has_expired(bool isRevoked)
    {
        NeedOneOther();
        var (id, tokens) = (_anna.FindFirstValue(ClaimTypes.NameIdentifier)!, _console.Services.GetRequiredService<ApiTokens>());
        var (token, plain) = await tokens.CreateToActAsync("night", TimeSpan.FromDays(1), "anna", id);
        var order = Break();
        using (var program = new ApiClient(_console.Address, plain))
            Assert.Equal("waiting-for-approval", (await program.StartActAsync(order)).State);
        if (isRevoked)
            await tokens.RevokeAsync(token.Id, "anna");
        else
            await ExpireAsync(token.Id);

        await AgreeAsync(await _console.UserAsync("bob", OpsRoles.Admin), order.OperationId);

        await RefusedInTheEndAsync(order.OperationId, "The API token that requested this was revoked or has expired, so nothing was done.", "anna (API token night)");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_others_agree_to_is_refused_when_the_person_of_the_token_lost_the_right(bool isDisabled)
    {
        NeedOneOther();
        var (carl, plain) = await OtherAsync("carl", OpsRoles.Operator);
        var order = Break();
        using (var program = new ApiClient(_console.Address, plain))
            Assert.Equal("waiting-for-approval", (await program.StartActAsync(order)).State);
        var (users, carlId) = (_console.Services.GetRequiredService<UsersCommand>(), carl.FindFirstValue(ClaimTypes.NameIdentifier)!);
        Assert.Null(isDisabled ? await users.SetDisabledAsync(_anna, carlId, disabled: true) : await users.SetRoleAsync(_anna, carlId, OpsRoles.Viewer));

        await AgreeAsync(await _console.UserAsync("bob", OpsRoles.Admin), order.OperationId);

        await RefusedInTheEndAsync(order.OperationId, new ActError.NotAllowed("break").Sentence, "carl (API token of carl)");
    }

    [Theory]
    [InlineData("", "The request cannot be read")]
    [InlineData("null", "empty")]
    [InlineData("[]", "cannot be read")]
    [InlineData("{}", "operationId")]
    [InlineData("{\"operationId\":7}", "cannot be read")]
    [InlineData("{\"operationId\":\"0192d3a4-0000-7000-8000-000000000001\",\"host\":\"host-1\"}", "version 4")]
    [InlineData("{\"operationId\":\"0192d3a4-0000-4000-8000-000000000001\"}", "host")]
    [InlineData("{\"operationId\":\"0192d3a4-0000-4000-8000-000000000001\",\"host\":\"host-1\"}", "fingerprint")]
    [InlineData("{\"operationId\":\"0192d3a4-0000-4000-8000-000000000001\",\"host\":\"host-1\",\"fingerprint\":\"f\",\"reason\":\"abc\",\"action\":\"format\"}", "break")]
    [InlineData("{\"operationId\":\"0192d3a4-0000-4000-8000-000000000001\",\"host\":\"host-1\",\"fingerprint\":\"f\",\"reason\":\"abc\",\"action\":\"break\"}", "key")]
    [InlineData("{\"operationId\":\"0192d3a4-0000-4000-8000-000000000001\",\"host\":\"host-1\",\"fingerprint\":\"f\",\"reason\":\"abc\",\"action\":\"undo\"}", "quarantined")]
    public async Task An_order_that_makes_no_sense_is_a_problem_that_says_why(string body, string part)
    {
        using var client = new ApiClient(_console.Address, _token);
        using var answer = await client.PostAsync("/acts", body);
        Assert.InRange((int)answer.StatusCode, 400, 404);
        Assert.Contains(part, await ApiClient.ProblemAsync(answer, answer.StatusCode), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_order_larger_than_any_is_not_read()
    {
        using var client = new ApiClient(_console.Address, _token);
        using var answer = await client.PostAsync("/acts", "{\"reason\":\"" + new string('x', 200_000) + "\"}");
        await ApiClient.ProblemAsync(answer, HttpStatusCode.RequestEntityTooLarge);
    }

    private static ActOrder Break() => new(Guid.NewGuid(), "host-1", "break", "sha256:1", Reason, "alice.lock");

    private void NeedOneOther() =>
        _console.Services.GetRequiredService<LiveState>().ChangeStatus("host-1", s => s with { Policy = Some.Policy() with { Approvers = new Dictionary<string, int> { ["break"] = 1 } } });

    private async Task<(ClaimsPrincipal Person, string Plain)> OtherAsync(string name, string role)
    {
        var person = await _console.UserAsync(name, role);
        return (person, (await _console.Services.GetRequiredService<ApiTokens>().CreateToActAsync("of " + name, TimeSpan.FromDays(1), name, person.FindFirstValue(ClaimTypes.NameIdentifier)!)).Plain);
    }

    private async Task ExpireAsync(Guid token)
    {
        await using var db = await _console.Services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync();
        Assert.Equal(1, await db.ApiTokens.Where(t => t.Id == token).ExecuteUpdateAsync(set => set.SetProperty(t => t.ExpiresAt, DateTimeOffset.UtcNow.AddMinutes(-1))));
    }

    private async Task RefusedInTheEndAsync(Guid id, string sentence, string actor)
    {
        using var client = new ApiClient(_console.Address, _token);
        var end = await client.OperationAsync(id);
        Assert.Equal(("refused", true, sentence, actor), (end.State, end.IsOver, end.Sentence, end.Actor));
        Assert.Empty(_agent.Executed);
        var entries = await _console.Services.GetRequiredService<AuditSearch>().OfOperationAsync(id);
        Assert.Equal(["approval-requested", "approved", AuditActions.Refused], entries.Select(e => e.Action));
        Assert.Equal(actor, entries[^1].Actor);
        Assert.Equal(sentence, JsonNode.Parse(entries[^1].Detail!)!["summary"]!.GetValue<string>());
    }

    // Of a preview as of an act; and the audit has it.
    private async Task NotAllowedAsync(string actor)
    {
        _agent.Previewed.Clear();
        Assert.Equal("not-allowed", (await RefusedAsync(Break(), HttpStatusCode.Forbidden)).Reason);
        using var client = new ApiClient(_console.Address, _token);
        using var answer = await client.PostAsync("/acts/preview", ApiClient.JsonOf(new ActQuestion("host-1", "break", "alice.lock")));
        await ApiClient.ProblemAsync(answer, HttpStatusCode.Forbidden);
        Assert.Empty(_agent.Previewed);
        Assert.Empty(_agent.Executed);
        Assert.Equal([actor, actor], (await _console.AuditAsync()).TakeLast(2).Select(e => e.Actor));
    }

    private async Task<(string Reason, string Sentence)> RefusedAsync(ActOrder order, HttpStatusCode status)
    {
        using var client = new ApiClient(_console.Address, _token);
        using var answer = await client.PostAsync("/acts", ApiClient.JsonOf(order));
        var sentence = await ApiClient.ProblemAsync(answer, status);
        return (JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["reason"]!.GetValue<string>(), sentence);
    }

    private async Task AgreeAsync(ClaimsPrincipal person, Guid id)
    {
        var desk = _console.Services.GetRequiredService<ApprovalDesk>();
        Assert.Null(Assert.Single((await desk.LookAsync(person, id)).Rows).Problem);
        Assert.Null(await desk.ApproveAsync(person, id));
    }

    private async Task<OperationItem> EndAsync(ApiClient client, Guid id)
    {
        var board = _console.Services.GetRequiredService<OperationBoard>();
        // Not by asking the API again and again: that is limited.
        await Wait.Until(() => board.Find(id) is { IsOver: true }, seconds: 30);
        var end = await client.OperationAsync(id);
        Assert.True(end.IsOver);
        return end;
    }
}
