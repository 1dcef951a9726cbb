namespace Ops.Incidents;

/// <summary>What a channel is to learn about one incident.</summary>
public enum NoticeKind
{
    Opened,

    /// <summary>A worse rule applies than the one that was announced.</summary>
    Worse,

    /// <summary>Nothing new: for receivers that forget what is not repeated.</summary>
    Repeat,
    Closed,
}

/// <summary>What a channel wants to hear, and when.</summary>
/// <param name="Quiet">Null: none.</param>
/// <param name="RepeatEvery">How often an open incident is repeated; null: never.</param>
/// <param name="Since">When the channel was made or switched on: what was over before is not announced.</param>
public sealed record AlertAudience(IReadOnlySet<IncidentRule> Rules, QuietHours? Quiet, TimeSpan? RepeatEvery, DateTimeOffset Since);

/// <summary>Hours in which only lost mail is announced. From after To: over midnight. Both the same: never.</summary>
public sealed record QuietHours(TimeOnly From, TimeOnly To)
{
    public bool Contains(TimeOnly time) => From <= To ? time >= From && time < To : time >= From || time < To;
}

/// <summary>Nothing is announced of a rule, of a host, or of a rule on a host, until then.</summary>
/// <param name="Rule">Null: every rule.</param>
/// <param name="HostId">Null: every host.</param>
public sealed record AlertMute(IncidentRule? Rule, string? HostId, DateTimeOffset Until)
{
    public bool Covers(Incident incident, DateTimeOffset now) => now < Until && (Rule is null || Rule == incident.Rule) && (HostId is null || HostId == incident.HostId);
}

/// <summary>What a channel knows of one incident.</summary>
/// <param name="Rule">The rule that was announced last; null: nothing was announced.</param>
/// <param name="At">When.</param>
/// <param name="NotBefore">A delivery failed, and is tried again then.</param>
public sealed record Announced(IncidentRule? Rule, DateTimeOffset? At, DateTimeOffset? NotBefore)
{
    public static Announced Nothing { get; } = new(null, null, null);
}

/// <summary>What follows from an incident for a channel now.</summary>
public abstract record AlertDecision
{
    private AlertDecision() { }

    public sealed record Send(NoticeKind Kind) : AlertDecision;

    /// <summary>Something is to be announced, and not now.</summary>
    /// <param name="Why">muted, quiet hours, or a pause after a failed delivery.</param>
    public sealed record Wait(string Why) : AlertDecision;

    /// <summary>There is nothing to announce as long as nothing changes.</summary>
    public sealed record Nothing : AlertDecision;

    /// <summary>It is over, and is not announced.</summary>
    public sealed record Drop(string Why) : AlertDecision;
}

/// <summary>Decides which incident is announced to which channel and when. Pure: what is announced follows from what is and what the channel knows, so that a restart loses nothing.</summary>
public static class AlertRules
{
    /// <summary>The end of an incident that could not be delivered for so long is not worth a message any more.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5), LongestPause = TimeSpan.FromMinutes(5);

    /// <param name="local">The time of day where the console runs.</param>
    public static AlertDecision Decide(Incident incident, Announced known, AlertAudience audience, IReadOnlyCollection<AlertMute> mutes, DateTimeOffset now, TimeOnly local)
    {
        var hold = mutes.Any(m => m.Covers(incident, now)) ? "muted"
            : incident.Rule != IncidentRule.LosingMail && audience.Quiet is { } quiet && quiet.Contains(local) ? "quiet hours"
            : null;
        if (incident.ClosedAt is { } closed)
            return Over(closed, known, audience, hold, now, audience.Rules.Contains(incident.Rule));
        if (known.Rule is not { } announced)
            return audience.Rules.Contains(incident.Rule) ? Due(NoticeKind.Opened, known, hold, now) : new AlertDecision.Nothing();
        if (incident.Rule < announced && audience.Rules.Contains(incident.Rule))
            return Due(NoticeKind.Worse, known, hold, now);
        // A repetition wakes no person: it keeps the receiver from closing what is open.
        return audience.RepeatEvery is { } every && (known.At is not { } last || now - last >= every || last > now) ? Due(NoticeKind.Repeat, known, null, now) : new AlertDecision.Nothing();
    }

    /// <summary>How long to wait after deliveries that failed.</summary>
    /// <param name="failures">In a row, at least 1.</param>
    /// <param name="jitter">From 0 to 1: consoles that failed together do not come back together.</param>
    public static TimeSpan PauseAfter(int failures, double jitter)
    {
        var pause = FirstPause * Math.Pow(2, Math.Clamp(failures, 1, 20) - 1);
        return (pause < LongestPause ? pause : LongestPause) * (0.8 + (0.4 * Math.Clamp(jitter, 0, 1)));
    }

    /// <summary>The worst first, and what a receiver refused alone and last: it must keep nothing else out.</summary>
    /// <typeparam name="T">What carries an incident.</typeparam>
    /// <param name="most">Of one message.</param>
    public static IReadOnlyList<T> Batch<T>(IEnumerable<(T Item, Incident Incident, int Refusals)> due, int most)
    {
        var ordered = due.OrderBy(d => d.Refusals).ThenBy(d => d.Incident.Rule).ThenBy(d => d.Incident.OpenedAt).ToList();
        return ordered is [{ Refusals: > 0 } first, ..] ? [first.Item] : [.. ordered.Where(d => d.Refusals == 0).Take(most).Select(d => d.Item)];
    }

    private static AlertDecision Over(DateTimeOffset closed, Announced known, AlertAudience audience, string? hold, DateTimeOffset now, bool isWanted)
    {
        if (now - closed >= GiveUpAfter)
            return new AlertDecision.Drop("not delivered for a day");
        if (known.Rule is null)
        {
            return !isWanted ? new AlertDecision.Drop("not a rule of this channel")
                : closed < audience.Since ? new AlertDecision.Drop("over before the channel was switched on")
                : hold is not null ? new AlertDecision.Drop(hold)
                : Due(NoticeKind.Closed, known, null, now);
        }
        // What was announced gets its end, muted or not: else it stays open at the receiver.
        return Due(NoticeKind.Closed, known, hold == "muted" ? null : hold, now);
    }

    private static AlertDecision Due(NoticeKind kind, Announced known, string? hold, DateTimeOffset now) =>
        hold is not null ? new AlertDecision.Wait(hold)
        : known.NotBefore is { } later && later > now ? new AlertDecision.Wait("a pause after a failed delivery")
        : new AlertDecision.Send(kind);
}
