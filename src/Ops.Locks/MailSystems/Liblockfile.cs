namespace Ops.Locks;

public static partial class MailSystems
{
    public static MailSystem Liblockfile { get; } = new() { Name = "liblockfile", Title = "Liblockfile" };
}
