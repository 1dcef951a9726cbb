namespace Ops.Locks;

/// <summary>What a look through a descriptor of the process that has it open says of a file: whether it is, or was, a mailbox.</summary>
/// <param name="Format">What its first bytes are.</param>
/// <param name="OwnerName">Login name of the account that owns it; null when there is none.</param>
/// <param name="BornAt">Creation time, null where the file system keeps none.</param>
public sealed record MailboxLook(MailboxFormat Format, long Size, string? OwnerName, FileTime? BornAt)
{
    /// <summary>
    /// Whether this is the mailbox of that name. A file that programs open only to lock it is none, nor is a temporary file of a mail system; an empty file
    /// has no format, so its name has to be that of the account which owns it.
    /// </summary>
    public bool IsMailboxAt(FilePath path) =>
        (Format != MailboxFormat.None || Size == 0 && IsOfAccount(path)) && NamedFile.AsLockHandle(path) is null && !NamedFile.IsTemporary(path);

    /// <summary>The same for a removed file on which the process has no lock. That may be a scratch file of its own, which is younger than the process.</summary>
    public bool IsMailboxOlderThan(ProcessFacts process, FilePath path) =>
        IsMailboxAt(path) && (IsOfAccount(path) || BornAt is { } born && born.ToDateTimeOffset() < process.StartedAt + (2 * Activity.Grain));

    public string Words => Format == MailboxFormat.None ? $"it is empty and has the name of its owner, {FilePath.Escape(OwnerName ?? "")}" : $"it begins as a mailbox in {Format} format, {Size} bytes";

    private bool IsOfAccount(FilePath path) => OwnerName is { Length: > 0 } name && path.NameLatin1 == name;
}
