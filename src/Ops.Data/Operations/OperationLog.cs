using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Writes down every act before it is asked for and after it has ended, each time together with its audit entry. Singleton.</summary>
public sealed class OperationLog(IDbContextFactory<OpsDb> contexts, AuditLog audit, ConsoleRun run, TimeProvider clock)
{
    /// <summary>Records the intent. Only when this returns true may the agent be asked; false: this id was recorded before (a second click), or others are asked to agree to it.</summary>
    /// <param name="operation">Its <see cref="Operation.State"/> and times are set here.</param>
    /// <exception cref="AuditNotWrittenException">Do not ask the agent.</exception>
    /// <exception cref="ActUnderWayException">Another act on this finding is open; nothing was recorded. Do not ask the agent.</exception>
    /// <exception cref="ConsoleIsDeadException">The other consoles have given this one up; nothing was recorded. Do not ask the agent.</exception>
    /// <exception cref="HostHadItsActsException">All consoles together began as many acts on the host within a minute as <paramref name="atMost"/> allows; nothing was recorded. Do not ask the agent.</exception>
    /// <param name="atMost">Acts per minute and host, over all consoles of the database; null for no limit.</param>
    public Task<bool> IntendAsync(Operation operation, int? atMost = null, CancellationToken stop = default) => AddAsync(operation, OperationState.Intent, outcome: null, atMost, stop);

    /// <summary>Records the intent within an audited change of the caller, which adds the entry that is returned. The agent may be asked once that change is written.</summary>
    /// <exception cref="ActUnderWayException">Another act on this finding is open; nothing was added.</exception>
    /// <exception cref="ConsoleIsDeadException">The other consoles have given this one up; nothing was added.</exception>
    /// <exception cref="HostHadItsActsException">All consoles together began <paramref name="atMost"/> acts on the host within a minute; nothing was added.</exception>
    public Task<AuditDraft> IntendWithinAsync(OpsDb db, Operation operation, int? atMost, CancellationToken stop) => AddAsync(db, operation, OperationState.Intent, outcome: null, atMost, stop);

    /// <summary>Records within an audited change of the caller that the request ends here; the change adds the entry that is returned.</summary>
    public Task<AuditDraft> RefuseWithinAsync(OpsDb db, Operation operation, string explanation, CancellationToken stop) => AddAsync(db, operation, OperationState.Refused, explanation, atMost: null, stop);

    /// <summary>Records a request that ends here, before any agent was asked: refused by the console, or cancelled by the operator. False: the id is known.</summary>
    public Task<bool> RefuseAsync(Operation operation, string explanation, CancellationToken stop = default) =>
        AddAsync(operation, OperationState.Refused, explanation, atMost: null, stop);

    /// <inheritdoc cref="RefuseAsync"/>
    public Task<bool> CancelAsync(Operation operation, string explanation, CancellationToken stop = default) =>
        AddAsync(operation, OperationState.Cancelled, explanation, atMost: null, stop);

    /// <summary>Records the end. False when the operation is not open: no such intent, or its end is known already (an answer that came twice).</summary>
    /// <remarks>An operation whose answer was <see cref="OperationState.Unknown"/> stays open. Takes no token: what was done must be written down.</remarks>
    public async Task<bool> EndAsync(Guid id, OperationState state, string outcome, OperationEvidence? evidence = null)
    {
        // Outside the transaction first: an answer that comes twice need not become an audit entry.
        if (await GetAsync(id) is not { State: OperationState.Intent or OperationState.Unknown })
            return false;
        try
        {
            await audit.ChangeAsync(async (db, stop) =>
            {
                var operation = await db.Operations.Include(o => o.Evidence).SingleAsync(o => o.Id == id, stop);
                if (operation.State is not (OperationState.Intent or OperationState.Unknown))
                    throw new AlreadyKnownException();
                Close(db, operation, state, outcome, evidence);
                return Draft(operation);
            });
            return true;
        }
        catch (AlreadyKnownException)
        {
            return false;
        }
    }

    /// <summary>Takes over what no living console asks about: intents whose end was never received become <see cref="OperationState.Unknown"/>.</summary>
    /// <param name="living">The other consoles that are alive: they await the ends of their own.</param>
    /// <returns>All such that are open now; ask their agents again with the same id.</returns>
    public async Task<IReadOnlyList<Operation>> TakeOverAsync(IReadOnlyCollection<string> living, CancellationToken stop = default)
    {
        string[] others = [run.Name, .. living];
        foreach (var left in await ListAsync(o => o.State == OperationState.Intent && (o.Console == null || !others.Contains(o.Console)), int.MaxValue, stop))
            await EndAsync(left.Id, OperationState.Unknown, "The console stopped before the agent answered.");
        return await ListAsync(o => o.State == OperationState.Unknown && (o.Console == null || !others.Contains(o.Console)), int.MaxValue, stop);
    }

    public async Task<Operation?> GetAsync(Guid id, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Operations.AsNoTracking().Include(o => o.Evidence).SingleOrDefaultAsync(o => o.Id == id, stop);
    }

    /// <summary>Hash of the first audit entry of an operation: the head of the console's chain when its intent was written. Null when there is none.</summary>
    public async Task<string?> HeadAtIntentAsync(Guid id, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Audit.AsNoTracking().Where(e => e.OperationId == id && e.Outcome == AuditOutcomes.ConsoleIntent).OrderBy(e => e.Sequence).Select(e => e.Hash).FirstOrDefaultAsync(stop);
    }

    /// <summary>How many acts there are by the word of their outcome, 0 included; those under <c>intent</c> and <c>unknown</c> have not ended.</summary>
    public async Task<IReadOnlyDictionary<string, long>> CountByOutcomeAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var counts = await db.Operations.GroupBy(o => o.State).Select(g => new { State = g.Key, Count = g.LongCount() }).ToDictionaryAsync(c => c.State, c => c.Count, stop);
        return Enum.GetValues<OperationState>().ToDictionary(Word, counts.GetValueOrDefault);
    }

    /// <summary>Newest first, without their evidence.</summary>
    public Task<IReadOnlyList<Operation>> RecentAsync(int take, CancellationToken stop = default) => ListAsync(_ => true, take, stop);

    /// <summary>All rows of one batch, as far as they are known, oldest first, without their evidence.</summary>
    public async Task<IReadOnlyList<Operation>> OfBatchAsync(Guid batch, CancellationToken stop = default) =>
        [.. (await ListAsync(o => o.Batch == batch, int.MaxValue, stop)).Reverse()];

    /// <summary>What was tried on one finding, newest first, without their evidence.</summary>
    public Task<IReadOnlyList<Operation>> OfFindingAsync(string hostId, string findingKey, CancellationToken stop = default) =>
        ListAsync(o => o.HostId == hostId && o.FindingKey == findingKey, int.MaxValue, stop);

    /// <summary>
    /// True when the row, the bytes of the removed file included, still says what its last audit entry says. The chain proves the entry,
    /// this proves the row. False for an operation that has no row or no entry.
    /// </summary>
    public async Task<bool> MatchesAuditAsync(Guid id, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await MatchesAuditAsync(db, id, stop);
    }

    private static async Task<bool> MatchesAuditAsync(OpsDb db, Guid id, CancellationToken stop)
    {
        for (AuditEntry? compared = null; ;)
        {
            var row = await db.Operations.AsNoTracking().Include(o => o.Evidence).SingleOrDefaultAsync(o => o.Id == id, stop);
            // Approvals and downloads are entries of the operation too, but say nothing about the row.
            string[] words = row is null ? [] : [row.Action, AuditActions.Refused, AuditActions.Cancelled];
            var last = await db.Audit.AsNoTracking().Where(e => e.OperationId == id && words.Contains(e.Action)).OrderByDescending(e => e.Sequence).FirstOrDefaultAsync(stop);
            if (row is not null && last is not null && Matches(row, last))
                return true;
            // The operation may have ended between the two reads: only a difference that stays is one.
            if (last?.Sequence == compared?.Sequence)
                return false;
            compared = last;
        }
    }

    /// <summary>
    /// Compares every row with the audit. Returns the operations whose row differs from its last audit entry, has none, or is missing although
    /// its intent is in the audit; empty when all match. Reads one row at a time, so the removed files are never in memory together.
    /// </summary>
    public async Task<IReadOnlyList<Guid>> NotMatchingAuditAsync(CancellationToken stop = default)
    {
        List<Guid> found = [];
        await using var db = await contexts.CreateDbContextAsync(stop);
        foreach (var id in await db.Operations.AsNoTracking().OrderBy(o => o.RequestedAt).Select(o => o.Id).ToListAsync(stop))
        {
            if (!await MatchesAuditAsync(db, id, stop))
                found.Add(id);
        }

        string[] others = [AuditActions.Bulk, AuditActions.UserChanged];
        found.AddRange(await db.Audit.AsNoTracking()
            .Where(e => e.Outcome == AuditOutcomes.ConsoleIntent && e.OperationId != null && !others.Contains(e.Action) && !db.Operations.Any(o => o.Id == e.OperationId))
            .OrderBy(e => e.Sequence).Select(e => e.OperationId!.Value).ToListAsync(stop));
        return found;
    }

    // Through the chain's own rules, so that both have been made storable in the same way.
    private static bool Matches(Operation row, AuditEntry last) =>
        AuditChain.Next(new(last.Sequence - 1, last.PreviousHash), Draft(row), last.At) == last.ToRecord();

    private async Task<bool> AddAsync(Operation operation, OperationState state, string? outcome, int? atMost, CancellationToken stop)
    {
        try
        {
            await audit.ChangeAsync(
                async (db, token) =>
                {
                    // A program chose this id for two acts at once: what others are asked about begins with the last yes, under its own id.
                    if (await db.ApprovalRequests.AnyAsync(r => r.Id == operation.Id, token))
                        throw new AlreadyKnownException();
                    return await AddAsync(db, operation, state, outcome, atMost, token);
                },
                stop);
            return true;
        }
        catch (AlreadyKnownException)
        {
            return false;
        }
    }

    private async Task<AuditDraft> AddAsync(OpsDb db, Operation operation, OperationState state, string? outcome, int? atMost, CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        operation.State = state;
        operation.RequestedAt = now;
        operation.EndedAt = state == OperationState.Intent ? null : now;
        operation.OpenKey = state == OperationState.Intent ? Operation.OpenKeyOf(operation.HostId, operation.FindingKey) : null;
        operation.Console = run.Name;
        operation.Outcome = AuditChain.Storable(outcome);
        operation.Path = AuditChain.Storable(operation.Path)!;
        operation.Reason = AuditChain.Storable(operation.Reason)!;
        operation.BreakGlass = AuditChain.Storable(operation.BreakGlass);
        if (await db.Operations.AnyAsync(o => o.Id == operation.Id, stop))
            throw new AlreadyKnownException();
        if (operation.OpenKey is { } key)
        {
            if (await db.IsGivenUpAsync(run, stop))
                throw new ConsoleIsDeadException();
            if (await db.Operations.AsNoTracking().FirstOrDefaultAsync(o => o.OpenKey == key, stop) is { } other)
                throw new ActUnderWayException(other);
            if (atMost is { } limit && await BegunWithinAMinuteAsync(db, operation.HostId, now, stop) >= limit)
                throw new HostHadItsActsException();
        }
        db.Add(operation);
        return Draft(operation);
    }

    // Exact, since one writer of audited changes at a time gets here, on whichever console. A row that was refused or cancelled before its agent was
    // asked has no entry of an intent. A clock that was set back leaves rows in the future; those count only as far as the clocks of consoles may differ.
    private static Task<int> BegunWithinAMinuteAsync(OpsDb db, string hostId, DateTimeOffset now, CancellationToken stop)
    {
        var (from, to) = (now - TimeSpan.FromMinutes(1), now + TimeSpan.FromMinutes(1));
        return db.Operations.CountAsync(
            o => o.HostId == hostId && o.RequestedAt > from && o.RequestedAt <= to && db.Audit.Any(e => e.OperationId == o.Id && e.Outcome == AuditOutcomes.ConsoleIntent), stop);
    }

    private void Close(OpsDb db, Operation operation, OperationState state, string outcome, OperationEvidence? evidence)
    {
        operation.State = state;
        operation.EndedAt = state == OperationState.Unknown ? null : clock.GetUtcNow();
        if (state != OperationState.Unknown)
            operation.OpenKey = null;
        operation.Outcome = AuditChain.Storable(outcome);
        if (evidence is null)
            return;
        operation.Evidence = evidence.Storable(operation.Id);
        db.Add(operation.Evidence);
    }

    private async Task<IReadOnlyList<Operation>> ListAsync(System.Linq.Expressions.Expression<Func<Operation, bool>> which, int take, CancellationToken stop)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Operations.AsNoTracking().Where(which).OrderByDescending(o => o.RequestedAt).Take(take).ToListAsync(stop);
    }

    // A function of the row and its evidence alone, so that both can be compared with the entry later.
    private static AuditDraft Draft(Operation operation) => new()
    {
        Actor = operation.Actor,
        Action = operation.State switch
        {
            OperationState.Refused => AuditActions.Refused,
            OperationState.Cancelled => AuditActions.Cancelled,
            _ => operation.Action,
        },
        Host = operation.Host,
        Path = operation.Path,
        Outcome = Word(operation.State),
        Reason = operation.Reason,
        OperationId = operation.Id,
        Detail = Json(operation.AuditDetail),
    };

    private static string Word(OperationState state) => state switch
    {
        OperationState.Intent => AuditOutcomes.ConsoleIntent,
        OperationState.Done => "done",
        OperationState.Refused => "refused",
        OperationState.ChangedMeanwhile => "changed-meanwhile",
        OperationState.AlreadyGone => "already-gone",
        OperationState.Failed => "failed",
        OperationState.Cancelled => "cancelled",
        OperationState.Unknown => "unknown",
        _ => throw new UnreachableException(),
    };

    private static string Json(IEnumerable<(string Name, string? Value)> fields)
    {
        var json = new JsonObject();
        foreach (var (name, value) in fields)
        {
            if (value is not null)
                json[name] = value;
        }

        return json.ToJsonString();
    }
}
