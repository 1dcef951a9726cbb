namespace Ops.Locks;

/// <summary>What a look through a descriptor of the process that has it open says of a file: whether it is, or was, a mailbox (<see cref="OpenMailbox"/>).</summary>
/// <param name="Format">What its first bytes are.</param>
/// <param name="OwnerName">Login name of the account that owns it; null when there is none.</param>
/// <param name="BornAt">Creation time, null where the file system keeps none.</param>
public sealed record MailboxLook(MailboxFormat Format, long Size, string? OwnerName, FileTime? BornAt)
{
    public string Words => Format == MailboxFormat.None ? $"it is empty and has the name of its owner, {FilePath.Escape(OwnerName ?? "")}" : $"it begins as a mailbox in {Format} format, {Size} bytes";

    /// <summary>Whether a name is that of the account which owns the file.</summary>
    public bool IsOfAccount(FilePath path) => OwnerName is { Length: > 0 } name && path.NameLatin1 == name;
}
