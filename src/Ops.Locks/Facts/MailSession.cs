namespace Ops.Locks;

/// <summary>Whom a process of a mail server serves.</summary>
/// <param name="System">Word of the mail system.</param>
/// <param name="User">As the mail system names the user; raw.</param>
/// <param name="Address">Where the client connects from; null when the mail system does not say.</param>
/// <param name="Service">As the mail system names it (<c>imap</c>, <c>pop3</c>); null when it does not say.</param>
/// <param name="Mailbox">The selected mailbox, in the words of the mail system; raw; null when none is, or it does not say.</param>
/// <param name="Source">Where that was read.</param>
public sealed record MailSession(string System, string User, string? Address, string? Service, string? Mailbox, string Source);
