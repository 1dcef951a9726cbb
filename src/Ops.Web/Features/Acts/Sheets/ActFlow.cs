using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Acts.Sheets;

/// <summary>Where the sheet stands.</summary>
public abstract record SheetStep
{
    private SheetStep() { }

    /// <summary>The agent is asked what the act would find and do.</summary>
    public sealed record Looking : SheetStep;

    /// <summary>No, and why. Nothing was done.</summary>
    /// <param name="Answer">What the agent found; null when it was not asked or did not answer.</param>
    public sealed record Refused(ActError Error, PreviewAnswer? Answer) : SheetStep;

    /// <summary>The operator decides.</summary>
    /// <param name="Problem">Why the last attempt did not start; null before one.</param>
    /// <param name="Need">Who else has to agree; null when no one has.</param>
    /// <param name="Kept">For an act on the quarantine: what is there now.</param>
    public sealed record Deciding(PreviewAnswer Answer, ActError? Problem = null, ApprovalNeed? Need = null, QuarantineItem? Kept = null) : SheetStep;

    /// <summary>Others were asked to agree.</summary>
    public sealed record Waiting(ApprovalView Request) : SheetStep;

    /// <summary>Asked to start; nothing can be cancelled from here.</summary>
    public sealed record Starting : SheetStep;

    /// <summary>Under way or over.</summary>
    public sealed record Following(OperationView Operation) : SheetStep;
}

/// <summary>What the sheet asks the console to do; a seam, so that its flow can be tested without a database and an agent.</summary>
public interface IActDesk
{
    /// <summary>For drawing buttons; the request that follows is checked again.</summary>
    ValueTask<ActRights> RightsAsync(ClaimsPrincipal user, string hostId);

    Task<PreviewOutcome> PreviewAsync(ClaimsPrincipal user, ActTarget target, CancellationToken stop);

    Task<StartOutcome> StartAsync(ClaimsPrincipal user, ActRequest request);

    Task<StartOutcome> StartUndoAsync(ClaimsPrincipal user, Guid operationId, string reason);

    Task CancelAsync(ClaimsPrincipal user, ActTarget target);

    StateSubscription<OperationView>? Follow(Guid operationId, CancellationToken stop);

    /// <summary>The same for an operation that another console of the fleet carries out; null when there is no such operation.</summary>
    Task<StateSubscription<OperationView>?> FollowElsewhereAsync(Guid operationId, CancellationToken stop) => Task.FromResult<StateSubscription<OperationView>?>(null);

    StateSubscription<ApprovalList> FollowApprovals(CancellationToken stop);

    /// <summary>Null when it is withdrawn; else why not.</summary>
    Task<string?> WithdrawAsync(ClaimsPrincipal user, Guid approvalId);
}

/// <summary>The desk of the running console.</summary>
public sealed class ActDesk(ActCommand command, ActPreviews previews, UndoStart undo, OperationBoard board, StoredOperations stored, ActRules rules, ApprovalBook approvals) : IActDesk
{
    public async ValueTask<ActRights> RightsAsync(ClaimsPrincipal user, string hostId) => ActRights.Of(user, (await rules.ForPagesAsync()).Of(hostId));

    public Task<PreviewOutcome> PreviewAsync(ClaimsPrincipal user, ActTarget target, CancellationToken stop) => previews.PreviewAsync(user, target, stop);

    public Task<StartOutcome> StartAsync(ClaimsPrincipal user, ActRequest request) => command.StartAsync(user, request);

    public Task<StartOutcome> StartUndoAsync(ClaimsPrincipal user, Guid operationId, string reason) => undo.StartAsync(user, operationId, reason);

    public Task CancelAsync(ClaimsPrincipal user, ActTarget target) => command.CancelAsync(user, target);

    public StateSubscription<OperationView>? Follow(Guid operationId, CancellationToken stop) => board.Follow(operationId, stop);

    public Task<StateSubscription<OperationView>?> FollowElsewhereAsync(Guid operationId, CancellationToken stop) => stored.FollowAsync(operationId, stop);

    public StateSubscription<ApprovalList> FollowApprovals(CancellationToken stop) => approvals.Follow(stop);

    public Task<string?> WithdrawAsync(ClaimsPrincipal user, Guid approvalId) => approvals.WithdrawAsync(user, approvalId);
}

/// <summary>One visit to the sheet: preview, decision with a reason, progress, outcome, undo. Closing it never stops an operation that has started.</summary>
/// <param name="changed">Called after every change of <see cref="Step"/>, from any thread.</param>
public sealed class ActFlow(IActDesk desk, ClaimsPrincipal user, ActTarget target, Func<Task> changed) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private bool _busy;

    public ActTarget Target => target;

    public SheetStep Step { get; private set; } = new SheetStep.Looking();

    /// <summary>Whether the operation that is shown can be taken back: it is done, took something away, and is no undo itself.</summary>
    public static bool CanUndo(OperationView operation) =>
        operation is { State: OperationState.Done, Result.QuarantinePath: not null, Action: Act.Break or Act.Remove };

    /// <summary>Asks the agent; the sheet shows what it answers.</summary>
    public async Task LookAsync()
    {
        await Go(new SheetStep.Looking());
        try
        {
            var outcome = await desk.PreviewAsync(user, target, _stop.Token);
            await Go(outcome switch
            {
                PreviewOutcome.Ready ready => new SheetStep.Deciding(ready.Answer, Need: ready.Need, Kept: ready.Kept),
                PreviewOutcome.Refused refused => new SheetStep.Refused(refused.Error, refused.Answer),
                _ => throw new System.Diagnostics.UnreachableException(),
            });
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The sheet was closed in between.
        }
    }

    /// <summary>The operator agrees to what the preview showed. Does nothing unless the sheet waits for a decision: a second click starts no second act.</summary>
    /// <param name="typedPid">For an act that asks for it.</param>
    /// <param name="breakGlass">Why no approval is waited for; null: they are asked where the rules say so.</param>
    public async Task ConfirmAsync(string reason, string? typedPid = null, string? breakGlass = null)
    {
        if (_busy || Step is not SheetStep.Deciding { Answer.Fingerprint: { } fingerprint } deciding)
            return;
        ActError? problem = !ActInput.IsUsableReason(reason) ? new ActError.ReasonUnusable()
            : Act.Find(target.Action) is { AsksForPid: true } && target.Process is { } process && !ActInput.IsTyped(process.Pid, typedPid) ? new ActError.PidNotTyped(process.Pid)
            : breakGlass is not null && !ActInput.IsUsableReason(breakGlass) ? new ActError.ReasonUnusable()
            : null;
        if (problem is not null)
        {
            await Go(deciding with { Problem = problem });
            return;
        }
        await StartAsync(() => desk.StartAsync(user, new(target, fingerprint, reason.Trim(), typedPid, breakGlass)));
    }

    /// <summary>Puts back what the shown operation took away.</summary>
    public async Task UndoAsync(string reason)
    {
        if (!_busy && Step is SheetStep.Following { Operation: var done } && CanUndo(done) && ActInput.IsUsableReason(reason))
            await StartAsync(() => desk.StartUndoAsync(user, done.Id, reason.Trim()));
    }

    /// <summary>The operator leaves. Turning back from a decision is recorded; an operation goes on by itself.</summary>
    public async Task LeaveAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        if (Step is SheetStep.Deciding && !_busy)
            await desk.CancelAsync(user, target);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task StartAsync(Func<Task<StartOutcome>> start)
    {
        _busy = true;
        try
        {
            await Go(new SheetStep.Starting());
            switch (await start())
            {
                case StartOutcome.Started started:
                    await FollowAsync(started.OperationId);
                    break;
                case StartOutcome.Waiting waiting:
                    await WaitAsync(waiting.ApprovalId);
                    break;
                case StartOutcome.NotStarted refused:
                    await Go(new SheetStep.Refused(refused.Error, null));
                    break;
            }
        }
        finally
        {
            _busy = false;
        }
    }

    private async Task WaitAsync(Guid id)
    {
        var approvals = desk.FollowApprovals(_stop.Token);
        try
        {
            if (await GoOnAsync(approvals.Initial.ById.GetValueOrDefault(id)))
                return;
            await foreach (var list in approvals.Changes)
            {
                if (await GoOnAsync(list.ById.GetValueOrDefault(id)))
                    return;
            }
        }
        catch (OperationCanceledException)
        {
            // The sheet was closed; the request goes on waiting.
        }
    }

    // True when nothing more will come of the request itself.
    private async Task<bool> GoOnAsync(ApprovalView? request)
    {
        switch (request)
        {
            case null:
                return false;
            case { IsWaiting: true }:
                if (Step is not SheetStep.Waiting { Request: var shown } || shown != request)
                    await Go(new SheetStep.Waiting(request));
                return false;
            case { State: ApprovalState.Approved, Problem: null }:
                await FollowAsync(request.Id);
                return true;
            default:
                await Go(new SheetStep.Refused(request.Problem ?? new ActError.NotApproved(request.Sentence), null));
                return true;
        }
    }

    /// <summary>The requester takes the request back.</summary>
    public async Task<string?> WithdrawAsync() => Step is SheetStep.Waiting { Request.Id: var id } ? await desk.WithdrawAsync(user, id) : null;

    private async Task FollowAsync(Guid id)
    {
        if (_stop.IsCancellationRequested || (desk.Follow(id, _stop.Token) ?? await desk.FollowElsewhereAsync(id, _stop.Token)) is not { } operation)
            return;
        await Go(new SheetStep.Following(operation.Initial));
        _busy = false; // from here on the state of the operation says what may be asked for
        try
        {
            await foreach (var view in operation.Changes)
                await Go(new SheetStep.Following(view));
        }
        catch (OperationCanceledException)
        {
            // The sheet was closed; the operation goes on.
        }
    }

    private async Task Go(SheetStep step)
    {
        Step = step;
        if (!_stop.IsCancellationRequested)
            await changed();
    }
}
