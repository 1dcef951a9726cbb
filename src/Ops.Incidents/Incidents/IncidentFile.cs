using System.Globalization;

namespace Ops.Incidents;

/// <summary>One incident with everything that is known about it, as one JSON file: what the console exports and <c>ops replay</c> prints. Fields are only ever added.</summary>
/// <param name="Format"><see cref="TheFormat"/>.</param>
/// <param name="Timeline">Oldest first.</param>
/// <param name="Episodes">Holds of its mailbox while it was open, and shortly before, oldest first.</param>
/// <param name="Minutes">Of its host, oldest first; a minute without a figure is left out, and so is one in which the host was not heard.</param>
public sealed record IncidentFile(
    string Format, int Version, DateTimeOffset ExportedAt, IncidentHead Incident, IReadOnlyList<IncidentLine> Timeline, IReadOnlyList<EpisodeLine> Episodes, IReadOnlyList<MinuteLine> Minutes)
{
    public const string TheFormat = "mailstore-ops-incident";

    public const int TheVersion = 1;
}

/// <param name="Rule">Word of <see cref="IncidentRule"/>.</param>
public sealed record IncidentHead(
    Guid Id, string Rule, string Title, string Host, string? Mailbox, string? MailboxUser, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt, int MostVictims, double BlockedSeconds);

/// <param name="Kind">Word of <see cref="EntryKind"/>.</param>
public sealed record IncidentLine(DateTimeOffset At, string Kind, string Text, string? Person, Guid? Operation, IncidentFrame? Frame);

/// <param name="Cause">Word of <see cref="EpisodeCause"/>.</param>
/// <param name="End">Word of <see cref="EpisodeEnd"/>; null while it is open.</param>
/// <param name="ClosedAt">The first look at which it was gone; null while it is open.</param>
/// <param name="HasGap">Its host was not heard for a part of that time: what happened then is unknown.</param>
public sealed record EpisodeLine(
    string Mailbox, int? Pid, string? Program, string? Unit, string? User, string Path, string Cause, DateTimeOffset OpenedAt, DateTimeOffset LastSeenAt, string? End, string? EndedBy,
    int MostVictims, double BlockedSeconds, string? MailboxUser = null, string? System = null, DateTimeOffset? ClosedAt = null, Guid? Operation = null, bool HasGap = false);

/// <param name="Waiting">Most processes that waited at one look.</param>
/// <param name="Stuck">Most mailboxes that were stuck, deadlocked or losing mail at one look.</param>
/// <param name="Stale">Most stale locks and leftovers at one look.</param>
public sealed record MinuteLine(DateTimeOffset At, int Waiting, double BlockedSeconds, int Stuck, int Stale);

/// <summary>An incident file in words, for a terminal. Everything in it is escaped: it may come from anywhere.</summary>
public static class IncidentStory
{
    /// <summary>Title, what is known, and the timeline with times since the opening.</summary>
    public static IEnumerable<string> Lines(IncidentFile file)
    {
        // A file may leave out what its type promises.
        if (file.Incident is not { Title: not null, Rule: not null, Host: not null } incident)
        {
            yield return "The file names no incident.";
            yield break;
        }
        yield return $"{FilePath.Escape(incident.Title)} ({FilePath.Escape(incident.Rule)}) on {FilePath.Escape(incident.Host)}";
        if (incident.Mailbox is { } mailbox)
            yield return $"Mailbox: {FilePath.FromText(mailbox).Display}{(incident.MailboxUser is { } user ? $" of {FilePath.Escape(user)}" : "")}";
        yield return $"Opened: {Time(incident.OpenedAt)}";
        yield return incident.ClosedAt is { } closed ? $"Closed: {Time(closed)}, after {FindingWords.Age(closed - incident.OpenedAt)}" : $"Open when it was exported, {Time(file.ExportedAt)}";
        yield return $"Waiting: at most {FindingWords.Count(incident.MostVictims, "process", "processes")} at once, at least {FindingWords.Age(TimeSpan.FromSeconds(Math.Clamp(incident.BlockedSeconds, 0, 1e9)))} in all";
        yield return "";
        foreach (var line in file.Timeline ?? [])
        {
            yield return $"{Since(line.At, incident.OpenedAt)}  {FilePath.Escape(line.Kind)}{(line.Person is { } person ? $" by {FilePath.Escape(person)}" : "")}: {FilePath.Escape(line.Text)}";
            foreach (var link in line.Frame?.Chain ?? [])
                yield return $"          {FilePath.Escape(link)}";
            if (line.Frame is { } frame)
                yield return $"          Next: {FilePath.Escape(frame.Next)}";
        }
        if (file.Episodes is not { Count: > 0 })
            yield break;
        yield return "";
        yield return "Holds of the mailbox:";
        foreach (var hold in file.Episodes)
        {
            var who = hold.Program is { } program ? FilePath.Escape(program) : FilePath.FromText(hold.Path).Display;
            var pid = hold.Pid is { } number ? string.Create(CultureInfo.InvariantCulture, $" (pid {number})") : "";
            yield return $"{Since(hold.OpenedAt, incident.OpenedAt)}  {who}{pid}, {FilePath.Escape(hold.Cause)}, for {FindingWords.Age(hold.LastSeenAt - hold.OpenedAt)}, "
                + $"{(hold.End is { } end ? FilePath.Escape(end) : "open")}{(hold.EndedBy is { } by ? $" by {FilePath.Escape(by)}" : "")}";
        }
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";

    private static string Since(DateTimeOffset at, DateTimeOffset start)
    {
        var since = at - start;
        var sign = since < TimeSpan.Zero ? '-' : '+';
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{(long)since.Duration().TotalHours:00}:{since.Duration().Minutes:00}:{since.Duration().Seconds:00}");
    }
}
