namespace Ops.Locks;

public static partial class MailSystems
{
    public static MailSystem Cyrus { get; } = new() { Name = "cyrus", Title = "Cyrus" };
}
