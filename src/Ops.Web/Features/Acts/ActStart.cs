using Ops.Data;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Live;

namespace Ops.Web.Features.Acts;

/// <summary>Writes the intent down, and only then asks the agent.</summary>
public sealed class ActStart(OperationLog operations, OperationRuns runs, LiveState live, ActPace pace, ActAudit audit)
{
    internal async Task<StartOutcome> RunAsync(CheckedAct request, Operation operation)
    {
        // The host's own number counts as well: one act more would open its circuit for everybody.
        var atMost = live.Current.Host(operation.HostId)?.Status.Policy is { MaxActsPerMinute: > 0 and var hosts } ? Math.Min(hosts, request.Rules.ActsPerMinute) : request.Rules.ActsPerMinute;
        if (!pace.TryTake(operation.HostId, atMost))
            return await NotBegunAsync(operation, new ActError.TooManyActs(operation.Host, atMost));
        try
        {
            await operations.IntendAsync(operation);
        }
        catch (ActUnderWayException e)
        {
            return await NotBegunAsync(operation, new ActError.ActUnderWay(e.Other.Action, e.Other.Actor, e.Other.RequestedAt, e.Other.State == OperationState.Unknown));
        }
        catch (ConsoleIsDeadException)
        {
            return await NotBegunAsync(operation, new ActError.ConsoleIsDead());
        }
        catch (AuditNotWrittenException e)
        {
            // It may be in the database nevertheless: without its anchor, or with a commit whose answer was lost.
            var refused = audit.IntentNotAudited(operation, e);
            runs.Withdraw(operation.Id, refused.Error.Sentence);
            return refused;
        }
        live.SetAlert(StorageWatch.AuditUnwritable, on: false);
        runs.Start(request.Session!, operation);
        return new StartOutcome.Started(operation.Id);
    }

    private async Task<StartOutcome.NotStarted> NotBegunAsync(Operation operation, ActError why)
    {
        await audit.RefuseAsync(operation, operation.Actor, why);
        return new(why);
    }
}
