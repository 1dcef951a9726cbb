namespace Ops.Incidents;

/// <summary>Something that a person had to know about: opened by a rule, closed when it was over.</summary>
/// <param name="Mailbox">Path; raw. Of the store under <see cref="IncidentRule.Damage"/>. Null for what concerns a whole host.</param>
/// <param name="Title">Written by the rule. Escaped.</param>
/// <param name="MostVictims">Most processes that waited at one look.</param>
/// <param name="BlockedSeconds">Waiting times of all victims together while it was open, at least.</param>
public sealed record Incident(
    Guid Id, IncidentRule Rule, string HostId, string Host, string? Mailbox, string? MailboxUser, string Title, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt = null, int MostVictims = 0,
    double BlockedSeconds = 0);

/// <summary>What opens an incident; worse is less.</summary>
public enum IncidentRule
{
    /// <summary>A mailbox is losing mail: at once.</summary>
    LosingMail,

    /// <summary>An audit of a store found messages that are not what their indexes and names say.</summary>
    Damage,

    /// <summary>Processes wait for each other in a circle: at once.</summary>
    Deadlock,

    /// <summary>Several processes waited for one mailbox, and went on to.</summary>
    Victims,

    /// <summary>Nothing was heard from a host.</summary>
    HostSilent,
}

/// <summary>From when on something is an incident, and when it is over.</summary>
/// <param name="Victims">So many processes wait for one mailbox...</param>
/// <param name="VictimsFor">...for so long.</param>
/// <param name="SilentFor">Silence of a host.</param>
/// <param name="OverAfter">An incident is closed when its cause was not seen for so long: one that comes and goes stays one incident.</param>
public sealed record IncidentLimits(int Victims, TimeSpan VictimsFor, TimeSpan SilentFor, TimeSpan OverAfter)
{
    public static IncidentLimits Default { get; } = new(3, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60));
}

/// <summary>One line of an incident's timeline.</summary>
/// <param name="Text">A sentence. Escaped, but for a note: that is raw.</param>
/// <param name="Person">Login name, for acts, notes and people; else null.</param>
/// <param name="Frame">How the mailbox was then; null where it did not change.</param>
public sealed record IncidentEntry(Guid Incident, DateTimeOffset At, EntryKind Kind, string Text, string? Person = null, Guid? Operation = null, IncidentFrame? Frame = null);

public enum EntryKind
{
    Opened,
    Changed,
    Act,
    Note,

    /// <summary>A person works on it.</summary>
    Person,
    Closed,
}

/// <summary>A mailbox as it was at one moment of an incident.</summary>
/// <param name="State">Word of <see cref="MailboxState"/>.</param>
/// <param name="Chain">Who waited for whom, the root first, in sentences. Escaped.</param>
/// <param name="Next">The safest next step at that time. Escaped.</param>
public sealed record IncidentFrame(string State, string Cause, IReadOnlyList<string> Chain, int Victims, double BlockedSeconds, string Next, string? Command)
{
    public static IncidentFrame Of(MailboxCard card, DateTimeOffset now) => new(
        card.State.Word(), card.Cause, WhyFinder.ChainOf(card, now), card.Victims.Count, Math.Round(card.Blocked(now).TotalSeconds), card.Next.Sentence, card.Next.Command);
}

/// <summary>The words of rules and entries: as stored, and for people.</summary>
public static class IncidentWords
{
    public static string Word(this IncidentRule rule) => rule switch
    {
        IncidentRule.LosingMail => "losing-mail",
        IncidentRule.Damage => "damage",
        IncidentRule.Deadlock => "deadlock",
        IncidentRule.Victims => "victims",
        IncidentRule.HostSilent => "host-silent",
        _ => throw new ArgumentOutOfRangeException(nameof(rule)),
    };

    public static string Label(this IncidentRule rule) => rule switch
    {
        IncidentRule.LosingMail => "Losing mail",
        IncidentRule.Damage => "Damage found",
        IncidentRule.Deadlock => "Deadlock",
        IncidentRule.Victims => "Processes wait",
        IncidentRule.HostSilent => "Host silent",
        _ => throw new ArgumentOutOfRangeException(nameof(rule)),
    };

    public static string Word(this EntryKind kind) => kind switch
    {
        EntryKind.Opened => "opened",
        EntryKind.Changed => "changed",
        EntryKind.Act => "act",
        EntryKind.Note => "note",
        EntryKind.Person => "person",
        EntryKind.Closed => "closed",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Null for a word of a later version.</summary>
    public static IncidentRule? Rule(string word) => Enum.GetValues<IncidentRule>().Cast<IncidentRule?>().FirstOrDefault(r => r!.Value.Word() == word);

    /// <inheritdoc cref="Rule"/>
    public static EntryKind? Kind(string word) => Enum.GetValues<EntryKind>().Cast<EntryKind?>().FirstOrDefault(k => k!.Value.Word() == word);
}
