using Microsoft.EntityFrameworkCore;

namespace Ops.Data;

/// <summary>What the audit page asks for; a null filter filters nothing.</summary>
/// <param name="Batch">Every entry of every row of one batch, and of the request for approval that has its id.</param>
/// <param name="Text">Anywhere in path, reason, actor, outcome or detail; no wildcards.</param>
public sealed record AuditFilter(
    string? Host = null, string? Actor = null, string? Action = null, string? Text = null, Guid? OperationId = null,
    DateTimeOffset? Since = null, DateTimeOffset? Until = null, Guid? Batch = null);

/// <param name="Total">Entries that match, on all pages.</param>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, int Total);

/// <summary>The values that occur, for the filter fields.</summary>
public sealed record AuditFacets(IReadOnlyList<string> Hosts, IReadOnlyList<string> Actors, IReadOnlyList<string> Actions);

/// <summary>Finds audit entries. Singleton.</summary>
public sealed class AuditSearch(IDbContextFactory<OpsDb> contexts)
{
    /// <summary>Newest first.</summary>
    public async Task<AuditPage> FindAsync(AuditFilter filter, int skip, int take, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var matching = Apply(db, filter);
        var total = await matching.CountAsync(stop);
        var entries = await matching.OrderByDescending(e => e.Sequence).Skip(skip).Take(take).ToListAsync(stop);
        return new(entries, total);
    }

    /// <summary>Newest first, without counting all.</summary>
    /// <param name="below">Sequence of the last entry of the page before; null for the newest.</param>
    public async Task<IReadOnlyList<AuditEntry>> OlderAsync(AuditFilter filter, long? below, int take, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await Apply(db, filter).Where(e => below == null || e.Sequence < below).OrderByDescending(e => e.Sequence).Take(take).ToListAsync(stop);
    }

    /// <summary>All entries of one operation, oldest first: its story.</summary>
    public async Task<IReadOnlyList<AuditEntry>> OfOperationAsync(Guid operationId, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Audit.AsNoTracking().Where(e => e.OperationId == operationId).OrderBy(e => e.Sequence).ToListAsync(stop);
    }

    public async Task<AuditFacets> FacetsAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return new(
            await db.Audit.Where(e => e.Host != null).Select(e => e.Host!).Distinct().OrderBy(h => h).ToListAsync(stop),
            await db.Audit.Select(e => e.Actor).Distinct().OrderBy(a => a).ToListAsync(stop),
            await db.Audit.Select(e => e.Action).Distinct().OrderBy(a => a).ToListAsync(stop));
    }

    private static IQueryable<AuditEntry> Apply(OpsDb db, AuditFilter filter)
    {
        var entries = db.Audit.AsNoTracking();
        if (!string.IsNullOrEmpty(filter.Host))
            entries = entries.Where(e => e.Host == filter.Host);
        if (!string.IsNullOrEmpty(filter.Actor))
            entries = entries.Where(e => e.Actor == filter.Actor);
        if (!string.IsNullOrEmpty(filter.Action))
            entries = entries.Where(e => e.Action == filter.Action);
        if (filter.OperationId is { } operation)
            entries = entries.Where(e => e.OperationId == operation);
        if (filter.Batch is { } batch)
            entries = entries.Where(e => e.OperationId == batch || db.Operations.Any(o => o.Id == e.OperationId && o.Batch == batch));
        if (filter.Since?.ToUniversalTime() is { } since)
            entries = entries.Where(e => e.At >= since);
        if (filter.Until?.ToUniversalTime() is { } until)
            entries = entries.Where(e => e.At < until);
        if (!string.IsNullOrEmpty(filter.Text))
            entries = entries.Where(db.AuditTextIsLike($"%{Literal(filter.Text)}%"));
        return entries;
    }

    private static string Literal(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);
}
