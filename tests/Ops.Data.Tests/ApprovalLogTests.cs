using Microsoft.Extensions.DependencyInjection;
using Ops.Locks;

namespace Ops.Data.Tests;

public sealed class ApprovalLogTests
{
    private static readonly HashSet<Guid> Rows = [Guid.Parse("01900000-0000-7000-8000-000000000001"), Guid.Parse("01900000-0000-7000-8000-000000000002")];

    [Fact]
    public async Task A_request_is_approved_when_enough_others_agreed_and_each_step_is_an_entry()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<ApprovalLog>();
        var request = Request(needed: 2);
        await log.RequestAsync(request);

        Assert.Equal(["anna"], Assert.IsType<ApproveOutcome.Counted>(await log.ApproveAsync(request.Id, "u-anna", "anna", Rows, Nothing)).Approvers);
        Assert.Equal("anna", Assert.Single(Assert.Single(await log.WaitingAsync()).Votes).Approver);
        data.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["anna", "bert"], Assert.IsType<ApproveOutcome.Enough>(await log.ApproveAsync(request.Id, "u-bert", "bert", Rows, Nothing)).Approvers);

        Assert.Empty(await log.WaitingAsync());
        var decided = Assert.Single(await log.RecentAsync(5));
        Assert.Equal((ApprovalState.Approved, "bert"), (decided.State, decided.EndedBy));
        Assert.Equal(
            [("approval-requested", "olga", "waiting"), ("approved", "anna", "1 of 2"), ("approved", "bert", "2 of 2")],
            (await data.Get<AuditSearch>().OfOperationAsync(request.Id)).Select(e => (e.Action, e.Actor, e.Outcome!)));
        Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());
    }

    [Fact]
    public async Task A_request_is_not_approved_by_its_requester_nor_twice_nor_too_late()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<ApprovalLog>();
        var request = Request(needed: 2);
        await log.RequestAsync(request);

        Assert.Contains("own request", Why(await log.ApproveAsync(request.Id, "u-olga", "olga", Rows, Nothing)), StringComparison.Ordinal);
        await log.ApproveAsync(request.Id, "u-anna", "anna", Rows, Nothing);
        Assert.Contains("already approved", Why(await log.ApproveAsync(request.Id, "u-anna", "anna", Rows, Nothing)), StringComparison.Ordinal);
        data.Clock.Advance(ApprovalRequest.Lifetime);
        Assert.Contains("time", Why(await log.ApproveAsync(request.Id, "u-bert", "bert", Rows, Nothing)), StringComparison.Ordinal);
        Assert.Contains("no such", Why(await log.ApproveAsync(Guid.NewGuid(), "u-bert", "bert", Rows, Nothing)), StringComparison.Ordinal);
        Assert.Equal(2, (await data.Get<AuditSearch>().OfOperationAsync(request.Id)).Count);
    }

    [Fact]
    public async Task Many_who_agree_at_the_same_moment_start_it_once()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<ApprovalLog>();
        var request = Request();
        await log.RequestAsync(request);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => log.ApproveAsync(request.Id, $"u{i}", $"user{i}", Rows, Nothing))));
        Assert.Single(outcomes, o => o is ApproveOutcome.Enough);
        Assert.Equal(5, outcomes.Count(o => o is ApproveOutcome.Refused));
    }

    [Theory]
    [InlineData(ApprovalState.Denied, "approval-denied", "anna")]
    [InlineData(ApprovalState.Withdrawn, "approval-withdrawn", "olga")]
    [InlineData(ApprovalState.Expired, "approval-expired", null)]
    public async Task What_ended_stays_ended(ApprovalState state, string action, string? by)
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<ApprovalLog>();
        var request = Request();
        await log.RequestAsync(request);
        await log.LookedAsync(request.Id, "u-bert", Rows);
        Assert.True(await log.EndAsync(request.Id, state, by, "not today"));
        Assert.Null(await log.LookOfAsync(request.Id, "u-bert"));
        Assert.False(await log.EndAsync(request.Id, ApprovalState.Denied, "bert", null));
        Assert.IsType<ApproveOutcome.Refused>(await log.ApproveAsync(request.Id, "u-bert", "bert", Rows, Nothing));
        var last = (await data.Get<AuditSearch>().OfOperationAsync(request.Id))[^1];
        Assert.Equal((action, by ?? "console"), (last.Action, last.Actor));
        Assert.Equal(state, (await log.GetAsync(request.Id))!.State);
    }

    [Fact]
    public async Task A_yes_that_cannot_be_written_down_does_not_count()
    {
        await using var data = await TestData.CreateSqliteAsync();
        var log = data.Get<ApprovalLog>();
        var request = Request();
        await log.RequestAsync(request);
        await data.TamperAsync("CREATE TRIGGER full_disk BEFORE INSERT ON Audit BEGIN SELECT RAISE(ABORT, 'disk full'); END");
        await Assert.ThrowsAsync<AuditNotWrittenException>(() => log.ApproveAsync(request.Id, "u-anna", "anna", Rows, Nothing));
        Assert.Empty(Assert.Single(await log.WaitingAsync()).Votes);
    }

    [Fact]
    public async Task The_last_yes_and_the_intent_of_the_act_are_one_transaction()
    {
        await using var data = await TestData.CreateAsync();
        var (log, operations) = (data.Get<ApprovalLog>(), data.Get<OperationLog>());
        var request = Request(needed: 2);
        await log.RequestAsync(request);
        await log.ApproveAsync(request.Id, "u-anna", "anna", Rows, (_, _, _) => throw new InvalidOperationException("one yes is not enough"));

        await Assert.ThrowsAsync<ConsoleIsDeadException>(() => log.ApproveAsync(request.Id, "u-bert", "bert", Rows, (_, _, _) => throw new ConsoleIsDeadException()));
        Assert.Equal("anna", Assert.Single(Assert.Single(await log.WaitingAsync()).Votes).Approver);

        data.Clock.Advance(TimeSpan.FromSeconds(1));
        await log.ApproveAsync(request.Id, "u-bert", "bert", Rows, async (db, enough, stop) =>
        {
            var operation = Act(request);
            operation.Reason = $"agreed by {enough.Approvers.Count}";
            return [await operations.IntendWithinAsync(db, operation, null, stop)];
        });
        Assert.Equal(
            ["approval-requested: waiting", "approved: 1 of 2", "approved: 2 of 2", "kill: intent"],
            (await data.Get<AuditSearch>().OfOperationAsync(request.Id)).Select(e => $"{e.Action}: {e.Outcome}"));
        Assert.Equal((OperationState.Intent, "agreed by 2"), ((await operations.GetAsync(request.Id))!.State, (await operations.GetAsync(request.Id))!.Reason));
        Assert.True(await operations.MatchesAuditAsync(request.Id));
        Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());
    }

    // A program chooses the id of its act, and may send two at once.
    [Fact]
    public async Task One_id_is_of_an_operation_or_of_a_request_but_not_of_both()
    {
        await using var data = await TestData.CreateAsync();
        var (log, operations) = (data.Get<ApprovalLog>(), data.Get<OperationLog>());
        var (waiting, begun) = (Request(), Request());
        Assert.True(await log.RequestAsync(waiting));
        Assert.False(await operations.IntendAsync(Act(waiting)));
        Assert.False(await operations.RefuseAsync(Act(waiting), "Too many."));
        Assert.True(await operations.IntendAsync(Act(begun)));
        Assert.False(await log.RequestAsync(begun));
        Assert.False(await log.RequestAsync(Request(waiting.Id)));

        Assert.Equal(waiting.Id, Assert.Single(await log.WaitingAsync()).Request.Id);
        Assert.IsType<ApproveOutcome.Enough>(await log.ApproveAsync(waiting.Id, "u-anna", "anna", Rows, async (db, _, stop) => [await operations.RefuseWithinAsync(db, Act(waiting), "Gone.", stop)]));
        Assert.Equal(OperationState.Refused, (await operations.GetAsync(waiting.Id))!.State);
        Assert.Equal(OperationState.Intent, (await operations.GetAsync(begun.Id))!.State);
    }

    [Fact]
    public async Task A_row_that_one_approver_found_changed_is_not_approved_by_the_next()
    {
        await using var data = await TestData.CreateAsync();
        var request = Request(needed: 2);
        await data.Get<ApprovalLog>().RequestAsync(request);
        await data.Get<ApprovalLog>().ApproveAsync(request.Id, "u-anna", "anna", new HashSet<Guid> { Rows.First() }, Nothing);

        // By another console: nothing of the first vote is in its memory.
        using var other = data.StartProgram();
        var log = other.GetRequiredService<ApprovalLog>();
        Assert.Contains("changed", Why(await log.ApproveAsync(request.Id, "u-carl", "carl", new HashSet<Guid> { Rows.Last() }, Nothing)), StringComparison.Ordinal);
        Assert.Equal(Rows.First(), Assert.Single(Assert.IsType<ApproveOutcome.Enough>(await log.ApproveAsync(request.Id, "u-bert", "bert", Rows, Nothing)).Rows));
    }

    [Fact]
    public async Task What_a_person_found_is_known_to_every_console_until_they_agree()
    {
        await using var data = await TestData.CreateAsync();
        var request = Request();
        var log = data.Get<ApprovalLog>();
        await log.RequestAsync(request);
        await log.LookedAsync(request.Id, "u-anna", []);
        data.Clock.Advance(TimeSpan.FromSeconds(5));
        await log.LookedAsync(request.Id, "u-anna", Rows);

        using var other = data.StartProgram();
        var look = await other.GetRequiredService<ApprovalLog>().LookOfAsync(request.Id, "u-anna");
        Assert.Equal(data.Clock.GetUtcNow(), look!.Value.At);
        Assert.True(Rows.SetEquals(look.Value.Rows));
        Assert.Null(await log.LookOfAsync(request.Id, "u-bert"));
        await other.GetRequiredService<ApprovalLog>().ApproveAsync(request.Id, "u-anna", "anna", Rows, Nothing);
        Assert.Null(await log.LookOfAsync(request.Id, "u-anna"));
    }

    [Fact]
    public async Task Break_glass_is_loud_for_a_day_or_until_another_administrator_has_seen_it()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<BreakGlassLog>();
        var (first, second) = (Use(), Use());
        await log.RecordAsync(first);
        data.Clock.Advance(TimeSpan.FromHours(1));
        await log.RecordAsync(second);

        Assert.Equal([second.Id, first.Id], (await log.LoudAsync()).Select(u => u.Id));
        Assert.NotNull(await log.AcknowledgeAsync(second.Id, "u-anna", "anna"));
        Assert.Null(await log.AcknowledgeAsync(second.Id, "u-bert", "bert"));
        Assert.NotNull(await log.AcknowledgeAsync(second.Id, "u-bert", "bert"));
        Assert.Equal(first.Id, Assert.Single(await log.LoudAsync()).Id);
        data.Clock.Advance(TimeSpan.FromHours(23));
        Assert.Empty(await log.LoudAsync());
        Assert.Equal(["break-glass", "break-glass-seen"], (await data.Get<AuditSearch>().OfOperationAsync(second.Id)).Select(e => e.Action));
    }

    private static Task<IReadOnlyList<AuditDraft>> Nothing(OpsDb db, ApproveOutcome.Enough enough, CancellationToken stop) => Task.FromResult<IReadOnlyList<AuditDraft>>([]);

    private static string Why(ApproveOutcome outcome) => Assert.IsType<ApproveOutcome.Refused>(outcome).Why;

    private static BreakGlassUse Use() => new()
    {
        Id = Guid.NewGuid(),
        ActorId = "u-anna",
        Actor = "anna",
        Action = "kill",
        Host = "mail1",
        Path = "/var/mail/bob",
        Justification = "nobody is there",
    };

    private static Operation Act(ApprovalRequest request) => new()
    {
        Id = request.Id,
        HostId = "id-1",
        Host = request.Host,
        Action = request.Action,
        FindingKey = "process:1:2",
        Path = request.Path,
        Fingerprint = "sha256:f",
        Actor = request.Requester,
        Reason = request.Reason,
    };

    private static ApprovalRequest Request(int needed = 1) => Request(Guid.NewGuid(), needed);

    private static ApprovalRequest Request(Guid id, int needed = 1) => new()
    {
        Id = id,
        RequesterId = "u-olga",
        Requester = "olga",
        Action = "kill",
        Host = "mail1",
        Path = "/var/mail/bob",
        Reason = "it hangs",
        Items = "[]",
        Needed = needed,
    };
}
