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
    public const string OwnerElsewhere = "owner-elsewhere";
    public const string SameKernel = "same-kernel";
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
    public const string SessionOf = "session-of";
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
