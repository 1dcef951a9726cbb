using System.Security.Claims;
using System.Text.Json;
using Ops.Data;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;

namespace Ops.Web.Features.Break;

/// <summary>Breaks, removes, undoes, asks, ends, kills and rescues: authorises, writes the intent down, and only then asks the agent.</summary>
/// <remarks>
/// The agent verifies everything itself on fresh facts; what is checked here spares it questions and keeps the record. Singleton: an operation
/// that has begun goes on whatever becomes of the page that asked for it.
/// </remarks>
public sealed class BreakCommand(
    Actors actors, LiveState live, AgentDirectory agents, OperationLog operations, OperationRuns runs, ActRules rules, LiveLimits limits, TimeProvider clock,
    ILogger<BreakCommand> log)
{
    /// <summary>Asks the agent what the act would find and do. A refusal is recorded.</summary>
    /// <param name="stop">The page was closed: the answer is of no use any more.</param>
    public async Task<PreviewOutcome> PreviewAsync(ClaimsPrincipal user, BreakTarget target, CancellationToken stop = default)
    {
        var checkedRequest = await CheckAsync(user, target);
        if (checkedRequest.Error is { } error)
            return await RefusedAsync(user, checkedRequest, target, "", error);
        var (_, session, finding, hostName, _) = checkedRequest;
        PreviewAnswer answer;
        try
        {
            answer = await session!.Client.Preview(new(target.Action, finding!.Key, finding.Path, finding.PathBytes, target.Process, target.Descriptor)).WaitAsync(limits.AnswerWithin, clock, stop);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Whatever the link throws, nothing was asked for that changes anything.
            log.PreviewFailed(hostName, finding!.Path, e.Message);
            return await RefusedAsync(user, checkedRequest, target, "", new BreakError.NoAnswer(hostName));
        }
        return answer switch
        {
            { Refusal: { } refusal } => await RefusedAsync(user, checkedRequest, target, "", new BreakError.RefusedByAgent(refusal), answer),
            { Fingerprint: null } => await RefusedAsync(user, checkedRequest, target, "", new BreakError.ActionNotOffered(target.Action, "the agent gave no fingerprint."), answer),
            _ => new PreviewOutcome.Ready(answer),
        };
    }

    /// <summary>Writes the intent down and asks the agent. When this returns <see cref="StartOutcome.Started"/>, follow the operation on the board.</summary>
    public async Task<StartOutcome> StartAsync(ClaimsPrincipal user, BreakRequest request)
    {
        var checkedRequest = await CheckAsync(user, request.Target);
        var error = checkedRequest.Error
            ?? (!BreakPolicy.IsUsableReason(request.Reason) ? new BreakError.ReasonUnusable()
                : Acts.Find(request.Target.Action) is { AsksForPid: true } && !BreakPolicy.IsTyped(request.Target.Process!.Pid, request.TypedPid)
                    ? new BreakError.PidNotTyped(request.Target.Process.Pid)
                : null);
        if (error is not null)
        {
            await RefusedAsync(user, checkedRequest, request.Target, request.Reason, error);
            return new StartOutcome.NotStarted(error);
        }
        return await IntendAndRunAsync(checkedRequest.Session!, NewOperation(checkedRequest, request.Target, request.Reason.Trim(), request.Fingerprint));
    }

    /// <summary>Puts back what a break or removal took away, if its name is free. Follow it like any other operation.</summary>
    public async Task<StartOutcome> StartUndoAsync(ClaimsPrincipal user, Guid operationId, string reason)
    {
        var actor = await actors.FindAsync(user);
        var done = await operations.GetAsync(operationId);
        var session = done is null ? null : agents.Find(done.HostId);
        BreakError? error =
            actor is null || !(await rules.NowAsync()).Of(done?.HostId ?? "").May(actor.Id, actor.Roles, Acts.Undo) ? new BreakError.NotAllowed(Acts.Undo)
            : done is null ? new BreakError.FindingGone()
            : done.State != OperationState.Done || done.Action is not (Acts.Break or Acts.Remove)
                ? new BreakError.ActionNotOffered(Acts.Undo, "only a break or removal that was done can be taken back.")
            : !BreakPolicy.IsUsableReason(reason) ? new BreakError.ReasonUnusable()
            : session is null or { IsLost: true } ? new BreakError.HostNotConnected(done.Host)
            : null;
        var target = new BreakTarget(done?.HostId ?? "", done?.FindingKey ?? "", Acts.Undo);
        var operation = NewOperation(new(actor, session, null, done?.Host ?? "", null), target, reason.Trim(), fingerprint: null);
        operation.Path = done?.Path ?? "";
        operation.PathBytes = done?.PathBytes;
        operation.UndoOf = operationId;
        if (error is null)
            return await IntendAndRunAsync(session!, operation);
        await RecordRefusalAsync(operation, user, error);
        return new StartOutcome.NotStarted(error);
    }

    /// <summary>The operator looked at the preview and turned back.</summary>
    public async Task CancelAsync(ClaimsPrincipal user, BreakTarget target)
    {
        var checkedRequest = await CheckAsync(user, target);
        if (checkedRequest.Actor is null)
            return; // nobody we know turned back
        try
        {
            await operations.CancelAsync(NewOperation(checkedRequest, target, "", fingerprint: null), "The operator turned back.");
        }
        catch (AuditNotWrittenException e)
        {
            log.OutcomeNotAudited(target.Action, e.Message);
            live.SetAlert(SignInCommand.AuditUnwritable, on: true);
        }
    }

    private async Task<StartOutcome> IntendAndRunAsync(AgentSession session, Operation operation)
    {
        try
        {
            await operations.IntendAsync(operation);
        }
        catch (AuditNotWrittenException e)
        {
            log.IntentNotAudited(operation.Action, operation.Path, e.Message);
            live.SetAlert(SignInCommand.AuditUnwritable, on: true);
            return new StartOutcome.NotStarted(new BreakError.AuditUnwritable());
        }
        live.SetAlert(SignInCommand.AuditUnwritable, on: false);
        runs.Start(session, operation);
        return new StartOutcome.Started(operation.Id);
    }

    private async Task<Checked> CheckAsync(ClaimsPrincipal user, BreakTarget target)
    {
        var actor = await actors.FindAsync(user);
        var host = live.Current.Host(target.HostId);
        var finding = host?.Find(target.FindingKey)?.Finding;
        var session = agents.Find(target.HostId);
        var hostName = host?.Status.HostName ?? "this host";
        BreakError? error =
            Acts.Find(target.Action) is not { } act ? new BreakError.ActionNotOffered(target.Action, "there is no such act.")
            : actor is null || !(await rules.NowAsync()).Of(target.HostId).May(actor.Id, actor.Roles, act.Word) ? new BreakError.NotAllowed(act.Word)
            : session is null or { IsLost: true } ? new BreakError.HostNotConnected(hostName)
            : finding is null ? new BreakError.FindingGone()
            : act.IsOnQuarantine || !finding.Actions.Contains(target.Action)
                ? new BreakError.ActionNotOffered(target.Action, $"the verdict is '{finding.Verdict}'. {finding.Summary}")
            : act.IsOnProcess && !IsSame(finding.Process, target.Process) ? new BreakError.ProcessChanged()
            : host is not null && ActGate.OfHost(target.Action, host.Status) is { } no ? new BreakError.HostSaysNo(no)
            : null;
        return new(actor, session, finding, hostName, error);
    }

    private static bool IsSame(FindingProcess? seenNow, ProcessRef? meant) =>
        meant is not null && seenNow is not null && (seenNow.Pid, seenNow.StartTicks, seenNow.BootId) == (meant.Pid, meant.StartTicks, meant.BootId);

    private async Task<PreviewOutcome> RefusedAsync(
        ClaimsPrincipal user, Checked request, BreakTarget target, string reason, BreakError error, PreviewAnswer? answer = null)
    {
        await RecordRefusalAsync(NewOperation(request, target, reason, answer?.Fingerprint), user, error);
        return new PreviewOutcome.Refused(error, answer);
    }

    private async Task RecordRefusalAsync(Operation operation, ClaimsPrincipal user, BreakError error)
    {
        if (operation.Actor.Length == 0)
            operation.Actor = user.Identity?.Name ?? "unknown";
        log.RequestRefused(operation.Actor, operation.Action, operation.Path, error.Sentence);
        try
        {
            await operations.RefuseAsync(operation, error.Sentence);
        }
        catch (AuditNotWrittenException e) // it is a no either way
        {
            log.OutcomeNotAudited(operation.Action, e.Message);
            live.SetAlert(SignInCommand.AuditUnwritable, on: true);
        }
    }

    private static Operation NewOperation(Checked request, BreakTarget target, string reason, string? fingerprint) => new()
    {
        Id = Guid.CreateVersion7(),
        HostId = target.HostId,
        Host = request.HostName,
        Action = target.Action,
        FindingKey = target.FindingKey,
        Path = request.Finding?.Path ?? "",
        PathBytes = request.Finding?.PathBytes,
        Fingerprint = fingerprint,
        Actor = request.Actor?.Name ?? "",
        Reason = reason,
        Process = target.Process is { } process ? JsonSerializer.Serialize(process, OpsJson.Default.ProcessRef) : null,
        Descriptor = target.Descriptor,
    };

    private sealed record Checked(Actor? Actor, AgentSession? Session, Finding? Finding, string HostName, BreakError? Error);
}
