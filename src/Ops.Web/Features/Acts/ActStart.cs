using Ops.Data;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Live;

namespace Ops.Web.Features.Acts;

/// <summary>Writes the intent down, and only then asks the agent.</summary>
public sealed class ActStart(OperationLog operations, OperationRuns runs, LiveState live, ActPace pace, ActAudit audit)
{
    internal async Task<StartOutcome> RunAsync(CheckedAct request, Operation operation)
    {
        var atMost = AtMost(request, operation);
        if (WhyNoTurn(operation, atMost) is { } late)
            return await NotBegunAsync(operation, late);
        try
        {
            // The same request came twice: the first one has asked the agent, or was refused.
            if (!await operations.IntendAsync(operation, atMost))
                return new StartOutcome.Started(operation.Id);
        }
        catch (ActUnderWayException e)
        {
            return await NotBegunAsync(operation, UnderWay(e));
        }
        catch (HostHadItsActsException)
        {
            return await NotBegunAsync(operation, new ActError.TooManyActs(operation.Host, atMost));
        }
        catch (ConsoleIsDeadException)
        {
            return await NotBegunAsync(operation, new ActError.ConsoleIsDead());
        }
        catch (AuditNotWrittenException e)
        {
            // It may be in the database nevertheless: without its anchor, or with a commit whose answer was lost.
            var refused = audit.IntentNotAudited(operation, e);
            Withdraw(operation, refused.Error);
            return refused;
        }
        Ask(request, operation);
        return new StartOutcome.Started(operation.Id);
    }

    /// <summary>Writes the intent down within a change of the caller, or that nothing begins. <see cref="Ask"/> comes after the change, if there is no error.</summary>
    /// <param name="who">Asked for it; recorded where the account no longer exists.</param>
    /// <param name="error">Why it cannot begin, where that is known before.</param>
    /// <exception cref="ConsoleIsDeadException">Nothing was added.</exception>
    internal async Task<(AuditDraft Entry, ActError? Error)> IntendWithinAsync(OpsDb db, CheckedAct request, Operation operation, string who, ActError? error, CancellationToken stop)
    {
        var atMost = AtMost(request, operation);
        error ??= WhyNoTurn(operation, atMost);
        try
        {
            if (error is null)
            {
                runs.Expect(operation.Id);
                return (await operations.IntendWithinAsync(db, operation, atMost, stop), null);
            }
        }
        catch (ActUnderWayException e)
        {
            error = UnderWay(e);
        }
        catch (HostHadItsActsException)
        {
            error = new ActError.TooManyActs(operation.Host, atMost);
        }
        audit.Refused(operation, who, error);
        return (await operations.RefuseWithinAsync(db, operation, error.Sentence, stop), error);
    }

    /// <summary>Asks the agent. The intent is written down.</summary>
    internal void Ask(CheckedAct request, Operation operation)
    {
        live.SetAlert(StorageWatch.AuditUnwritable, on: false);
        runs.Start(request.Session!, operation);
    }

    /// <summary>The intent could not be written down, as far as is known.</summary>
    internal void Withdraw(Operation operation, ActError why) => runs.Withdraw(operation.Id, why.Sentence);

    // The host's own number counts as well: one act more would open its circuit for everybody.
    private int AtMost(CheckedAct request, Operation operation) =>
        live.Current.Host(operation.HostId)?.Status.Policy is { MaxActsPerMinute: > 0 and var hosts } ? Math.Min(hosts, request.Rules.ActsPerMinute) : request.Rules.ActsPerMinute;

    // The database counts the acts of all consoles. This one's own count holds where the time of day was set back.
    private ActError.TooManyActs? WhyNoTurn(Operation operation, int atMost) => pace.TryTake(operation.HostId, atMost) ? null : new ActError.TooManyActs(operation.Host, atMost);

    private static ActError.ActUnderWay UnderWay(ActUnderWayException e) => new(e.Other.Action, e.Other.Actor, e.Other.RequestedAt, e.Other.State == OperationState.Unknown);

    private async Task<StartOutcome> NotBegunAsync(Operation operation, ActError why)
    {
        await audit.RefuseAsync(operation, operation.Actor, why);
        return new StartOutcome.NotStarted(why);
    }
}
