namespace Ops.Locks;

public static partial class MailSystems
{
    public static MailSystem Fhs { get; } = new() { Name = "fhs", Title = "Fhs" };
}
