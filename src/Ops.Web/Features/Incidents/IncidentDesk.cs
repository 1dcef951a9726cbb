using System.Security.Claims;
using System.Text.Json;
using Ops.Data;
using Ops.Web.Features.SignIn;
using Ops.Web.Live.Recording;

namespace Ops.Web.Features.Incidents;

/// <summary>An incident as its page shows it.</summary>
/// <param name="Timeline">Oldest first.</param>
/// <param name="Episodes">Of its mailbox, newest first.</param>
public sealed record IncidentView(Incident Incident, IReadOnlyList<IncidentEntry> Timeline, IReadOnlyList<EpisodeRow> Episodes);

/// <summary>Reads incidents for the pages, takes notes of operators, and puts an incident into one file.</summary>
public sealed class IncidentDesk(IncidentLog log, HistoryReader history, Actors actors, TimeProvider clock)
{
    /// <summary>Holds of the mailbox before the incident are part of it.</summary>
    private static readonly TimeSpan Before = TimeSpan.FromMinutes(10);

    private const int MostEpisodes = 200;

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<IncidentRow>> ListAsync(long? below, int take, CancellationToken stop) => log.ListAsync(below, take, stop: stop);

    /// <summary>Null when there is no such incident.</summary>
    public async Task<IncidentView?> FindAsync(Guid id, CancellationToken stop = default)
    {
        if (await log.GetAsync(id, stop) is not { } row)
            return null;
        var entries = (await log.EntriesAsync(id, stop)).Select(e => new IncidentEntry(
            id, DateTimeOffset.FromUnixTimeMilliseconds(e.At), IncidentWords.Kind(e.Kind) ?? EntryKind.Changed, e.Text, e.Person, e.Operation,
            e.Frame is { } frame ? JsonSerializer.Deserialize(frame, IncidentsJson.Default.IncidentFrame) : null)).ToList();
        var incident = HistoryRows.Of(row);
        IReadOnlyList<EpisodeRow> episodes = incident.Mailbox is not { } mailbox ? [] : await history.OfMailboxAsync(
            incident.HostId, mailbox, EpisodeNumbers.First(incident.OpenedAt - Before), MostEpisodes, stop);
        var end = row.ClosedAt ?? long.MaxValue;
        return new(incident, entries, [.. episodes.Where(e => e.OpenedAt <= end)]);
    }

    /// <summary>Adds a note. Null when it is done, else why not.</summary>
    public Task<string?> NoteAsync(ClaimsPrincipal user, Guid incident, string text) => AddAsync(user, incident, EntryKind.Note, text);

    /// <summary>Notes that a person works on it. Null when it is done, else why not.</summary>
    public Task<string?> JoinAsync(ClaimsPrincipal user, Guid incident) => AddAsync(user, incident, EntryKind.Person, "Works on it.");

    /// <summary>Everything about it. Null when there is no such incident.</summary>
    public async Task<IncidentFile?> ExportAsync(Guid id, CancellationToken stop)
    {
        if (await FindAsync(id, stop) is not { Incident: var incident } view)
            return null;
        var now = clock.GetUtcNow();
        var minutes = await history.MinutesAsync(incident.HostId, (incident.OpenedAt - Before).ToUnixTimeMilliseconds(), (incident.ClosedAt ?? now).ToUnixTimeMilliseconds(), stop);
        return new(
            IncidentFile.TheFormat, IncidentFile.TheVersion, now,
            HeadOf(incident),
            [.. view.Timeline.Select(e => new IncidentLine(e.At, e.Kind.Word(), e.Text, e.Person, e.Operation, e.Frame))],
            [.. view.Episodes.Reverse().Select(LineOf)],
            [.. minutes.Select(m => new MinuteLine(DateTimeOffset.FromUnixTimeMilliseconds(m.At), m.Waiting, m.BlockedSeconds, m.Stuck, m.Stale))]);
    }

    internal static IncidentHead HeadOf(Incident incident) => new(
        incident.Id, incident.Rule.Word(), incident.Title, incident.Host, incident.Mailbox, incident.MailboxUser, incident.OpenedAt, incident.ClosedAt, incident.MostVictims, incident.BlockedSeconds);

    internal static EpisodeLine LineOf(EpisodeRow e) => new(
        e.Mailbox, e.Pid, e.Program, e.Unit, e.User, e.Path, e.Cause, DateTimeOffset.FromUnixTimeMilliseconds(e.OpenedAt), DateTimeOffset.FromUnixTimeMilliseconds(e.LastSeenAt), e.End, e.EndedBy,
        e.MostVictims, e.BlockedSeconds, e.MailboxUser, e.System, e.ClosedAt is { } closed ? DateTimeOffset.FromUnixTimeMilliseconds(closed) : null, e.Operation, e.HasGap);

    private async Task<string?> AddAsync(ClaimsPrincipal user, Guid incident, EntryKind kind, string text) =>
        await actors.FindAsync(user) is not { IsOperator: true } actor ? "Only operators can add to an incident." : await log.AddAsync(incident, kind.Word(), text, actor.Name);
}
