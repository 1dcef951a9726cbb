namespace Ops.Locks;

public static partial class MailSystems
{
    public static MailSystem Libguestfs { get; } = new() { Name = "libguestfs", Title = "Libguestfs" };
}
