using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Batch;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Features.SignIn;
using Ops.Web.Shared;

namespace Ops.Web.Features.Approvals;

/// <summary>What an approver found, or why they may not look.</summary>
public sealed record ApprovalLook(IReadOnlyList<ItemLook> Rows, string? Refusal = null);

/// <summary>Decides about requests: the check of the current state, approval and denial.</summary>
/// <remarks>A yes counts only within two minutes of the same person's own look, and only for the rows that were then as the requester saw them.</remarks>
public sealed class ApprovalDesk(Actors actors, ActRules rules, ApprovalBook book, ActPreviews previews, ApprovedActs acts, BatchCommand bulk, TimeProvider clock,
    ILogger<ApprovalDesk> log, ApprovalLog votes)
{
    internal static readonly TimeSpan LookIsGoodFor = TimeSpan.FromMinutes(2);

    /// <summary>Whether a person may decide about a request: not their own, and they could do each of its acts themselves.</summary>
    public static bool MayDecide(ApprovalView request, string userId, IReadOnlyCollection<string> roles, RulesTable table) =>
        request.RequesterId != userId && request.Items.All(i => table.Of(i.Target.HostId).May(userId, roles, i.Target.Action));

    /// <summary>From the claims of a page: for badges and buttons.</summary>
    public async ValueTask<bool> MayDecideAsync(ApprovalView request, ClaimsPrincipal user) => MayDecide(
        request, user.FindFirstValue(ClaimTypes.NameIdentifier) ?? "", [.. OpsRoles.All.Where(user.IsInRole)], await rules.ForPagesAsync());

    /// <summary>Asks the agents what each row would find and do now, for this person.</summary>
    public async Task<ApprovalLook> LookAsync(ClaimsPrincipal user, Guid id, CancellationToken stop = default)
    {
        if (await DeciderAsync(user, id) is not ({ } actor, { } request, null))
            return new([], await WhyNotAsync(user, id));
        List<ItemLook> rows = [];
        foreach (var item in request.Items)
        {
            var look = await previews.ForApprovalAsync(item, stop);
            rows.Add(request.Action == BatchCommand.Word ? ActPreviews.AmongSeveral(look) : look);
        }
        try
        {
            await votes.LookedAsync(id, actor.Id, [.. rows.Where(r => r.Problem is null).Select(r => r.Item.OperationId)], stop);
        }
        catch (Exception e) when (DatabaseFailure.Is(e)) // what was seen may be shown; it counts for nothing
        {
            log.OutcomeNotAudited(AuditActions.Approved, DatabaseFailure.Cause(e));
            return new(rows, new ActError.DatabaseUnusable().Sentence);
        }
        return new(rows);
    }

    /// <summary>Null when the yes counts; else why not. The last yes that is needed starts the act.</summary>
    public async Task<string?> ApproveAsync(ClaimsPrincipal user, Guid id)
    {
        try
        {
            return await CountAsync(user, id);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            log.OutcomeNotAudited(AuditActions.Approved, DatabaseFailure.Cause(e));
            return new ActError.DatabaseUnusable().Sentence;
        }
    }

    private async Task<string?> CountAsync(ClaimsPrincipal user, Guid id)
    {
        if (await DeciderAsync(user, id) is not ({ } actor, { } request, null))
            return await WhyNotAsync(user, id);
        if (actor.NeedsFreshCode && request.Items.Any(i => Act.Find(i.Target.Action) is { AsksForFreshCode: true }))
            return SecondFactorRule.FreshCodeNeeded;
        if (await votes.LookOfAsync(id, actor.Id) is not { } look || clock.GetUtcNow() - look.At > LookIsGoodFor)
            return "Refresh first: your view is out of date.";
        if (await WhyNotAfterOthersAsync(request) is { } why)
            return why;
        var act = request.Action == BatchCommand.Word ? await bulk.CheckAsync(request) : await acts.CheckAsync(request);
        try
        {
            return (await book.ApproveAsync(id, actor, look.Rows, act) as ApproveOutcome.Refused)?.Why;
        }
        catch (ConsoleIsDeadException)
        {
            return new ActError.ConsoleIsDead().Sentence;
        }
        catch (AuditNotWrittenException e)
        {
            log.OutcomeNotAudited(request.Action, e.Message);
            return new ActError.AuditUnwritable().Sentence;
        }
    }

    /// <summary>Null when it is denied; else why not.</summary>
    public async Task<string?> DenyAsync(ClaimsPrincipal user, Guid id, string? note) =>
        await DeciderAsync(user, id) is ({ } actor, { }, null) ? await book.TryEndAsync(id, ApprovalState.Denied, actor.Name, note) : await WhyNotAsync(user, id);

    /// <summary>Why no further yes can be counted with those that were said before; null when it can.</summary>
    private async Task<string?> WhyNotAfterOthersAsync(ApprovalView request)
    {
        var before = await votes.VotesAsync(request.Id);
        if (before.Count >= request.Needed)
            return null; // decided at this very moment: the log says so
        var table = await rules.NowAsync();
        foreach (var vote in before)
        {
            if (await actors.FindByIdAsync(vote.ApproverId) is not { LacksSecondFactor: false } voter || !MayDecide(request, voter.Id, [.. voter.Roles], table))
                return $"{vote.Approver} approved it but is no longer allowed to do this. Request approval again.";
        }
        return before.Count > 0 && request.Items.Count > 1 && before.Any(v => v.Rows is null)
            ? $"{before[^1].Approver} approved before the console was updated, and it is not known which rows that covered. Request approval again."
            : null;
    }

    private async Task<string> WhyNotAsync(ClaimsPrincipal user, Guid id) => (await DeciderAsync(user, id)).Why ?? "It has already been decided.";

    private async Task<(Actor? Actor, ApprovalView? Request, string? Why)> DeciderAsync(ClaimsPrincipal user, Guid id)
    {
        var actor = await actors.FindAsync(user);
        var request = book.Find(id);
        var why = request is null ? "There is no such request."
            : !request.IsWaiting || clock.GetUtcNow() >= request.ExpiresAt ? "It has already been decided, or has expired."
            : actor is null ? "You are no longer signed in."
            : actor.LacksSecondFactor ? new ActError.SecondFactorMissing().Sentence
            : request.RequesterId == actor.Id ? "Requesters cannot approve their own request."
            : !MayDecide(request, actor.Id, [.. actor.Roles], await rules.NowAsync()) ? "Only people who are allowed to do this themselves can approve it."
            : null;
        return (actor, request, why);
    }
}
