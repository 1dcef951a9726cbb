using System.Text.Json;
using Ops.Data;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Features.SignIn;

namespace Ops.Web.Features.Acts;

/// <summary>Acts that were decided about before: by those who had to agree, or as a row of a batch. In the name of the person who asked, who must still be allowed to.</summary>
public sealed class ApprovedActs(ActCheck check, ActStart start, ActAudit audit, ActRules rules, ApiTokens tokens)
{
    /// <summary>Checks the one act of a request again, in the name of the person who asked.</summary>
    internal async Task<IApprovedAct> CheckAsync(ApprovalView request)
    {
        var item = request.Items[0];
        var found = await check.OfAsync(request.RequesterId, item.Target);
        var operation = found.NewOperation(item.Target, request.Reason, item.Fingerprint);
        operation.Id = item.OperationId;
        // With the token through which a program asked.
        operation.Actor = request.Requester;
        return new One(start, tokens, found, operation, request, found.Error ?? (found.IsAnother(item.Fingerprint) ? new ActError.QuarantineChanged() : null));
    }

    /// <summary>Starts one row of several. Every row is an operation of its own, refused ones as well. Null when it has started; else why not.</summary>
    internal async Task<ActError?> StartRowAsync(string actorId, string actorName, ApprovalItem item, string reason, Guid batch, IReadOnlyList<string> approvers)
    {
        var found = await check.OfAsync(actorId, item.Target);
        var operation = RowOperation(found, item, reason, batch);
        operation.Approvers = approvers.Count == 0 ? null : Words(approvers);
        return await StartAsync(found, operation, actorName, (found.Error ?? (found.IsWeaker(item.Target) ? new ActError.DroppedOut(ActPreviews.OneAtATime) : null)) ?? found.TooFew(approvers));
    }

    /// <summary>Writes down that a row of several dropped out before any agent was asked to act on it.</summary>
    internal async Task RecordDropAsync(Actor actor, ApprovalItem item, string reason, Guid batch, string why)
    {
        var unverified = new CheckedAct(actor, null, null, null, item.Host, (await rules.NowAsync()).Of(item.Target.HostId), null, null);
        await audit.RefuseAsync(RowOperation(unverified, item, reason, batch), actor.Name, new ActError.DroppedOut(why));
    }

    private async Task<ActError?> StartAsync(CheckedAct found, Operation operation, string who, ActError? error)
    {
        if (error is null)
            return (await start.RunAsync(found, operation) as StartOutcome.NotStarted)?.Error;
        await audit.RefuseAsync(operation, who, error);
        return error;
    }

    private static Operation RowOperation(CheckedAct found, ApprovalItem item, string reason, Guid batch)
    {
        var operation = found.NewOperation(item.Target, reason, item.Fingerprint);
        // What was seen, also when it no longer exists.
        (operation.Id, operation.Batch, operation.Path, operation.PathBytes) = (item.OperationId, batch, item.Path, item.PathBytes);
        return operation;
    }

    private static string Words(IReadOnlyList<string> approvers) => JsonSerializer.Serialize(approvers, OpsJson.Default.IReadOnlyListString);

    private sealed class One(ActStart start, ApiTokens tokens, CheckedAct found, Operation operation, ApprovalView request, ActError? unusable) : IApprovedAct
    {
        private ActError? _error;

        public async Task<IReadOnlyList<AuditDraft>> RecordAsync(OpsDb db, ApproveOutcome.Enough enough, CancellationToken stop)
        {
            operation.Approvers = Words(enough.Approvers);
            var error = await IsTokenGoodAsync(db, stop) ? unusable ?? found.TooFew(enough.Approvers) : new ActError.TokenNotGood();
            (var entry, _error) = await start.IntendWithinAsync(db, found, operation, request.Requester, error, stop);
            return [entry];
        }

        // A token is revoked because it may be in the wrong hands: then what it asked for before is not wanted either.
        private async Task<bool> IsTokenGoodAsync(OpsDb db, CancellationToken stop) =>
            request.Items[0].Token is not { } id || (await tokens.FindGoodAsync(db, id, stop))?.ActsFor == request.RequesterId;

        public Task<ActError?> BeginAsync(ApproveOutcome.Enough enough)
        {
            if (_error is null)
                start.Ask(found, operation);
            return Task.FromResult(_error);
        }

        public void Withdraw() => start.Withdraw(operation, new ActError.AuditUnwritable());
    }
}
