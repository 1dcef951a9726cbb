using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web.Features.Acts;

/// <summary>Writes down requests that end before an agent was asked, and says on every page when the audit cannot be written.</summary>
public sealed class ActAudit(OperationLog operations, LiveState live, ILogger<ActAudit> log)
{
    internal async Task RefuseAsync(Operation operation, string? who, ActError error)
    {
        Refused(operation, who, error);
        try
        {
            await operations.RefuseAsync(operation, error.Sentence);
        }
        catch (AuditNotWrittenException e) // it is a no either way
        {
            OutcomeNotAudited(operation.Action, e.Message);
        }
    }

    /// <summary>Names the person of a refused request and puts it in the log; the row is the caller's.</summary>
    internal void Refused(Operation operation, string? who, ActError error)
    {
        if (operation.Actor.Length == 0)
            operation.Actor = who ?? "unknown";
        log.RequestRefused(operation.Actor, operation.Action, operation.Path, error.Sentence);
    }

    /// <summary>The operator looked at the preview and cancelled.</summary>
    internal Task CancelAsync(Operation operation) => operations.CancelAsync(operation, "Cancelled by the operator.");

    internal void OutcomeNotAudited(string action, string cause)
    {
        log.OutcomeNotAudited(action, cause);
        live.SetAlert(StorageWatch.AuditUnwritable, on: true);
    }

    internal StartOutcome.NotStarted IntentNotAudited(Operation operation, AuditNotWrittenException e)
    {
        log.IntentNotAudited(operation.Action, operation.Path, e.Message);
        live.SetAlert(StorageWatch.AuditUnwritable, on: true);
        return new(new ActError.AuditUnwritable());
    }

    internal ActError.DatabaseUnusable Unusable(string action, Exception e)
    {
        log.IntentNotAudited(action, "", DatabaseFailure.Cause(e));
        live.SetAlert(StorageWatch.AuditUnwritable, on: true);
        return new();
    }

    /// <summary>Runs the start of an act; where the database cannot be used, that is the answer.</summary>
    internal async Task<StartOutcome> UnlessUnusableAsync(string action, Func<Task<StartOutcome>> start)
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
}
