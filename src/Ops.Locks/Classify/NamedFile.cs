using System.Globalization;

namespace Ops.Locks;

/// <summary>What a name that a process has locked is to the mail system it belongs to.</summary>
public static class NamedFile
{
    /// <summary>
    /// The convention by which programs open this file only to lock it (MBX lock, name lock, pid file, lock file): a process that opens the name must meet any other that
    /// has it locked. Null for mailboxes and everything else.
    /// </summary>
    public static ConventionMatch? AsLockHandle(FilePath path)
    {
        // Only what a place says by its own name counts: what is next to it cannot be asked for here, and handles need none of it.
        var place = new PlaceFacts(path.Parent, static _ => false);
        return ConventionMatcher.Match(place, path).FirstOrDefault(m => m.Convention is MbxLock or PidFile or DotLock or NotALock { AsKind: ArtefactKind.LockFile });
    }

    /// <summary>Whether a mail system gives this name to temporary files, among them a mailbox that is being rewritten.</summary>
    public static bool IsTemporary(FilePath path) =>
        ConventionMatcher.Match(new PlaceFacts(path.Parent, static _ => false), path).Any(m => m.Convention is StagingFile or NotALock { AsKind: ArtefactKind.Mailbox });

    /// <summary>The mailbox that an MBX lock is named after: device and inode in hex, as <c>st_dev</c> packs major and minor. Null for any other name.</summary>
    /// <remarks>c-client <c>env_unix.c: lock_work</c> and Exim <c>appendfile.c</c> print both with <c>%lx</c>.</remarks>
    public static FileIdentity? MailboxOfMbxLock(FilePath path)
    {
        // Asked for every kernel lock; the form begins with a dot.
        if (path.Name is not [(byte)'.', ..] || AsLockHandle(path) is not { Convention: MbxLock, Match: var match }
            || !ulong.TryParse(match.Groups[1].Value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var device)
            || !ulong.TryParse(match.Groups[2].Value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var inode))
        {
            return null;
        }

        var major = (uint)((device >> 8 & 0xfff) | (device >> 32 & 0xfffff000));
        var minor = (uint)((device & 0xff) | (device >> 12 & 0xffffff00));
        return new FileIdentity(major, minor, inode);
    }
}
