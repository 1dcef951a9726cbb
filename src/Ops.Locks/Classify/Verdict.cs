namespace Ops.Locks;

/// <summary>The ten words of the product's public language.</summary>
public enum VerdictWord
{
    /// <summary>A living, identified process holds it.</summary>
    Held,

    /// <summary>A living process is queued behind a holder, or has a staging file for a dot lock that it does not have yet.</summary>
    Waiting,

    /// <summary>A lock whose owner is proven gone.</summary>
    Stale,

    /// <summary>A leftover whose owner is proven gone; this is its only name.</summary>
    Orphan,

    /// <summary>The same, but the inode has other names: writing to it destroys mail.</summary>
    OrphanLinked,

    /// <summary>A process waits on, or writes to, an inode that its path no longer names.</summary>
    GhostWrite,

    /// <summary>Two living holders of one lock name on different inodes.</summary>
    SplitBrain,

    /// <summary>Exists permanently by design; unlinking it breaks locking.</summary>
    NotALock,

    /// <summary>Content differs from what the index says.</summary>
    Mismatch,

    /// <summary>Could not be proven either way, or is hostile.</summary>
    Refused,
}

public enum ArtefactKind
{
    KernelLock,
    DotLock,
    MbxLock,
    LockFile,
    PidFile,
    StagingFile,
    PidLinkedFile,
    TempFile,
    Mailbox,
    Message,

    /// <summary>The place where locks lie, when it is at fault itself.</summary>
    Directory,
}

/// <summary>Three answers, not two: "unknown" is never "no".</summary>
public enum Answer
{
    Unknown,
    Yes,
    No,
}

/// <summary>What an admin may ask for.</summary>
public enum OperatorAction
{
    Break,
    Remove,
    Undo,

    /// <summary>Ask the mail system to end the session of a living holder.</summary>
    Ask,

    /// <summary>SIGTERM to a living holder or waiter.</summary>
    Terminate,

    /// <summary>SIGKILL to a living holder or waiter.</summary>
    Kill,

    /// <summary>Save the bytes of a process that writes to a file without a name.</summary>
    Rescue,

    /// <summary>Remove permanently what is in quarantine.</summary>
    Purge,
}

/// <summary>One observed statement.</summary>
/// <param name="Question">A fixed word such as <c>owner-running</c>; the pages and docs explain each (see <see cref="Questions"/>).</param>
/// <param name="Source">Where the answer was read: <c>/proc</c>, <c>statx</c>, the file's text, its name.</param>
/// <param name="Detail">One sentence with the figures; text from the host is escaped already.</param>
/// <param name="Blocks">Whether this answer alone forbids to break or remove.</param>
public sealed record Evidence(string Question, Answer Answer, string Source, string Detail, DateTimeOffset At, bool Blocks = false);

/// <summary>The questions that evidence answers, in the order in which they are asked and shown.</summary>
public static class Questions
{
    public const string RegularFile = "regular-file";
    public const string SafeDirectory = "safe-directory";
    public const string ExpectedOwner = "expected-owner";
    public const string LinkCount = "link-count";
    public const string Convention = "convention";
    public const string LocalFileSystem = "local-file-system";
    public const string ThisHost = "this-host";
    public const string OwnerNamed = "owner-named";
    public const string OwnerRunning = "owner-running";
    public const string SameProcess = "same-process";
    public const string CreatorRunning = "creator-running";
    public const string AfterBoot = "after-boot";
    public const string FileOpen = "file-open";
    public const string FileLocked = "file-locked";
    public const string MailboxFound = "mailbox-found";
    public const string MailboxOpen = "mailbox-open";
    public const string MailboxLocked = "mailbox-locked";
    public const string GracePeriod = "grace-period";
    public const string OldEnough = "old-enough";
    public const string OwnersRule = "owners-rule";
    public const string PathCurrent = "path-current";
    public const string GuardHeld = "guard-held";
    public const string SameLock = "same-lock";
    public const string EnoughRoom = "enough-room";
    public const string WaitsFor = "waits-for";
    public const string PidReturns = "pid-returns";
    public const string DirectoryWritable = "directory-writable";
    public const string FileMovable = "file-movable";
    public const string MailboxLockable = "mailbox-lockable";
    public const string Exchange = "exchange";
    public const string OwnLock = "own-lock";
    public const string FamilyLock = "family-lock";
    public const string Quarantine = "quarantine";
    public const string Space = "space";
    public const string Policy = "policy";
}

/// <summary>Who a lock file says, or evidence shows, to have made it.</summary>
/// <param name="Host">As written; null when no host is named.</param>
/// <param name="HostIsTruncated">The writer cut the name to a fixed length (procmail, liblockfile): compare as a prefix.</param>
/// <param name="HostIsConfigured">The name comes from the mail system's configuration and need not be the machine's (Exim's <c>primary_hostname</c>).</param>
/// <param name="At">Time written in the name; null when there is none.</param>
/// <param name="HostIsShort">The writer took the name up to its first dot (liblockfile, mutt).</param>
public sealed record OwnerClaim(
    int Pid, string? Host = null, bool HostIsTruncated = false, bool HostIsConfigured = false, DateTimeOffset? At = null, bool HostIsShort = false)
{
    /// <summary>Of the ways in which a text or name can be split, those that name this host, if any do: a name may be part of another.</summary>
    internal static IReadOnlyList<OwnerClaim> OfHost(IReadOnlyList<OwnerClaim> claims, HostFacts host)
    {
        if (claims.Count < 2)
            return claims;
        List<OwnerClaim> ours = [.. claims.Where(c => c.Names(host.HostName) || host.Aliases.Any(c.Names))];
        return ours.Count > 0 ? ours : claims;
    }

    /// <summary>
    /// Whether the host in the claim is written as its writer would write <paramref name="host"/>: in full, up to the first dot, or cut.
    /// False when the claim names no host.
    /// </summary>
    public bool Names(string host)
    {
        if (Host is null)
            return false;
        var written = HostIsShort && host.IndexOf('.') is > 0 and var dot ? host[..dot] : host;
        return HostIsTruncated
            ? Host.Length > 0 && written.StartsWith(Host, StringComparison.OrdinalIgnoreCase)
            : string.Equals(Host, written, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>The owner as far as it is known.</summary>
/// <param name="Process">The living process, when it was identified.</param>
/// <param name="IsAlive">Yes, No, or Unknown; never No without proof.</param>
public sealed record Owner(int? Pid, string? Host, ProcessFacts? Process, Answer IsAlive)
{
    public static Owner Unknown { get; } = new(null, null, null, Answer.Unknown);
}

/// <summary>What is true of one artefact, and why.</summary>
/// <param name="Summary">One sentence for the operator.</param>
/// <param name="System">Name of the most likely mail system, or <c>unknown</c>.</param>
/// <param name="Systems">All that fit, most likely first.</param>
/// <param name="SelfHealsAt">When the owning software itself would remove it; null when never or unknown.</param>
/// <param name="Recheck">When only the grace period stands in the way: the moment from which another look can decide.</param>
public sealed record Verdict(
    VerdictWord Word,
    ArtefactKind Kind,
    string Summary,
    string System,
    IReadOnlyList<string> Systems,
    Owner Owner,
    IReadOnlyList<Evidence> Evidence,
    IReadOnlyList<OperatorAction> Actions,
    DateTimeOffset? SelfHealsAt = null,
    DateTimeOffset? Recheck = null)
{
    /// <summary>Whether a break may have to go by <see cref="WeakerProtocol"/>: set by the code that knows the host's policy.</summary>
    public bool MayNeedWeaker { get; init; }
}
