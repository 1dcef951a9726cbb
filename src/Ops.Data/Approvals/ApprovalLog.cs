using System.Globalization;
using System.Linq.Expressions;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>What came of an approval.</summary>
public abstract record ApproveOutcome
{
    private ApproveOutcome() { }

    /// <summary>That was the last one needed.</summary>
    /// <param name="Approvers">Names, in the order in which they agreed.</param>
    /// <param name="Rows">The operations that all of them found unchanged.</param>
    public sealed record Enough(IReadOnlyList<string> Approvers, IReadOnlySet<Guid> Rows) : ApproveOutcome;

    public sealed record Counted(IReadOnlyList<string> Approvers, int Needed) : ApproveOutcome;

    /// <param name="Why">A sentence.</param>
    public sealed record Refused(string Why) : ApproveOutcome;
}

/// <summary>Keeps requests for approval and who agreed; each change with its audit entry, or neither. Singleton.</summary>
/// <remarks>That a person may decide about an act, and has refreshed it, is the caller's part; that no user approves their own request is ours.</remarks>
public sealed class ApprovalLog(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
{
    /// <summary>Times and state are set here. False: this id was requested before, or is that of an operation.</summary>
    /// <exception cref="AuditNotWrittenException">It could not be written down.</exception>
    public async Task<bool> RequestAsync(ApprovalRequest request, CancellationToken stop = default)
    {
        request.RequestedAt = clock.GetUtcNow();
        request.ExpiresAt = request.RequestedAt + ApprovalRequest.Lifetime;
        request.State = ApprovalState.Waiting;
        request.Reason = AuditChain.Storable(request.Reason)!;
        request.Path = AuditChain.Storable(request.Path)!;
        request.Items = AuditChain.Storable(request.Items)!;
        try
        {
            await audit.ChangeAsync(
                async (db, token) =>
                {
                    if (await db.ApprovalRequests.AnyAsync(r => r.Id == request.Id, token) || await db.Operations.AnyAsync(o => o.Id == request.Id, token))
                        throw new AlreadyKnownException();
                    db.Add(request);
                    return Draft(request, AuditActions.ApprovalRequested, request.Requester, "waiting") with
                    {
                        Reason = request.Reason,
                        Detail = new JsonObject { ["action"] = request.Action, ["needed"] = request.Needed, ["items"] = request.Items }.ToJsonString(),
                    };
                },
                stop);
            return true;
        }
        catch (AlreadyKnownException)
        {
            return false;
        }
    }

    /// <summary>Keeps what a person found when they checked a request, in the place of what they found before.</summary>
    public async Task LookedAsync(Guid id, string userId, IReadOnlyCollection<Guid> rows, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var (now, json) = (clock.GetUtcNow(), JsonSerializer.Serialize(rows));
        if (await db.ApprovalLooks.Where(l => l.RequestId == id && l.UserId == userId).ExecuteUpdateAsync(s => s.SetProperty(l => l.At, now).SetProperty(l => l.Rows, json), stop) > 0)
            return;
        db.Add(new ApprovalLook { RequestId = id, UserId = userId, At = now, Rows = json });
        try
        {
            await db.SaveChangesAsync(stop);
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            // The same person checked on two pages at once: either look is as good.
        }
    }

    /// <summary>What a person found when they last checked a request; null when they did not, or have agreed since.</summary>
    public async Task<(DateTimeOffset At, IReadOnlySet<Guid> Rows)?> LookOfAsync(Guid id, string userId, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.ApprovalLooks.AsNoTracking().SingleOrDefaultAsync(l => l.RequestId == id && l.UserId == userId, stop) is { } look ? (look.At, RowsOf(look.Rows)!) : null;
    }

    /// <param name="rows">The operations of the request that this person found unchanged.</param>
    /// <param name="begin">
    /// Called for the last yes that is needed, within its transaction: records what the act begins with, on the context it is given, and returns the entries of the
    /// audit. So the program can end at any moment without leaving a request that is approved and was never begun. May run again; what it throws comes out, and
    /// the yes does not count.
    /// </param>
    /// <exception cref="AuditNotWrittenException">The yes does not count.</exception>
    public async Task<ApproveOutcome> ApproveAsync(
        Guid id, string approverId, string approver, IReadOnlySet<Guid> rows, Func<OpsDb, ApproveOutcome.Enough, CancellationToken, Task<IReadOnlyList<AuditDraft>>> begin)
    {
        ApproveOutcome outcome = new ApproveOutcome.Refused("");
        try
        {
            await audit.ChangeWithEntriesAsync(async (db, stop) =>
            {
                var request = await db.ApprovalRequests.SingleOrDefaultAsync(r => r.Id == id, stop);
                var votes = await db.ApprovalVotes.Where(v => v.RequestId == id).OrderBy(v => v.At).ToListAsync(stop);
                var now = clock.GetUtcNow();
                if (WhyNot(request, votes, approverId, now) is { } why)
                    throw new ChangeRefusedException(why);
                // In here: of two who agree at the same moment the second finds the rows of the first.
                var same = votes.Select(v => RowsOf(v.Rows)).Where(r => r is not null).Aggregate(rows.ToHashSet(), (all, r) => [.. all.Intersect(r!)]);
                if (same.Count == 0)
                    throw new ChangeRefusedException("Every row has changed since the request. Request approval again.");
                var vote = new ApprovalVote { RequestId = id, ApproverId = approverId, Approver = approver, At = now, Rows = JsonSerializer.Serialize(same) };
                db.Add(vote);
                IReadOnlyList<string> names = [.. votes.Append(vote).Select(v => v.Approver)];
                var isEnough = names.Count >= request!.Needed;
                // A look is good for one yes; after the last one, none is good for anything.
                await db.ApprovalLooks.Where(l => l.RequestId == id && (isEnough || l.UserId == approverId)).ExecuteDeleteAsync(stop);
                if (isEnough)
                    (request.State, request.EndedAt, request.EndedBy) = (ApprovalState.Approved, now, approver);
                var counted = Draft(request, AuditActions.Approved, approver, string.Create(CultureInfo.InvariantCulture, $"{names.Count} of {request.Needed}"));
                if (!isEnough)
                {
                    outcome = new ApproveOutcome.Counted(names, request.Needed);
                    return [counted];
                }
                ApproveOutcome.Enough enough = new(names, same);
                outcome = enough;
                return [counted, .. await begin(db, enough, stop)];
            });
            return outcome;
        }
        catch (ChangeRefusedException e)
        {
            return new ApproveOutcome.Refused(e.Message);
        }
    }

    /// <summary>Denies, withdraws or lets expire. False: it was decided before.</summary>
    /// <param name="by">Null when it expires.</param>
    /// <exception cref="AuditNotWrittenException">It still waits.</exception>
    public async Task<bool> EndAsync(Guid id, ApprovalState state, string? by, string? note)
    {
        var action = state switch
        {
            ApprovalState.Denied => AuditActions.ApprovalDenied,
            ApprovalState.Withdrawn => AuditActions.ApprovalWithdrawn,
            ApprovalState.Expired => AuditActions.ApprovalExpired,
            _ => throw new ArgumentOutOfRangeException(nameof(state)),
        };
        try
        {
            await audit.ChangeAsync(async (db, stop) =>
            {
                if (await db.ApprovalRequests.SingleOrDefaultAsync(r => r.Id == id && r.State == ApprovalState.Waiting, stop) is not { } request)
                    throw new AlreadyKnownException();
                await db.ApprovalLooks.Where(l => l.RequestId == id).ExecuteDeleteAsync(stop);
                (request.State, request.EndedAt, request.EndedBy, request.Note) = (state, clock.GetUtcNow(), by, AuditChain.Storable(note));
                return Draft(request, action, by ?? "console", Words(state)) with { Reason = request.Note };
            });
            return true;
        }
        catch (AlreadyKnownException)
        {
            return false;
        }
    }

    /// <summary>Those that wait, oldest first; also ones whose time has passed and that are not yet marked expired.</summary>
    public Task<IReadOnlyList<(ApprovalRequest Request, IReadOnlyList<ApprovalVote> Votes)>> WaitingAsync(CancellationToken stop = default) =>
        WithVotesAsync(r => r.State == ApprovalState.Waiting, stop);

    /// <summary>These requests as they stand now, with who agreed; one that is not known is not there.</summary>
    public Task<IReadOnlyList<(ApprovalRequest Request, IReadOnlyList<ApprovalVote> Votes)>> FindAsync(IReadOnlyCollection<Guid> ids, CancellationToken stop = default) =>
        WithVotesAsync(r => ids.Contains(r.Id), stop);

    private async Task<IReadOnlyList<(ApprovalRequest Request, IReadOnlyList<ApprovalVote> Votes)>> WithVotesAsync(Expression<Func<ApprovalRequest, bool>> which, CancellationToken stop)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var found = await db.ApprovalRequests.AsNoTracking().Where(which).OrderBy(r => r.RequestedAt).ToListAsync(stop);
        var ids = found.Select(r => r.Id).ToList();
        var votes = (await db.ApprovalVotes.AsNoTracking().Where(v => ids.Contains(v.RequestId)).OrderBy(v => v.At).ToListAsync(stop)).ToLookup(v => v.RequestId);
        return [.. found.Select(r => (r, (IReadOnlyList<ApprovalVote>)[.. votes[r.Id]]))];
    }

    /// <summary>Who agreed so far, in that order.</summary>
    public async Task<IReadOnlyList<ApprovalVote>> VotesAsync(Guid id, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.ApprovalVotes.AsNoTracking().Where(v => v.RequestId == id).OrderBy(v => v.At).ToListAsync(stop);
    }

    public async Task<ApprovalRequest?> GetAsync(Guid id, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.ApprovalRequests.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, stop);
    }

    /// <summary>Decided ones, newest first.</summary>
    public async Task<IReadOnlyList<ApprovalRequest>> RecentAsync(int take, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.ApprovalRequests.AsNoTracking().Where(r => r.State != ApprovalState.Waiting).OrderByDescending(r => r.RequestedAt).Take(take).ToListAsync(stop);
    }

    private static string? WhyNot(ApprovalRequest? request, List<ApprovalVote> votes, string approverId, DateTimeOffset now) =>
        request is null ? "There is no such request."
        : request.State != ApprovalState.Waiting ? $"This request was already {Words(request.State)}."
        : now >= request.ExpiresAt ? "The time to decide has passed. Request it again."
        : request.RequesterId == approverId ? "You cannot approve your own request."
        : votes.Any(v => v.ApproverId == approverId) ? "You have already approved this; another person is needed."
        : null;

    private static AuditDraft Draft(ApprovalRequest request, string action, string actor, string outcome) => new()
    {
        Actor = actor,
        Action = action,
        Host = request.Host,
        Path = request.Path,
        Outcome = outcome,
        OperationId = request.Id,
        Detail = new JsonObject { ["action"] = request.Action, ["requester"] = request.Requester }.ToJsonString(),
    };

    private static HashSet<Guid>? RowsOf(string? json) => json is null ? null : JsonSerializer.Deserialize<HashSet<Guid>>(json);

    private static string Words(ApprovalState state) => state.ToString().ToLowerInvariant();
}
