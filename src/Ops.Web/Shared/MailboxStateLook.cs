namespace Ops.Web.Shared;

/// <summary>How a state of a mailbox looks: tone and icon; the word says the same.</summary>
public sealed record MailboxStateLook(string Tone, string Icon)
{
    public static MailboxStateLook Of(MailboxState state) => state switch
    {
        MailboxState.LosingMail => new("danger", "ghost"),
        MailboxState.Deadlocked => new("danger", "auto"),
        MailboxState.Stuck => new("warning", "stop"),
        MailboxState.AtRisk => new("warning", "warning"),
        MailboxState.Waiting => new("info", "waits"),
        MailboxState.Busy => new("success", "lock"),
        MailboxState.Free => new("neutral", "yes"),
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };
}
