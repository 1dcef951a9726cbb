using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.Acts.Batch;
using Ops.Web.Features.Acts.Quarantined;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Live;

namespace Ops.Web.Features.Acts;

/// <summary>Asks agents what an act would find and do. Changes nothing; only what a person was refused is recorded.</summary>
public sealed class ActPreviews(ActCheck check, AgentDirectory agents, ActAudit audit, LiveLimits limits, TimeProvider clock, ILogger<ActPreviews> log)
{
    internal const string OneAtATime = "It may need the weaker protocol, which is used for one lock at a time only.";
    private const string AskedForAnother = "It has changed since the request. Request approval again.";

    /// <summary>For the person who is about to ask for it. A refusal is recorded.</summary>
    /// <param name="stop">The page was closed: the answer is of no use any more.</param>
    public async Task<PreviewOutcome> PreviewAsync(ClaimsPrincipal user, ActTarget target, CancellationToken stop = default)
    {
        try
        {
            return await LookAsync(user, target, stop);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return new PreviewOutcome.Refused(audit.Unusable(target.Action, e), null);
        }
    }

    private async Task<PreviewOutcome> LookAsync(ClaimsPrincipal user, ActTarget target, CancellationToken stop)
    {
        var request = await check.OfAsync(user, target);
        if (request.Error is { } error)
            return await RefusedAsync(user, request, target, error);
        if (request.Kept is { } kept)
            return new PreviewOutcome.Ready(QuarantineWords.Preview(target.Action, kept), request.Need, kept);
        var (session, finding, hostName) = (request.Session, request.Finding, request.HostName);
        PreviewAnswer answer;
        try
        {
            answer = await AskAsync(session!, new(target.Action, finding!.Key, finding.Path, finding.PathBytes, target.Process, target.Descriptor), stop);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Whatever the link throws, nothing was asked for that changes anything.
            log.PreviewFailed(hostName, finding!.Path, e.Message);
            return await RefusedAsync(user, request, target, new ActError.NoAnswer(hostName));
        }
        return answer switch
        {
            { Refusal: { } refusal } => await RefusedAsync(user, request, target, new ActError.RefusedByAgent(refusal), answer),
            { Fingerprint: null } => await RefusedAsync(user, request, target, new ActError.ActionNotOffered(target.Action, "the agent gave no fingerprint."), answer),
            _ => new PreviewOutcome.Ready(answer, request.Need),
        };
    }

    /// <summary>For the person who is to agree to it.</summary>
    internal async Task<ItemLook> ForApprovalAsync(ApprovalItem item, CancellationToken stop = default)
    {
        var target = item.Target;
        if (agents.Find(target.HostId) is not { IsLost: false } session)
            return new(item, null, new ActError.HostNotConnected(HostText.Escape(item.Host)).Sentence);
        if (target.Quarantined is { } operation)
        {
            var (kept, error) = await check.KeptAsync(target, item.Host, operation, stop);
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

    /// <summary>One row of several, looked at again.</summary>
    /// <returns>Why it drops out, as a sentence; null when it is as the person saw it.</returns>
    internal async Task<string?> WhyDropAsync(ClaimsPrincipal user, BatchRow row, CancellationToken stop)
    {
        if (row.Fingerprint is not { } seen)
            return "No act is offered for it.";
        CheckedAct request;
        try
        {
            request = await check.OfAsync(user, row.Target);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return audit.Unusable(row.Target.Action, e).Sentence;
        }
        if (request.Error is { } error)
            return error.Sentence;
        if (request.IsWeaker(row.Target))
            return OneAtATime;
        var look = AmongSeveral(await ForApprovalAsync(row.ToItem(Guid.Empty, stopAtFailure: true), stop));
        return look.Problem is null ? null : look.Answer is { Refusal: null } && look.Answer.Fingerprint != seen ? "It has changed since you saw it." : look.Problem;
    }

    /// <summary>The same row, were it done together with others: the weaker protocol is for one lock at a time.</summary>
    internal static ItemLook AmongSeveral(ItemLook look) => look.Problem is null && look.Answer?.Finding?.Weaker == true ? look with { Problem = OneAtATime } : look;

    private async Task<PreviewAnswer> AskAsync(IAgentLink session, PreviewRequest request, CancellationToken stop)
    {
        var answer = await session.Client.Preview(request).WaitAsync(limits.AnswerWithin, clock, stop);
        return Whole.Is(answer) ? answer : throw new InvalidDataException("the answer is incomplete");
    }

    private async Task<PreviewOutcome> RefusedAsync(ClaimsPrincipal user, CheckedAct request, ActTarget target, ActError error, PreviewAnswer? answer = null)
    {
        await audit.RefuseAsync(request.NewOperation(target, "", answer?.Fingerprint), user.Identity?.Name, error);
        return new PreviewOutcome.Refused(error, answer);
    }
}
