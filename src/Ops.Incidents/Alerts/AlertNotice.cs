namespace Ops.Incidents;

/// <summary>One thing that a channel is to learn.</summary>
/// <param name="Was">The rule that was announced to the channel before; null when it knows nothing of the incident.</param>
/// <param name="Link">Address of the incident's page; null when the address of the console is not set.</param>
public sealed record AlertNotice(NoticeKind Kind, Incident Incident, IncidentRule? Was, string? Link)
{
    /// <summary>Lost and damaged mail and deadlocks do not go away by waiting.</summary>
    public static string Severity(IncidentRule rule) => rule is IncidentRule.LosingMail or IncidentRule.Damage or IncidentRule.Deadlock ? "critical" : "warning";

    /// <summary>One line: what, where, and how it stands. Escaped.</summary>
    public string Subject => $"{(Kind == NoticeKind.Closed ? "Over: " : Kind == NoticeKind.Worse ? "Worse: " : "")}{Incident.Title}{(Incident.Mailbox is null ? "" : $" on {FilePath.Escape(Incident.Host)}")}";
}

/// <summary>The words of notices: in messages, in the log of deliveries and in metrics.</summary>
public static class NoticeWords
{
    public static string Word(this NoticeKind kind) => kind switch
    {
        NoticeKind.Opened => "opened",
        NoticeKind.Worse => "worse",
        NoticeKind.Repeat => "repeat",
        NoticeKind.Closed => "closed",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
