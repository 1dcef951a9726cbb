using Ops.Locks;

namespace Ops.Data.Tests;

public sealed class ApprovalLogTests
{
    [Fact]
    public async Task A_request_is_approved_when_enough_others_agreed_and_each_step_is_an_entry()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<ApprovalLog>();
        var request = Request(needed: 2);
        await log.RequestAsync(request);

        Assert.Equal(["anna"], Assert.IsType<ApproveOutcome.Counted>(await log.ApproveAsync(request.Id, "u-anna", "anna")).Approvers);
        Assert.Equal("anna", Assert.Single(Assert.Single(await log.WaitingAsync()).Votes).Approver);
        data.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["anna", "bert"], Assert.IsType<ApproveOutcome.Enough>(await log.ApproveAsync(request.Id, "u-bert", "bert")).Approvers);

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

        Assert.Contains("own request", Why(await log.ApproveAsync(request.Id, "u-olga", "olga")), StringComparison.Ordinal);
        await log.ApproveAsync(request.Id, "u-anna", "anna");
        Assert.Contains("already approved", Why(await log.ApproveAsync(request.Id, "u-anna", "anna")), StringComparison.Ordinal);
        data.Clock.Advance(ApprovalRequest.Lifetime);
        Assert.Contains("time", Why(await log.ApproveAsync(request.Id, "u-bert", "bert")), StringComparison.Ordinal);
        Assert.Contains("no such", Why(await log.ApproveAsync(Guid.NewGuid(), "u-bert", "bert")), StringComparison.Ordinal);
        Assert.Equal(2, (await data.Get<AuditSearch>().OfOperationAsync(request.Id)).Count);
    }

    [Fact]
    public async Task Many_who_agree_at_the_same_moment_start_it_once()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<ApprovalLog>();
        var request = Request();
        await log.RequestAsync(request);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => log.ApproveAsync(request.Id, $"u{i}", $"user{i}"))));
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
        Assert.True(await log.EndAsync(request.Id, state, by, "not today"));
        Assert.False(await log.EndAsync(request.Id, ApprovalState.Denied, "bert", null));
        Assert.IsType<ApproveOutcome.Refused>(await log.ApproveAsync(request.Id, "u-bert", "bert"));
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
        await Assert.ThrowsAsync<AuditNotWrittenException>(() => log.ApproveAsync(request.Id, "u-anna", "anna"));
        Assert.Empty(Assert.Single(await log.WaitingAsync()).Votes);
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

    private static ApprovalRequest Request(int needed = 1) => new()
    {
        Id = Guid.NewGuid(),
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
