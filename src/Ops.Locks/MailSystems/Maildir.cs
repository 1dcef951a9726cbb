namespace Ops.Locks;

public static partial class MailSystems
{
    public static MailSystem Maildir { get; } = new() { Name = "maildir", Title = "Maildir" };
}
