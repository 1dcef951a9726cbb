namespace Ops.Data;

/// <summary>How an attempt to redeem a setup link ended.</summary>
public abstract record SetupOutcome
{
    private SetupOutcome() { }

    /// <summary>The administrator exists now; sign them in.</summary>
    public sealed record Created(OpsUser User) : SetupOutcome;

    /// <param name="Explanation">A sentence for the person at the page.</param>
    public sealed record Refused(SetupRefusal Reason, string Explanation) : SetupOutcome;
}

public enum SetupRefusal
{
    /// <summary>Not a link we made, or one that a newer link replaced.</summary>
    UnknownLink,

    /// <summary>Someone made the administrator with it already.</summary>
    AlreadyUsed,

    /// <summary>Older than <see cref="FirstAdministrator.LinkLifetime"/>.</summary>
    Expired,

    /// <summary>There is an administrator.</summary>
    NotNeeded,

    /// <summary>The name or the password breaks a rule; the link stays good.</summary>
    Unacceptable,
}
