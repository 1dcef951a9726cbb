using System.Collections.Concurrent;
using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Batch;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Features.SignIn;

namespace Ops.Web.Features.Approvals;

/// <summary>What an approver found, or why they may not look.</summary>
public sealed record ApprovalLook(IReadOnlyList<ItemLook> Rows, string? Refusal = null);

/// <summary>Decides about requests: the check of the current state, approval and denial.</summary>
/// <remarks>A yes counts only within two minutes of the same person's own look, and only for the rows that were then as the requester saw them.</remarks>
public sealed class ApprovalDesk(Actors actors, ActRules rules, ApprovalBook book, ActPreviews previews, ApprovedActs acts, BatchCommand bulk, TimeProvider clock,
    ILogger<ApprovalDesk> log, ApprovalLog votes) : IDisposable
{
    internal static readonly TimeSpan LookIsGoodFor = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<(Guid Request, string User), (DateTimeOffset At, IReadOnlySet<Guid> Same)> _looks = new();

    // Of requests that some have agreed to and others have still to: the rows that all of them so far found unchanged.
    private readonly ConcurrentDictionary<Guid, IReadOnlySet<Guid>> _agreed = new();

    // Of two who agree at the same moment the second must find the rows of the first.
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);

    public void Dispose() => _oneAtATime.Dispose();

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
        Forget();
        _looks[(id, actor.Id)] = (clock.GetUtcNow(), rows.Where(r => r.Problem is null).Select(r => r.Item.OperationId).ToHashSet());
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
        if (!_looks.TryGetValue((id, actor.Id), out var look) || clock.GetUtcNow() - look.At > LookIsGoodFor)
            return "Refresh first: your view is out of date.";
        try
        {
            List<ApprovalItem> same;
            ApproveOutcome outcome;
            await _oneAtATime.WaitAsync();
            try
            {
                if (await WhyNotAfterOthersAsync(request) is { } why)
                    return why;
                same = [.. request.Items.Where(i => look.Same.Contains(i.OperationId) && (!_agreed.TryGetValue(id, out var agreed) || agreed.Contains(i.OperationId)))];
                if (same.Count == 0)
                    return "Every row has changed since the request. Request approval again.";
                outcome = await book.ApproveAsync(id, actor);
                if (outcome is ApproveOutcome.Refused refused)
                    return refused.Why;
                _looks.TryRemove((id, actor.Id), out _);
                _agreed[id] = same.Select(i => i.OperationId).ToHashSet();
            }
            finally
            {
                _oneAtATime.Release();
            }
            if (outcome is ApproveOutcome.Enough enough)
            {
                _agreed.TryRemove(id, out _);
                book.Approved(id, enough.Approvers, request.Action == BatchCommand.Word
                    ? await bulk.RunApprovedAsync(request, same, enough.Approvers)
                    : await acts.StartAsync(request, same, enough.Approvers));
            }
            return null;
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
            if (await actors.FindByIdAsync(vote.ApproverId) is not { } voter || !MayDecide(request, voter.Id, [.. voter.Roles], table))
                return $"{vote.Approver} approved it but is no longer allowed to do this. Request approval again.";
        }
        return before.Count > 0 && request.Items.Count > 1 && !_agreed.ContainsKey(request.Id)
            ? $"The console restarted after {before[^1].Approver} approved and no longer knows which rows that covered. Request approval again."
            : null;
    }

    // What counts for nothing any more: looks that are too old, and rows of requests that were decided.
    private void Forget()
    {
        var now = clock.GetUtcNow();
        foreach (var (key, look) in _looks)
        {
            if (now - look.At > LookIsGoodFor)
                _looks.TryRemove(new(key, look));
        }
        foreach (var id in _agreed.Keys)
        {
            if (book.Find(id) is not { IsWaiting: true })
                _agreed.TryRemove(id, out _);
        }
    }

    private async Task<string> WhyNotAsync(ClaimsPrincipal user, Guid id) => (await DeciderAsync(user, id)).Why ?? "It has already been decided.";

    private async Task<(Actor? Actor, ApprovalView? Request, string? Why)> DeciderAsync(ClaimsPrincipal user, Guid id)
    {
        var actor = await actors.FindAsync(user);
        var request = book.Find(id);
        var why = request is null ? "There is no such request."
            : !request.IsWaiting || clock.GetUtcNow() >= request.ExpiresAt ? "It has already been decided, or has expired."
            : actor is null ? "You are no longer signed in."
            : request.RequesterId == actor.Id ? "Requesters cannot approve their own request."
            : !MayDecide(request, actor.Id, [.. actor.Roles], await rules.NowAsync()) ? "Only people who are allowed to do this themselves can approve it."
            : null;
        return (actor, request, why);
    }
}
