using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Sheets;

namespace Ops.Web.Tests.Pages;

public sealed class ActFlowTests : IDisposable
{
    private readonly FakeDesk _desk = new();
    private readonly ActFlow _flow;
    private int _changes;

    public ActFlowTests() => _flow = new(_desk, new ClaimsPrincipal(), new("host-1", "a", "break"), () =>
    {
        Interlocked.Increment(ref _changes);
        return Task.CompletedTask;
    });

    [Fact]
    public async Task Nothing_starts_without_a_usable_reason()
    {
        await _flow.LookAsync();
        await _flow.ConfirmAsync("  x ");
        Assert.Empty(_desk.Started);
        Assert.NotNull(Assert.IsType<SheetStep.Deciding>(_flow.Step).Problem);
    }

    [Fact]
    public async Task The_act_carries_the_fingerprint_of_the_preview()
    {
        await _flow.LookAsync();
        _ = _flow.ConfirmAsync(" dead owner ");
        await Wait.Until(() => _flow.Step is SheetStep.Following);
        Assert.Equal(new ActRequest(_flow.Target, "sha256:seen", "dead owner"), Assert.Single(_desk.Started));
    }

    [Fact]
    public async Task A_second_click_starts_no_second_act()
    {
        await _flow.LookAsync();
        _ = _flow.ConfirmAsync("dead owner");
        _ = _flow.ConfirmAsync("dead owner");
        await Wait.Until(() => _flow.Step is SheetStep.Following);
        Assert.Single(_desk.Started);
    }

    [Fact]
    public async Task A_refusal_of_the_preview_leaves_nothing_to_confirm()
    {
        _desk.Preview = new PreviewOutcome.Refused(new ActError.RefusedByAgent(new("holder-alive", "pid 4242 is alive")));
        await _flow.LookAsync();
        Assert.Equal("pid 4242 is alive", Assert.IsType<SheetStep.Refused>(_flow.Step).Error.Sentence);
        await _flow.ConfirmAsync("dead owner");
        Assert.Empty(_desk.Started);
    }

    [Fact]
    public async Task A_start_that_is_turned_down_says_why()
    {
        _desk.Start = new StartOutcome.NotStarted(new ActError.AuditUnwritable());
        await _flow.LookAsync();
        await _flow.ConfirmAsync("dead owner");
        Assert.IsType<ActError.AuditUnwritable>(Assert.IsType<SheetStep.Refused>(_flow.Step).Error);
    }

    [Fact]
    public async Task Progress_is_followed_to_the_end_and_what_was_taken_can_be_put_back()
    {
        await _flow.LookAsync();
        var running = _flow.ConfirmAsync("dead owner");
        await _desk.Changes.Writer.WriteAsync(FakeDesk.Operation(OperationState.Done, "Taken over and released.", quarantine: "/q/a.lock"));
        await Wait.Until(() => _flow.Step is SheetStep.Following { Operation.State: OperationState.Done });
        _ = _flow.UndoAsync("wrong mailbox");
        Assert.Equal((FakeDesk.OperationId, "wrong mailbox"), Assert.Single(_desk.Undone));
        _desk.Changes.Writer.Complete();
        await running;
    }

    [Theory]
    [InlineData(OperationState.Intent, "break", true)]
    [InlineData(OperationState.Refused, "break", true)]
    [InlineData(OperationState.Unknown, "break", true)]
    [InlineData(OperationState.Done, "undo", true)]
    [InlineData(OperationState.Done, "break", false)]
    public void Undo_is_not_offered_for_what_took_nothing_away(OperationState state, string action, bool inQuarantine) =>
        Assert.False(ActFlow.CanUndo(FakeDesk.Operation(state, "", action, inQuarantine ? "/q/a.lock" : null)));

    [Fact]
    public async Task Turning_back_from_a_decision_is_recorded_once()
    {
        await _flow.LookAsync();
        await _flow.LeaveAsync();
        await _flow.LeaveAsync();
        Assert.Equal(1, _desk.Cancelled);
    }

    [Fact]
    public async Task Leaving_while_the_act_runs_records_no_cancellation()
    {
        await _flow.LookAsync();
        var running = _flow.ConfirmAsync("dead owner");
        await Wait.Until(() => _flow.Step is SheetStep.Following);
        await _flow.LeaveAsync();
        await running;
        Assert.Equal(0, _desk.Cancelled);
    }

    [Fact]
    public async Task What_others_have_to_agree_to_waits_and_goes_on_by_itself()
    {
        _desk.Start = new StartOutcome.Waiting(FakeDesk.OperationId);
        _desk.Decide(FakeDesk.Request());
        await _flow.LookAsync();
        var running = _flow.ConfirmAsync("it hangs");
        await Wait.Until(() => _flow.Step is SheetStep.Waiting);
        await _flow.WithdrawAsync();
        Assert.Equal(FakeDesk.OperationId, Assert.Single(_desk.Withdrawn));
        _desk.Decide(FakeDesk.Request(ApprovalState.Approved));
        await Wait.Until(() => _flow.Step is SheetStep.Following);
        _desk.Changes.Writer.Complete();
        await running;
    }

    [Fact]
    public async Task A_request_that_was_denied_or_could_not_start_says_so()
    {
        _desk.Start = new StartOutcome.Waiting(FakeDesk.OperationId);
        _desk.Decide(FakeDesk.Request(ApprovalState.Denied));
        await _flow.LookAsync();
        await _flow.ConfirmAsync("it hangs");
        Assert.Equal("bert said no: not today", Assert.IsType<SheetStep.Refused>(_flow.Step).Error.Sentence);

        _desk.Decide(FakeDesk.Request(ApprovalState.Approved, new ActError.FindingGone()));
        await _flow.LookAsync();
        await _flow.ConfirmAsync("it hangs");
        Assert.IsType<ActError.FindingGone>(Assert.IsType<SheetStep.Refused>(_flow.Step).Error);
    }

    [Fact]
    public async Task Closing_the_sheet_leaves_the_request_waiting()
    {
        _desk.Start = new StartOutcome.Waiting(FakeDesk.OperationId);
        _desk.Decide(FakeDesk.Request());
        await _flow.LookAsync();
        var running = _flow.ConfirmAsync("it hangs");
        await Wait.Until(() => _flow.Step is SheetStep.Waiting);
        await _flow.LeaveAsync();
        await running;
        Assert.Empty(_desk.Withdrawn);
        Assert.Equal(0, _desk.Cancelled);
    }

    [Fact]
    public async Task Every_change_of_step_is_reported()
    {
        await _flow.LookAsync();
        Assert.Equal(2, _changes);
    }

    public void Dispose() => _flow.Dispose();
}
