using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text.Json;
using Ops.Cluster;
using Ops.Data;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;

namespace Ops.Web.Features.Acts.Requests;

/// <summary>Requests for approval, live: writes each change down and notifies the followers. Lets those expire that were not decided.</summary>
public sealed class ApprovalBook(ApprovalLog log, Actors actors, IConsoles consoles, LiveState live, TimeProvider clock, ILogger<ApprovalBook> logger) : BackgroundService
{
    private const int EndedKept = 200;

    internal static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    // Those whose act is about to begin here: what the database says of them is not shown before it has.
    private readonly ConcurrentDictionary<Guid, byte> _beginning = new();
    private readonly LiveValue<ApprovalList> _list = new(ApprovalList.Empty);

    public ApprovalList Current => _list.Current;

    public StateSubscription<ApprovalList> Follow(CancellationToken stop = default) => _list.Follow(stop);

    public ApprovalView? Find(Guid id) => _list.Current.ById.GetValueOrDefault(id);

    /// <summary>Also one that ended long ago, or on another console.</summary>
    public async Task<ApprovalView?> FindStoredAsync(Guid id, CancellationToken stop = default) =>
        Find(id) ?? (await log.FindAsync([id], stop) is [var (request, votes)] ? View(request, [.. votes.Select(v => v.Approver)]) : null);

    /// <exception cref="AuditNotWrittenException">Nothing was asked for.</exception>
    /// <param name="bulk">Id of the bulk act that it is about; null for one act.</param>
    public async Task<Guid> RequestAsync(Actor requester, string action, string reason, IReadOnlyList<ApprovalItem> items, int needed, Guid? bulk = null)
    {
        var hosts = items.Select(i => i.Host).Distinct(StringComparer.Ordinal).ToList();
        var request = new ApprovalRequest
        {
            Id = bulk ?? items[0].OperationId,
            RequesterId = requester.Id,
            Requester = requester.Name,
            Action = action,
            Host = string.Join(", ", hosts),
            Path = items.Count == 1 ? items[0].Path : $"{items.Count} rows, the first: {items[0].Path}",
            Reason = reason,
            Items = JsonSerializer.Serialize(items),
            Needed = needed,
        };
        // False: the same request came twice, and stands as the first one does.
        if (await log.RequestAsync(request))
            Put(View(request, []));
        return request.Id;
    }

    /// <summary>One person's yes; the last one that is needed begins the act. The caller has made sure that they may say it.</summary>
    /// <exception cref="AuditNotWrittenException">It does not count.</exception>
    /// <exception cref="ConsoleIsDeadException">It does not count.</exception>
    /// <param name="rows">The operations that this person found unchanged.</param>
    internal async Task<ApproveOutcome> ApproveAsync(Guid id, Actor approver, IReadOnlySet<Guid> rows, IApprovedAct act)
    {
        var isOurs = false;
        try
        {
            var outcome = await log.ApproveAsync(id, approver.Id, approver.Name, rows, (db, enough, stop) =>
            {
                isOurs = _beginning.TryAdd(id, 0) || isOurs;
                return act.RecordAsync(db, enough, stop);
            });
            switch (outcome)
            {
                case ApproveOutcome.Counted counted:
                    Change(id, v => v with { ApprovedBy = counted.Approvers });
                    break;
                case ApproveOutcome.Enough { Approvers: var names } enough:
                    // After the act was begun, or was not: only now the requester's page goes on.
                    var problem = await act.BeginAsync(enough);
                    Change(id, v => v with { State = ApprovalState.Approved, ApprovedBy = names, EndedBy = names[^1], Problem = problem });
                    break;
                case ApproveOutcome.Refused:
                    // It may have been decided without this page: on another console, or by a yes whose answer was lost.
                    TakeAll(await log.FindAsync([id]));
                    break;
            }
            return outcome;
        }
        catch (Exception e) when (e is AuditNotWrittenException or ConsoleIsDeadException)
        {
            act.Withdraw();
            throw;
        }
        finally
        {
            if (isOurs)
                _beginning.TryRemove(id, out _);
        }
    }

    /// <exception cref="AuditNotWrittenException">It still waits.</exception>
    internal async Task<bool> EndAsync(Guid id, ApprovalState state, string? by, string? note)
    {
        if (!await log.EndAsync(id, state, by, note))
            return false;
        Change(id, v => v with { State = state, EndedBy = by, Note = note });
        return true;
    }

    /// <summary>Null when it is withdrawn; otherwise why not. Only the requester can.</summary>
    public async Task<string?> WithdrawAsync(ClaimsPrincipal user, Guid id) =>
        await actors.FindAsync(user) is { } actor && Find(id) is { } request && request.RequesterId == actor.Id
            ? await TryEndAsync(id, ApprovalState.Withdrawn, actor.Name, note: null)
            : "Only the requester can withdraw it.";

    /// <summary>Null when it has ended; otherwise why not.</summary>
    /// <param name="note">Cut to the length of a reason.</param>
    internal async Task<string?> TryEndAsync(Guid id, ApprovalState state, string by, string? note)
    {
        try
        {
            return await EndAsync(id, state, by, note?.Trim() is { Length: > 0 } text ? text[..Math.Min(text.Length, ActInput.ReasonLengthMax)] : null)
                ? null
                : "It has already been decided.";
        }
        catch (Exception e) when (e is AuditNotWrittenException || DatabaseFailure.Is(e))
        {
            logger.OutcomeNotAudited(AuditActions.ApprovalDenied, e.Message);
            return new ActError.AuditUnwritable().Sentence;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        while (!await TryReadWaitingAsync(stoppingToken))
            await timer.WaitForNextTickAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            // Another console may have taken a request, or decided one.
            if (consoles.IsCluster)
                await TryReadWaitingAsync(stoppingToken);
            foreach (var old in Current.Waiting.Where(v => clock.GetUtcNow() >= v.ExpiresAt).ToList())
                await ExpireAsync(old);
        }
    }

    private async Task<bool> TryReadWaitingAsync(CancellationToken stop)
    {
        try
        {
            // First those known to wait here: what is decided in between is among neither, and is found at the next look.
            var known = Current.Waiting.Select(v => v.Id).ToList();
            var waiting = await log.WaitingAsync(stop);
            var decided = known.Except(waiting.Select(w => w.Request.Id)).ToList();
            TakeAll(decided.Count == 0 ? waiting : [.. waiting, .. await log.FindAsync(decided, stop)]);
            return true;
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            live.SetAlert(StorageWatch.AuditUnwritable, on: true);
            return false;
        }
    }

    private async Task ExpireAsync(ApprovalView old)
    {
        try
        {
            await EndAsync(old.Id, ApprovalState.Expired, by: null, note: null);
        }
        catch (Exception e) when (e is AuditNotWrittenException || DatabaseFailure.Is(e)) // it cannot be approved any more; the next look tries again
        {
            logger.OutcomeNotAudited(old.Action, e.Message);
            live.SetAlert(StorageWatch.AuditUnwritable, on: true);
        }
    }

    private void TakeAll(IReadOnlyList<(ApprovalRequest Request, IReadOnlyList<ApprovalVote> Votes)> read)
    {
        foreach (var (request, votes) in read)
            Take(View(request, [.. votes.Select(v => v.Approver)]));
    }

    // What was decided here in between is newer than what was read; what is the same leaves the followers in peace.
    private void Take(ApprovalView read)
    {
        if (_beginning.ContainsKey(read.Id))
            return;
        if (Find(read.Id) is not { } known || (known.IsWaiting && (known.State != read.State || !known.ApprovedBy.SequenceEqual(read.ApprovedBy))))
            Put(read);
    }

    private void Put(ApprovalView view) => _list.Update(list =>
    {
        var byId = list.ById.SetItem(view.Id, view);
        var tooMany = byId.Values.Where(v => !v.IsWaiting).OrderByDescending(v => v.RequestedAt).Skip(EndedKept).Select(v => v.Id).ToList();
        return new(byId.RemoveRange(tooMany));
    });

    private void Change(Guid id, Func<ApprovalView, ApprovalView> change) =>
        _list.Update(list => list.ById.TryGetValue(id, out var view) ? new(list.ById.SetItem(id, change(view))) : list);

    private static ApprovalView View(ApprovalRequest r, IReadOnlyList<string> approvedBy) => new(
        r.Id, r.RequesterId, r.Requester, r.Action, r.Host, r.Path, r.Reason, JsonSerializer.Deserialize<List<ApprovalItem>>(r.Items) ?? [], r.Needed, r.RequestedAt,
        r.ExpiresAt, r.State, approvedBy, r.EndedBy, r.Note);
}
