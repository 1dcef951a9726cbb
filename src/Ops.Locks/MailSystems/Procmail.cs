namespace Ops.Locks;

public static partial class MailSystems
{
    public static MailSystem Procmail { get; } = new() { Name = "procmail", Title = "Procmail" };
}
