using Microsoft.EntityFrameworkCore;

namespace Ops.Data;

/// <summary>Reads incidents, and takes the notes of people: those are stored at once, with an audit entry, and not by the writer in the background. Singleton.</summary>
public sealed class IncidentLog(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
{
    /// <summary>Characters of a note.</summary>
    public const int LongestNote = 2_000;

    /// <summary>Newest first; those that are open among them.</summary>
    /// <param name="below"><see cref="IncidentRow.Sort"/> of the last row of the page before; null for the newest.</param>
    public async Task<IReadOnlyList<IncidentRow>> ListAsync(long? below, int take, bool onlyOpen = false, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var rows = db.Set<IncidentRow>().AsNoTracking();
        if (onlyOpen)
            rows = rows.Where(i => i.ClosedAt == null);
        if (below is { } last)
            rows = rows.Where(i => i.Sort < last);
        return await rows.OrderByDescending(i => i.Sort).Take(take).ToListAsync(stop);
    }

    /// <summary>Those that were open in a time, newest first.</summary>
    public async Task<IReadOnlyList<IncidentRow>> BetweenAsync(long since, long until, int take, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Set<IncidentRow>().AsNoTracking().Where(i => i.OpenedAt < until && (i.ClosedAt == null || i.ClosedAt >= since)).OrderByDescending(i => i.Sort).Take(take).ToListAsync(stop);
    }

    public async Task<IncidentRow?> GetAsync(Guid id, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Set<IncidentRow>().AsNoTracking().SingleOrDefaultAsync(i => i.Id == id, stop);
    }

    /// <summary>Oldest first.</summary>
    public async Task<IReadOnlyList<IncidentEntryRow>> EntriesAsync(Guid id, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Set<IncidentEntryRow>().AsNoTracking().Where(e => e.IncidentId == id).OrderBy(e => e.At).ThenBy(e => e.Place).ToListAsync(stop);
    }

    /// <summary>Acts of this console that ended since then: what an episode may have ended by.</summary>
    public async Task<IReadOnlyList<Operation>> ActsSinceAsync(DateTimeOffset since, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var found = await db.Operations.AsNoTracking().Where(o => o.State == OperationState.Done && o.RequestedAt >= since)
            .Select(o => new { o.Id, o.HostId, o.Host, o.Action, o.FindingKey, o.Path, o.Actor, o.Reason, o.EndedAt, o.Outcome }).ToListAsync(stop);
        return [.. found.Select(o => new Operation { Id = o.Id, HostId = o.HostId, Host = o.Host, Action = o.Action, FindingKey = o.FindingKey, Path = o.Path, Actor = o.Actor, Reason = o.Reason, EndedAt = o.EndedAt, Outcome = o.Outcome })];
    }

    /// <summary>Adds a note, or that a person works on it. Null when it is done, else why not.</summary>
    /// <param name="kind">Word of the kind: <c>note</c> or <c>person</c>.</param>
    public async Task<string?> AddAsync(Guid incident, string kind, string text, string actor)
    {
        if (text.Trim() is not { Length: > 0 and <= LongestNote } note)
            return $"A note has 1 to {LongestNote} characters.";
        try
        {
            await audit.ChangeAsync(async (db, stop) =>
            {
                if (await db.Set<IncidentRow>().SingleOrDefaultAsync(i => i.Id == incident, stop) is not { } row)
                    throw new ChangeRefusedException("This incident is not known.");
                db.Add(new IncidentEntryRow
                {
                    Id = Guid.CreateVersion7(),
                    IncidentId = incident,
                    At = clock.GetUtcNow().ToUnixTimeMilliseconds(),
                    Kind = kind,
                    Text = Ops.Locks.AuditChain.Storable(note)!,
                    Person = actor,
                });
                return new()
                {
                    Actor = actor,
                    Action = Ops.Locks.AuditActions.IncidentNote,
                    Host = row.Host,
                    Path = row.Mailbox,
                    Outcome = kind,
                    Reason = note,
                    Detail = new System.Text.Json.Nodes.JsonObject { ["incident"] = incident.ToString() }.ToJsonString(),
                };
            });
            return null;
        }
        catch (ChangeRefusedException e)
        {
            return e.Message;
        }
        catch (AuditNotWrittenException)
        {
            return "The audit could not be written, so the note was not stored.";
        }
    }
}
