using System.Text.Json;
using Ops.Data;

namespace Ops.Web.Live.Recording;

/// <summary>Episodes and incidents as rows, and back.</summary>
internal static class HistoryRows
{
    public static EpisodeRow Of(Episode e) => new()
    {
        Id = e.Number,
        HostId = e.HostId,
        Host = e.Host,
        Mailbox = e.Mailbox,
        MailboxUser = e.MailboxUser,
        System = e.System,
        HolderKey = e.Holder.Key,
        Pid = e.Holder.Pid,
        Program = e.Holder.Program,
        Unit = e.Holder.Unit,
        User = e.Holder.User,
        Path = e.Holder.Path,
        Cause = e.Cause.Word(),
        OpenedAt = e.OpenedAt.ToUnixTimeMilliseconds(),
        LastSeenAt = e.LastSeenAt.ToUnixTimeMilliseconds(),
        ClosedAt = e.ClosedAt?.ToUnixTimeMilliseconds(),
        End = e.End?.Word(),
        EndedBy = e.EndedBy,
        Operation = e.Operation,
        MostVictims = e.MostVictims,
        BlockedSeconds = e.BlockedSeconds,
        HasGap = e.HasGap,
    };

    public static Episode Of(EpisodeRow r) => new(
        r.Id, r.HostId, r.Host, r.Mailbox, r.MailboxUser, r.System, new(r.HolderKey, r.Pid, r.Program, r.Unit, r.User, r.Path), EpisodeWords.Cause(r.Cause) ?? EpisodeCause.Held,
        Time(r.OpenedAt), Time(r.LastSeenAt), r.ClosedAt is { } closed ? Time(closed) : null, EpisodeWords.End(r.End), r.EndedBy, r.Operation, r.MostVictims, r.BlockedSeconds, r.HasGap);

    public static IncidentRow Of(Incident i) => new()
    {
        Id = i.Id,
        Sort = EpisodeNumbers.Of(i.OpenedAt, i.Id.GetHashCode()),
        Rule = i.Rule.Word(),
        HostId = i.HostId,
        Host = i.Host,
        Mailbox = i.Mailbox,
        MailboxUser = i.MailboxUser,
        Title = i.Title,
        OpenedAt = i.OpenedAt.ToUnixTimeMilliseconds(),
        ClosedAt = i.ClosedAt?.ToUnixTimeMilliseconds(),
        MostVictims = i.MostVictims,
        BlockedSeconds = i.BlockedSeconds,
    };

    public static Incident Of(IncidentRow r) => new(
        r.Id, IncidentWords.Rule(r.Rule) ?? IncidentRule.Victims, r.HostId, r.Host, r.Mailbox, r.MailboxUser, r.Title, Time(r.OpenedAt), r.ClosedAt is { } closed ? Time(closed) : null, r.MostVictims,
        r.BlockedSeconds);

    public static IncidentEntryRow Of(IncidentEntry e, int place) => new()
    {
        Id = Guid.CreateVersion7(),
        IncidentId = e.Incident,
        At = e.At.ToUnixTimeMilliseconds(),
        Place = place,
        Kind = e.Kind.Word(),
        Text = e.Text,
        Person = e.Person,
        Operation = e.Operation,
        Frame = e.Frame is { } frame ? JsonSerializer.Serialize(frame, IncidentsJson.Default.IncidentFrame) : null,
    };

    private static DateTimeOffset Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
