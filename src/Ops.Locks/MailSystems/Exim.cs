namespace Ops.Locks;

public static partial class MailSystems
{
    public static MailSystem Exim { get; } = new() { Name = "exim", Title = "Exim" };
}
