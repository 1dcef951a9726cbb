using System.Security.Claims;
using System.Text.Json;
using Ops.Data;
using Ops.Web.Features.Acts.Batch;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Acts.Quarantined;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Acts;

/// <summary>Breaks, removes, undoes, asks, ends, kills and rescues: authorises, writes the intent down, and only then asks the agent.</summary>
/// <remarks>
/// The agent verifies everything itself on fresh facts; what is checked here spares it questions and keeps the record. Singleton: an operation
/// that has begun goes on whatever becomes of the page that asked for it.
/// </remarks>
public sealed class ActCommand(
    Actors actors, LiveState live, AgentDirectory agents, OperationLog operations, OperationRuns runs, ActRules rules, ApprovalBook approvals,
    BreakGlassBook breakGlass, ActPace pace, QuarantineReader quarantine, LiveLimits limits, TimeProvider clock, ILogger<ActCommand> log)
{
    private const string OneAtATime = "It may need the weaker protocol, which is used for one lock at a time only.";
    private const string AskedForAnother = "It has changed since the request. Request approval again.";

    /// <summary>Asks the agent what the act would find and do. A refusal is recorded.</summary>
    /// <param name="stop">The page was closed: the answer is of no use any more.</param>
    public async Task<PreviewOutcome> PreviewAsync(ClaimsPrincipal user, ActTarget target, CancellationToken stop = default)
    {
        try
        {
            return await LookAsync(user, target, stop);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return new PreviewOutcome.Refused(Unusable(target.Action, e), null);
        }
    }

    private async Task<PreviewOutcome> LookAsync(ClaimsPrincipal user, ActTarget target, CancellationToken stop)
    {
        var checkedRequest = await CheckAsync(user, target);
        if (checkedRequest.Error is { } error)
            return await RefusedAsync(user, checkedRequest, target, "", error);
        if (checkedRequest.Kept is { } kept)
            return new PreviewOutcome.Ready(QuarantineWords.Preview(target.Action, kept), checkedRequest.Need, kept);
        var (session, finding, hostName) = (checkedRequest.Session, checkedRequest.Finding, checkedRequest.HostName);
        PreviewAnswer answer;
        try
        {
            answer = await AskAsync(session!, new(target.Action, finding!.Key, finding.Path, finding.PathBytes, target.Process, target.Descriptor), stop);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Whatever the link throws, nothing was asked for that changes anything.
            log.PreviewFailed(hostName, finding!.Path, e.Message);
            return await RefusedAsync(user, checkedRequest, target, "", new ActError.NoAnswer(hostName));
        }
        return answer switch
        {
            { Refusal: { } refusal } => await RefusedAsync(user, checkedRequest, target, "", new ActError.RefusedByAgent(refusal), answer),
            { Fingerprint: null } => await RefusedAsync(user, checkedRequest, target, "", new ActError.ActionNotOffered(target.Action, "the agent gave no fingerprint."), answer),
            _ => new PreviewOutcome.Ready(answer, checkedRequest.Need),
        };
    }

    /// <summary>Writes the intent down and asks the agent; where others have to agree, asks them instead.</summary>
    public Task<StartOutcome> StartAsync(ClaimsPrincipal user, ActRequest request) => UnlessUnusableAsync(request.Target.Action, () => BeginAsync(user, request));

    private async Task<StartOutcome> UnlessUnusableAsync(string action, Func<Task<StartOutcome>> start)
    {
        try
        {
            return await start();
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return new StartOutcome.NotStarted(Unusable(action, e));
        }
    }

    private ActError.DatabaseUnusable Unusable(string action, Exception e)
    {
        log.IntentNotAudited(action, "", DatabaseFailure.Cause(e));
        live.SetAlert(StorageWatch.AuditUnwritable, on: true);
        return new();
    }

    private async Task<StartOutcome> BeginAsync(ClaimsPrincipal user, ActRequest request)
    {
        var checkedRequest = await CheckAsync(user, request.Target);
        var error = checkedRequest.Error
            ?? (!ActInput.IsUsableReason(request.Reason) ? new ActError.ReasonUnusable()
                : IsAnother(checkedRequest, request.Fingerprint) ? new ActError.QuarantineChanged()
                : Act.Find(request.Target.Action) is { AsksForPid: true } && !ActInput.IsTyped(request.Target.Process!.Pid, request.TypedPid)
                    ? new ActError.PidNotTyped(request.Target.Process.Pid)
                : null);
        if (error is not null)
        {
            await RefusedAsync(user, checkedRequest, request.Target, request.Reason, error);
            return new StartOutcome.NotStarted(error);
        }
        var operation = NewOperation(checkedRequest, request.Target, request.Reason.Trim(), request.Fingerprint);
        if (checkedRequest.Need is not { } need)
            return await IntendAndRunAsync(checkedRequest, operation);
        if (request.BreakGlass is { } justification)
            return await BreakGlassAsync(user, checkedRequest, operation, need, justification);
        try
        {
            ApprovalItem item = new(1, operation.Id, request.Target, operation.Host, operation.Path, operation.PathBytes, request.Fingerprint);
            return new StartOutcome.Waiting(await approvals.RequestAsync(checkedRequest.Actor!, operation.Action, operation.Reason, [item], need.Others));
        }
        catch (AuditNotWrittenException e)
        {
            return NotAudited(operation, e);
        }
    }

    /// <summary>Asks the agent what the act would find and do now, for the person who is to agree to it. Nothing is recorded: looking is free.</summary>
    internal async Task<ItemLook> LookForApprovalAsync(ApprovalItem item, CancellationToken stop = default)
    {
        var target = item.Target;
        if (agents.Find(target.HostId) is not { IsLost: false } session)
            return new(item, null, new ActError.HostNotConnected(HostText.Escape(item.Host)).Sentence);
        if (target.Quarantined is { } operation)
        {
            var (kept, error) = await LookIntoQuarantineAsync(target, item.Host, operation, stop);
            return new(
                item, kept is null ? null : QuarantineWords.Preview(target.Action, kept),
                error?.Sentence ?? (QuarantineWords.Fingerprint(kept!) == item.Fingerprint ? null : AskedForAnother), kept);
        }
        try
        {
            var answer = await AskAsync(session, new(target.Action, target.FindingKey, item.Path, item.PathBytes, target.Process, target.Descriptor), stop);
            return new(item, answer, answer.Refusal?.Sentence ?? (answer.Fingerprint == item.Fingerprint ? null : AskedForAnother));
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            log.PreviewFailed(item.Host, item.Path, e.Message);
            return new(item, null, new ActError.NoAnswer(HostText.Escape(item.Host)).Sentence);
        }
    }

    /// <summary>Starts what others have agreed to, in the name of the one who asked, who must still be allowed to. Null when it has started; else why not.</summary>
    internal async Task<ActError?> RunApprovedAsync(ApprovalView request, IReadOnlyList<ApprovalItem> items, IReadOnlyList<string> approvers)
    {
        var actor = await actors.FindByIdAsync(request.RequesterId);
        var item = items[0];
        var checkedRequest = await CheckAsync(actor, item.Target);
        var operation = NewOperation(checkedRequest, item.Target, request.Reason, item.Fingerprint);
        (operation.Id, operation.Approvers) = (item.OperationId, JsonSerializer.Serialize(approvers, OpsJson.Default.IReadOnlyListString));
        if (((checkedRequest.Error ?? (IsAnother(checkedRequest, item.Fingerprint) ? new ActError.QuarantineChanged() : null)) ?? TooFew(checkedRequest, approvers)) is { } error)
        {
            await RecordRefusalAsync(operation, request.Requester, error);
            return error;
        }
        return (await IntendAndRunAsync(checkedRequest, operation) as StartOutcome.NotStarted)?.Error;
    }

    /// <summary>One row of several, looked at again. Nothing is recorded: looking is free.</summary>
    /// <returns>Why it drops out, as a sentence; null when it is as the person saw it.</returns>
    internal async Task<string?> WhyDropAsync(ClaimsPrincipal user, BatchRow row, CancellationToken stop)
    {
        if (row.Fingerprint is not { } seen)
            return "No act is offered for it.";
        Checked checkedRequest;
        try
        {
            checkedRequest = await CheckAsync(user, row.Target);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return Unusable(row.Target.Action, e).Sentence;
        }
        if (checkedRequest.Error is { } error)
            return error.Sentence;
        if (IsWeaker(checkedRequest.Finding, row.Target))
            return OneAtATime;
        var look = AmongSeveral(await LookForApprovalAsync(row.ToItem(Guid.Empty, stopAtFailure: true), stop));
        return look.Problem is null ? null : look.Answer is { Refusal: null } && look.Answer.Fingerprint != seen ? "It has changed since you saw it." : look.Problem;
    }

    /// <summary>Starts one row of several, in the name of a person who must still be allowed to. Every row is an operation of its own, refused ones as well.</summary>
    internal async Task<ActError?> StartRowAsync(string actorId, string actorName, ApprovalItem item, string reason, Guid bulk, IReadOnlyList<string> approvers)
    {
        var checkedRequest = await CheckAsync(await actors.FindByIdAsync(actorId), item.Target);
        var operation = RowOperation(checkedRequest, item, reason, bulk);
        operation.Approvers = approvers.Count == 0 ? null : JsonSerializer.Serialize(approvers, OpsJson.Default.IReadOnlyListString);
        if (((checkedRequest.Error ?? (IsWeaker(checkedRequest.Finding, item.Target) ? new ActError.DroppedOut(OneAtATime) : null)) ?? TooFew(checkedRequest, approvers)) is { } error)
        {
            await RecordRefusalAsync(operation, actorName, error);
            return error;
        }
        return (await IntendAndRunAsync(checkedRequest, operation) as StartOutcome.NotStarted)?.Error;
    }

    /// <summary>Writes down that a row of several dropped out before anybody was asked to act on it.</summary>
    internal async Task RecordDropAsync(Actor actor, ApprovalItem item, string reason, Guid bulk, string why)
    {
        var unverified = new Checked(actor, null, null, null, item.Host, (await rules.NowAsync()).Of(item.Target.HostId), null, null);
        await RecordRefusalAsync(RowOperation(unverified, item, reason, bulk), actor.Name, new ActError.DroppedOut(why));
    }

    private static Operation RowOperation(Checked request, ApprovalItem item, string reason, Guid bulk)
    {
        var operation = NewOperation(request, item.Target, reason, item.Fingerprint);
        // What was seen, also when it no longer exists.
        (operation.Id, operation.Batch, operation.Path, operation.PathBytes) = (item.OperationId, bulk, item.Path, item.PathBytes);
        return operation;
    }

    private async Task<StartOutcome> BreakGlassAsync(ClaimsPrincipal user, Checked request, Operation operation, ApprovalNeed need, string justification)
    {
        ActError? error =
            !request.Actor!.IsAdministrator ? new ActError.NoBreakGlass("Only administrators can proceed without approval.")
            : !need.MayBreakGlass ? new ActError.NoBreakGlass($"The policy file of {HostText.Escape(request.HostName)} does not allow acts without approval.")
            : !ActInput.IsUsableReason(justification) ? new ActError.ReasonUnusable()
            : null;
        if (error is not null)
        {
            await RecordRefusalAsync(operation, user.Identity?.Name, error);
            return new StartOutcome.NotStarted(error);
        }
        operation.BreakGlass = justification.Trim();
        try
        {
            await breakGlass.RecordAsync(new()
            {
                Id = operation.Id,
                ActorId = request.Actor.Id,
                Actor = request.Actor.Name,
                Action = operation.Action,
                Host = operation.Host,
                Path = operation.Path,
                Justification = operation.BreakGlass,
            });
        }
        catch (AuditNotWrittenException e)
        {
            return NotAudited(operation, e);
        }
        return await IntendAndRunAsync(request, operation);
    }

    /// <summary>Puts back what a break or removal took away, if its name is free. Follow it like any other operation.</summary>
    public Task<StartOutcome> StartUndoAsync(ClaimsPrincipal user, Guid operationId, string reason) => UnlessUnusableAsync(Act.Undo, () => BeginUndoAsync(user, operationId, reason));

    private async Task<StartOutcome> BeginUndoAsync(ClaimsPrincipal user, Guid operationId, string reason)
    {
        var actor = await actors.FindAsync(user);
        var done = await operations.GetAsync(operationId);
        var table = await rules.NowAsync();
        var session = done is null ? null : agents.Find(done.HostId);
        ActError? error =
            actor is null || !table.Of(done?.HostId ?? "").May(actor.Id, actor.Roles, Act.Undo) ? new ActError.NotAllowed(Act.Undo)
            : done is null ? new ActError.FindingGone()
            : done.State != OperationState.Done || done.Action is not (Act.Break or Act.Remove)
                ? new ActError.ActionNotOffered(Act.Undo, "only a completed break or removal can be undone.")
            : !ActInput.IsUsableReason(reason) ? new ActError.ReasonUnusable()
            : session is null or { IsLost: true } ? new ActError.HostNotConnected(done.Host)
            : live.Current.Host(done.HostId)?.Status is { } host && ActGate.OfHost(Act.Undo, host) is { } no ? new ActError.HostSaysNo(no)
            : null;
        var target = new ActTarget(done?.HostId ?? "", done?.FindingKey ?? "", Act.Undo, Quarantined: operationId);
        var need = ApprovalNeed.For(table.Of(target.HostId), live.Current.Host(target.HostId)?.Status.Policy, Act.Undo);
        if (error is null && need is not null)
        {
            // Others have to see what they agree to, so the agent is asked what is there.
            (var kept, error) = await LookIntoQuarantineAsync(target, done!.Host, operationId);
            if (kept is not null && error is null)
                return await BeginAsync(user, new(target, QuarantineWords.Fingerprint(kept), reason));
        }
        var request = new Checked(actor, session, null, null, done?.Host ?? "", table.Of(target.HostId), null, null);
        var operation = NewOperation(request, target, reason.Trim(), fingerprint: null);
        operation.Path = done?.Path ?? "";
        operation.PathBytes = done?.PathBytes;
        if (error is null)
            return await IntendAndRunAsync(request, operation);
        await RecordRefusalAsync(operation, user.Identity?.Name, error);
        return new StartOutcome.NotStarted(error);
    }

    /// <summary>The operator looked at the preview and cancelled.</summary>
    public async Task CancelAsync(ClaimsPrincipal user, ActTarget target)
    {
        try
        {
            var checkedRequest = await CheckAsync(user, target);
            if (checkedRequest.Actor is null)
                return; // no known user cancelled
            await operations.CancelAsync(NewOperation(checkedRequest, target, "", fingerprint: null), "Cancelled by the operator.");
        }
        catch (Exception e) when (e is AuditNotWrittenException || DatabaseFailure.Is(e))
        {
            log.OutcomeNotAudited(target.Action, e.Message);
            live.SetAlert(StorageWatch.AuditUnwritable, on: true);
        }
    }

    private async Task<StartOutcome> IntendAndRunAsync(Checked request, Operation operation)
    {
        // The host's own number counts as well: one act more would open its circuit for everybody.
        var atMost = live.Current.Host(operation.HostId)?.Status.Policy is { MaxActsPerMinute: > 0 and var hosts } ? Math.Min(hosts, request.Rules.ActsPerMinute) : request.Rules.ActsPerMinute;
        if (!pace.TryTake(operation.HostId, atMost))
        {
            var tooMany = new ActError.TooManyActs(operation.Host, atMost);
            await RecordRefusalAsync(operation, operation.Actor, tooMany);
            return new StartOutcome.NotStarted(tooMany);
        }
        try
        {
            await operations.IntendAsync(operation);
        }
        catch (AuditNotWrittenException e)
        {
            // It may be in the database all the same: without its anchor, or with a commit whose answer was lost.
            var refused = NotAudited(operation, e);
            runs.Withdraw(operation.Id, refused.Error.Sentence);
            return refused;
        }
        live.SetAlert(StorageWatch.AuditUnwritable, on: false);
        runs.Start(request.Session!, operation);
        return new StartOutcome.Started(operation.Id);
    }

    private StartOutcome.NotStarted NotAudited(Operation operation, AuditNotWrittenException e)
    {
        log.IntentNotAudited(operation.Action, operation.Path, e.Message);
        live.SetAlert(StorageWatch.AuditUnwritable, on: true);
        return new(new ActError.AuditUnwritable());
    }

    private async Task<Checked> CheckAsync(ClaimsPrincipal user, ActTarget target) => await CheckAsync(await actors.FindAsync(user), target);

    private async Task<Checked> CheckAsync(Actor? actor, ActTarget target)
    {
        var group = (await rules.NowAsync()).Of(target.HostId);
        var host = live.Current.Host(target.HostId);
        var finding = host?.Find(target.FindingKey)?.Finding;
        var session = agents.Find(target.HostId);
        var hostName = host?.Status.HostName ?? "this host";
        ActError? error =
            Act.Find(target.Action) is not { } act ? new ActError.ActionNotOffered(target.Action, "there is no such act.")
            : actor is null || !group.May(actor.Id, actor.Roles, act.Word) ? new ActError.NotAllowed(act.Word)
            : session is null or { IsLost: true } ? new ActError.HostNotConnected(hostName)
            : act.IsOnQuarantine
                ? target.Quarantined is null ? new ActError.ActionNotOffered(target.Action, "it applies only to quarantined files.")
                : host is not null && ActGate.OfHost(target.Action, host.Status) is { } never ? new ActError.HostSaysNo(never)
                : null
            : finding is null ? new ActError.FindingGone()
            : !finding.Actions.Contains(target.Action)
                ? new ActError.ActionNotOffered(target.Action, $"the verdict is '{finding.Verdict}'. {finding.Summary}")
            : act.IsOnProcess && !IsSame(finding.Process, target.Process) ? new ActError.ProcessChanged()
            : host is not null && ActGate.OfHost(target.Action, host.Status) is { } no ? new ActError.HostSaysNo(no)
            : null;
        QuarantineItem? kept = null;
        if (error is null && target.Quarantined is { } operation)
            (kept, error) = await LookIntoQuarantineAsync(target, hostName, operation);
        return new(actor, session, finding, kept, hostName, group, ApprovalNeed.For(group, host?.Status.Policy, target.Action, isWeaker: IsWeaker(finding, target)), error);
    }

    // Asked again each time: what a page showed may have been put back or purged since.
    private async Task<(QuarantineItem? Kept, ActError? Error)> LookIntoQuarantineAsync(ActTarget target, string hostName, Guid operation, CancellationToken stop = default)
    {
        var read = await quarantine.ReadAsync(target.HostId, stop);
        if (read.NotTold is { } why)
            return (null, new ActError.HostSaysNo(why));
        if (read.Items.FirstOrDefault(i => i.OperationId == operation) is not { } kept)
        {
            // Only a quarantine that was read in whole proves that something is not there.
            return (null, read.Problems is [var problem, ..]
                ? new ActError.HostSaysNo($"It was not found, but the quarantine of {HostText.Escape(hostName)} could not be read completely: {HostText.Clean(problem.Detail)}")
                : new ActError.NotInQuarantine(HostText.Escape(hostName)));
        }
        return (kept, target.Action == Act.Undo && kept.NoUndo is { } no ? new ActError.RefusedByAgent(no) : null);
    }

    /// <summary>The same row, were it done together with others: the weaker protocol is for one lock at a time.</summary>
    internal static ItemLook AmongSeveral(ItemLook look) => look.Problem is null && look.Answer?.Finding?.Weaker == true ? look with { Problem = OneAtATime } : look;

    private async Task<PreviewAnswer> AskAsync(AgentSession session, PreviewRequest request, CancellationToken stop)
    {
        var answer = await session.Client.Preview(request).WaitAsync(limits.AnswerWithin, clock, stop);
        return Whole.Is(answer) ? answer : throw new InvalidDataException("the answer is incomplete");
    }

    // The rules, the host's group or its policy may have changed since it was asked for: those of the moment hold.
    private static ActError.NotApproved? TooFew(Checked request, IReadOnlyList<string> approvers) =>
        request.Need is { } need && need.Others > approvers.Count ? new($"{need.Sentence} Request approval again.") : null;

    private static bool IsWeaker(Finding? finding, ActTarget target) => target.Action == Act.Break && finding?.Weaker == true;

    private static bool IsAnother(Checked request, string? fingerprint) => request.Kept is { } kept && QuarantineWords.Fingerprint(kept) != fingerprint;

    private static bool IsSame(FindingProcess? seenNow, ProcessRef? meant) =>
        meant is not null && seenNow is not null && (seenNow.Pid, seenNow.StartTicks, seenNow.BootId) == (meant.Pid, meant.StartTicks, meant.BootId);

    private async Task<PreviewOutcome> RefusedAsync(
        ClaimsPrincipal user, Checked request, ActTarget target, string reason, ActError error, PreviewAnswer? answer = null)
    {
        await RecordRefusalAsync(NewOperation(request, target, reason, answer?.Fingerprint), user.Identity?.Name, error);
        return new PreviewOutcome.Refused(error, answer);
    }

    private async Task RecordRefusalAsync(Operation operation, string? who, ActError error)
    {
        if (operation.Actor.Length == 0)
            operation.Actor = who ?? "unknown";
        log.RequestRefused(operation.Actor, operation.Action, operation.Path, error.Sentence);
        try
        {
            await operations.RefuseAsync(operation, error.Sentence);
        }
        catch (AuditNotWrittenException e) // it is a no either way
        {
            log.OutcomeNotAudited(operation.Action, e.Message);
            live.SetAlert(StorageWatch.AuditUnwritable, on: true);
        }
    }

    private static Operation NewOperation(Checked request, ActTarget target, string reason, string? fingerprint) => OperationWire.New(
        target, request.HostName, request.Kept?.Path ?? request.Finding?.Path ?? "", request.Kept is { } kept ? kept.PathBytes : request.Finding?.PathBytes,
        request.Actor?.Name ?? "", reason, fingerprint);

    private sealed record Checked(Actor? Actor, AgentSession? Session, Finding? Finding, QuarantineItem? Kept, string HostName, GroupRules Rules, ApprovalNeed? Need, ActError? Error);
}
