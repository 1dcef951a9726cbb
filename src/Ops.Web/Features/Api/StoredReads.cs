using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Ops.Data;
using Ops.Web.Features.Incidents;
using Ops.Web.Live;
using Ops.Web.Live.Recording;

namespace Ops.Web.Features.Api;

/// <summary>What the console keeps in its database.</summary>
internal static class StoredReads
{
    private const string LimitHelp = "Items of a page, 1 to 1000.", CursorHelp = "`next` of the page before.";

    private static readonly IReadOnlyList<string> Causes = [.. Enum.GetValues<EpisodeCause>().Select(c => c.Word())];

    public static void MapStoredReads(this IEndpointRouteBuilder api)
    {
        api.MapGet("/incidents", Incidents).WithName("listIncidents").WithSummary("Incidents, newest first");
        api.MapGet("/incidents/{id:guid}", OneIncident).WithName("getIncident").WithSummary("One incident with timeline and holds: the file that `ops replay` reads");
        api.MapGet("/episodes", Episodes).WithName("listEpisodes").WithSummary("Holds on mailboxes, newest first: what history remembers");
        api.MapGet("/audit", Audit).WithName("listAudit").WithSummary("The audit trail, newest first")
            .WithDescription("Entries with the fields of the export. To verify the chain use the export of the page Audit and `ops verify-audit`.");
    }

    private static async Task<Results<Ok<Listing<IncidentItem>>, ProblemHttpResult>> Incidents(
        IncidentLog log, LiveState live, HistoryPulse pulse, TimeProvider clock, CancellationToken stop,
        [Description("Only those that are open.")] bool open = false, [Description(CursorHelp)] string? cursor = null, [Description(LimitHelp)] int limit = ApiCursor.DefaultLimit)
    {
        var below = cursor is null ? null : ApiCursor.Number(cursor);
        if (ApiCursor.Refusal(limit, cursor is null || below is not null) is { } refusal)
            return ApiProblem.Wrong(refusal);
        var rows = await log.ListAsync(below, limit + 1, open, stop);
        var items = rows.Take(limit).Select(r => new IncidentItem(r.HostId, IncidentDesk.HeadOf(HistoryRows.Of(r)))).ToList();
        return TypedResults.Ok(new Listing<IncidentItem>(items, rows.Count > limit ? ApiCursor.Of(rows[limit - 1].Sort) : null, Seen.OfStored(live.Current, clock.GetUtcNow(), HistoryNotes(pulse))));
    }

    private static async Task<Results<Ok<IncidentFile>, ProblemHttpResult>> OneIncident(Guid id, IncidentDesk desk, CancellationToken stop) =>
        await desk.ExportAsync(id, stop) is { } file ? TypedResults.Ok(file) : ApiProblem.NotFound("There is no incident with this id; those that are too old are removed.");

    private static async Task<Results<Ok<Listing<EpisodeItem>>, ProblemHttpResult>> Episodes(
        IHistory history, LiveState live, HistoryPulse pulse, TimeProvider clock, CancellationToken stop,
        [Description("Host id.")] string? host = null, [Description("Path or user of a mailbox; whole.")] string? mailbox = null, [Description("Program that held; whole name.")] string? program = null,
        [Description("Only with this cause, such as `stale`.")] string? cause = null, [Description("Opened at this time or later.")] DateTimeOffset? since = null,
        [Description("Opened before this time.")] DateTimeOffset? until = null, [Description(CursorHelp)] string? cursor = null, [Description(LimitHelp)] int limit = ApiCursor.DefaultLimit)
    {
        var below = cursor is null ? null : ApiCursor.Number(cursor);
        if (ApiCursor.Refusal(limit, cursor is null || below is not null) is { } refusal)
            return ApiProblem.Wrong(refusal);
        if (LiveReads.Unknown("cause", cause, Causes) is { } badCause)
            return ApiProblem.Wrong(badCause);
        var filter = new EpisodeFilter(host, mailbox, program, cause, since is { } from ? EpisodeNumbers.First(from) : null, until is { } to ? EpisodeNumbers.First(to) : null);
        var page = await history.FindAsync(filter, below, limit, stop);
        var items = page.Rows.Select(r => new EpisodeItem(ApiCursor.Of(r.Id), r.HostId, r.Host, IncidentDesk.LineOf(r))).ToList();
        return TypedResults.Ok(new Listing<EpisodeItem>(items, page.Next is { } next ? ApiCursor.Of(next) : null, Seen.OfStored(live.Current, clock.GetUtcNow(), HistoryNotes(pulse))));
    }

    private static async Task<Results<Ok<Listing<AuditRecord>>, ProblemHttpResult>> Audit(
        AuditSearch search, LiveState live, TimeProvider clock, CancellationToken stop,
        [Description("Name of a host.")] string? host = null, [Description("Login name, or the program that acted by itself.")] string? actor = null, [Description("Such as `break`.")] string? action = null,
        [Description("Part of path, reason, actor, outcome or detail.")] string? text = null, [Description("Id of one operation.")] Guid? operation = null,
        [Description("At this time or later.")] DateTimeOffset? since = null, [Description("Before this time.")] DateTimeOffset? until = null,
        [Description(CursorHelp)] string? cursor = null, [Description(LimitHelp)] int limit = ApiCursor.DefaultLimit)
    {
        var below = cursor is null ? null : ApiCursor.Number(cursor);
        if (ApiCursor.Refusal(limit, cursor is null || below is not null) is { } refusal)
            return ApiProblem.Wrong(refusal);
        var entries = await search.OlderAsync(new(host, actor, action, text, operation, since, until), below, limit + 1, stop);
        return TypedResults.Ok(new Listing<AuditRecord>(
            [.. entries.Take(limit).Select(e => e.ToRecord())], entries.Count > limit ? ApiCursor.Of(entries[limit - 1].Sequence) : null, Seen.OfStored(live.Current, clock.GetUtcNow())));
    }

    private static IEnumerable<string> HistoryNotes(HistoryPulse pulse)
    {
        if (pulse.Current.Health is not { } health)
            yield break;
        if (health.Failing is { } failing)
            yield return $"History cannot be stored now: {failing}";
        if (health.Dropped > 0)
            yield return $"{health.Dropped} changes were not stored since the console started: the history is incomplete.";
    }
}
