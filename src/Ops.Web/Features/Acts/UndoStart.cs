using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.Acts.Quarantined;
using Ops.Web.Shared;

namespace Ops.Web.Features.Acts;

/// <summary>Puts back what a break or removal took away, if its name is free.</summary>
public sealed class UndoStart(ActCheck check, ActCommand command, ActStart start, ActAudit audit, OperationLog operations)
{
    /// <summary>Follow it like any other operation.</summary>
    public Task<StartOutcome> StartAsync(ClaimsPrincipal user, Guid operationId, string reason) => audit.UnlessUnusableAsync(Act.Undo, () => BeginAsync(user, operationId, reason));

    private async Task<StartOutcome> BeginAsync(ClaimsPrincipal user, Guid operationId, string reason)
    {
        var done = await operations.GetAsync(operationId);
        var target = new ActTarget(done?.HostId ?? "", done?.FindingKey ?? "", Act.Undo, Quarantined: operationId);
        var found = await check.OfUndoAsync(user, done, target, reason);
        var error = found.Error;
        if (error is null && found.Need is not null)
        {
            // Others have to see what they agree to, so the agent is asked what is there.
            (var kept, error) = await check.KeptAsync(target, done!.Host, operationId);
            if (kept is not null && error is null)
                return await command.BeginAsync(user, new(target, QuarantineWords.Fingerprint(kept), reason));
        }
        var operation = found.NewOperation(target, reason.Trim(), fingerprint: null);
        operation.Path = done?.Path ?? "";
        operation.PathBytes = done?.PathBytes;
        if (error is null)
            return await start.RunAsync(found, operation);
        await audit.RefuseAsync(operation, user.Identity?.Name, error);
        return new StartOutcome.NotStarted(error);
    }
}
