using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Acts;

/// <summary>A person's request for one act: checked, then started, or put to those who have to agree.</summary>
/// <remarks>Singleton: an operation that has begun goes on whatever becomes of the page that asked for it.</remarks>
public sealed class ActCommand(ActCheck check, ActStart start, ActAudit audit, ApprovalBook approvals, BreakGlassBook breakGlass)
{
    /// <summary>Writes the intent down and asks the agent; where others have to agree, asks them instead.</summary>
    public Task<StartOutcome> StartAsync(ClaimsPrincipal user, ActRequest request) => audit.UnlessUnusableAsync(request.Target.Action, () => BeginAsync(user, request));

    internal async Task<StartOutcome> BeginAsync(ClaimsPrincipal user, ActRequest request)
    {
        var found = await check.OfAsync(user, request.Target);
        if ((found.Error ?? WhyNot(found, request)) is { } error)
        {
            await audit.RefuseAsync(found.NewOperation(request.Target, request.Reason, fingerprint: null), user.Identity?.Name, error);
            return new StartOutcome.NotStarted(error);
        }
        var operation = found.NewOperation(request.Target, request.Reason.Trim(), request.Fingerprint);
        operation.Id = request.OperationId ?? operation.Id;
        if (found.Need is not { } need)
            return await start.RunAsync(found, operation);
        if (request.BreakGlass is { } justification)
            return await BreakGlassAsync(user, found, operation, need, justification);
        try
        {
            ApprovalItem item = new(1, operation.Id, request.Target, operation.Host, operation.Path, operation.PathBytes, request.Fingerprint, Token: found.Actor!.Token);
            return new StartOutcome.Waiting(await approvals.RequestAsync(found.Actor, operation.Action, operation.Reason, [item], need.Others));
        }
        catch (AuditNotWrittenException e)
        {
            return audit.IntentNotAudited(operation, e);
        }
    }

    private static ActError? WhyNot(CheckedAct found, ActRequest request)
    {
        if (!ActInput.IsUsableReason(request.Reason))
            return new ActError.ReasonUnusable();
        if (found.IsAnother(request.Fingerprint))
            return new ActError.QuarantineChanged();
        return Act.Find(request.Target.Action) is { AsksForPid: true } && !ActInput.IsTyped(request.Target.Process!.Pid, request.TypedPid)
            ? new ActError.PidNotTyped(request.Target.Process.Pid)
            : null;
    }

    private async Task<StartOutcome> BreakGlassAsync(ClaimsPrincipal user, CheckedAct found, Operation operation, ApprovalNeed need, string justification)
    {
        if (WhyNoBreakGlass(found, need, justification) is { } error)
        {
            await audit.RefuseAsync(operation, user.Identity?.Name, error);
            return new StartOutcome.NotStarted(error);
        }
        operation.BreakGlass = justification.Trim();
        try
        {
            await breakGlass.RecordAsync(new()
            {
                Id = operation.Id,
                ActorId = found.Actor!.Id,
                Actor = found.Actor.Name,
                Action = operation.Action,
                Host = operation.Host,
                Path = operation.Path,
                Justification = operation.BreakGlass,
            });
        }
        catch (AuditNotWrittenException e)
        {
            return audit.IntentNotAudited(operation, e);
        }
        return await start.RunAsync(found, operation);
    }

    private static ActError? WhyNoBreakGlass(CheckedAct found, ApprovalNeed need, string justification)
    {
        if (!found.Actor!.IsAdministrator)
            return new ActError.NoBreakGlass("Only administrators can proceed without approval.");
        if (!need.MayBreakGlass)
            return new ActError.NoBreakGlass($"The policy file of {HostText.Escape(found.HostName)} does not allow acts without approval.");
        return ActInput.IsUsableReason(justification) ? null : new ActError.ReasonUnusable();
    }

    /// <summary>The operator looked at the preview and cancelled.</summary>
    public async Task CancelAsync(ClaimsPrincipal user, ActTarget target)
    {
        try
        {
            // Of a user who is not known nothing is recorded.
            if (await check.OfAsync(user, target) is { Actor: not null } found)
                await audit.CancelAsync(found.NewOperation(target, "", fingerprint: null));
        }
        catch (Exception e) when (e is AuditNotWrittenException || DatabaseFailure.Is(e))
        {
            audit.OutcomeNotAudited(target.Action, e.Message);
        }
    }
}
