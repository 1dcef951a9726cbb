namespace Ops.Incidents;

/// <summary>How a mailbox is, worst first: the order in which a person must look.</summary>
public enum MailboxState
{
    /// <summary>Mail is written where no user will read it, or by two programs at once.</summary>
    LosingMail,

    /// <summary>Programs wait for each other in a circle.</summary>
    Deadlocked,

    /// <summary>Programs wait, and what they wait for makes no progress; or they wait longer than the limit; or a stale lock is in the way.</summary>
    Stuck,

    /// <summary>No process waits, but something will lose or stop mail as soon as it is used: incompatible locking, a lock that can be lost, a delivery obstacle.</summary>
    AtRisk,

    /// <summary>Programs wait, not for long, for a holder that works.</summary>
    Waiting,

    /// <summary>In use; no process waits.</summary>
    Busy,

    /// <summary>Not in use; leftovers may be there.</summary>
    Free,
}

/// <summary>The word for each state.</summary>
public static class MailboxStates
{
    /// <summary>As written in JSON: lower case with hyphens.</summary>
    public static string Word(this MailboxState state) => state switch
    {
        MailboxState.LosingMail => "losing-mail",
        MailboxState.Deadlocked => "deadlocked",
        MailboxState.Stuck => "stuck",
        MailboxState.AtRisk => "at-risk",
        MailboxState.Waiting => "waiting",
        MailboxState.Busy => "busy",
        MailboxState.Free => "free",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    /// <summary>For pages and terminals.</summary>
    public static string Label(this MailboxState state) => state switch
    {
        MailboxState.LosingMail => "Losing mail",
        MailboxState.Deadlocked => "Deadlocked",
        MailboxState.Stuck => "Stuck",
        MailboxState.AtRisk => "At risk",
        MailboxState.Waiting => "Waiting",
        MailboxState.Busy => "Busy",
        MailboxState.Free => "Free",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    /// <summary>Whether a person has to do something.</summary>
    public static bool NeedsAttention(this MailboxState state) => state <= MailboxState.AtRisk;
}
