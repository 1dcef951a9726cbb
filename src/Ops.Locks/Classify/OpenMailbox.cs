namespace Ops.Locks;

/// <summary>Whether a file that a process has open is a mailbox.</summary>
public static class OpenMailbox
{
    /// <summary>Whether a file was looked into and is a mailbox of that name.</summary>
    public static bool IsMailbox(this HostFacts host, FileIdentity file, FilePath path) => host.MailboxLooks.TryGetValue(file, out var look) && look.IsMailboxAt(path);

    /// <summary>Whether a lock is on a mailbox that was removed: nothing is at its name now.</summary>
    public static bool IsOnRemovedMailbox(this HostFacts host, LockEntry entry) =>
        entry is { PathState: PathState.Deleted, Path: { } path, File: { } file } && host.IsMailbox(file, path);

    /// <summary>
    /// Whether this is the mailbox of that name. A file that programs open only to lock it is none, nor is a temporary file of a mail system; an empty file
    /// has no format, so its name has to be that of the account which owns it.
    /// </summary>
    public static bool IsMailboxAt(this MailboxLook look, FilePath path) =>
        (look.Format != MailboxFormat.None || look.Size == 0 && look.IsOfAccount(path)) && NamedFile.AsLockHandle(path) is null && !NamedFile.IsTemporary(path);

    /// <summary>The same for a removed file on which the process has no lock. That may be a scratch file of its own, which is younger than the process.</summary>
    public static bool IsMailboxOlderThan(this MailboxLook look, ProcessFacts process, FilePath path) =>
        look.IsMailboxAt(path) && (look.IsOfAccount(path) || look.BornAt is { } born && born.ToDateTimeOffset() < process.StartedAt + (2 * Activity.Grain));
}
