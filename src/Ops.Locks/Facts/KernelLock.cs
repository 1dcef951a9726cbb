namespace Ops.Locks;

public enum LockClass
{
    Unknown,

    /// <summary>Record lock of a process: <c>fcntl(F_SETLK)</c>, <c>lockf</c>.</summary>
    Posix,

    /// <summary>Whole-file lock of an open file description: <c>flock</c>.</summary>
    Flock,

    /// <summary>Record lock of an open file description: <c>fcntl(F_OFD_SETLK)</c>. The kernel shows pid -1.</summary>
    Ofd,
    Lease,
    Delegation,
}

public enum LockMode
{
    Unknown,
    Read,
    Write,
    Unlocked,
}

/// <summary>One row of <c>/proc/locks</c>, or one <c>lock:</c> line of an fdinfo file (same columns).</summary>
/// <param name="Number">Position in the list when it was read; waiters carry the number of the lock they wait for. Not an identity.</param>
/// <param name="Depth">0 for a holder, 1 for its waiter, 2 for a waiter behind that waiter...</param>
/// <param name="Pid">As printed: -1 for OFD locks, 0 or negative for remote owners, and for flock the locker, who may be dead.</param>
/// <param name="Device">Superblock device and inode; null for <c>&lt;none&gt;:0</c>.</param>
/// <param name="End">Last byte, inclusive; null for end of file.</param>
/// <param name="State">Third column as printed: ADVISORY, ACTIVE, BREAKING, BREAKER...</param>
public sealed record KernelLock(
    int Number, int Depth, LockClass Class, string State, LockMode Mode, int Pid, FileIdentity? Device, ulong Start, ulong? End)
{
    public bool IsWaiter => Depth > 0;

    public string Range => End is { } end ? $"{Start}-{end}" : Start == 0 ? "whole file" : $"{Start}-EOF";
}

/// <summary>Whether the path of an open file still leads to the inode that is open.</summary>
public enum PathState
{
    /// <summary>Could not be determined, for instance because the directory is in another mount namespace.</summary>
    Unknown,

    /// <summary>The path names this inode.</summary>
    Current,

    /// <summary>The path names another inode now: what is written here is lost.</summary>
    Replaced,

    /// <summary>Nothing is at the path.</summary>
    Deleted,
}

/// <summary>A process that takes part in a kernel lock through one of its descriptors.</summary>
/// <param name="Descriptor">Number of the descriptor; null when it could not be found.</param>
public sealed record LockParty(ProcessFacts Process, int? Descriptor);

/// <summary>A kernel lock with those who really hold it (or wait for it) and the file it is on.</summary>
/// <param name="Parties">
/// For POSIX locks the process, for flock and OFD every process that shares the open file description. Empty when no process was found:
/// the row itself still proves that the lock is live (descriptor in flight over a socket, mapping only, kernel thread, other namespace).
/// </param>
/// <param name="File">Identity by <c>stat</c> of the open file, which may differ from the row's device on btrfs and overlay; null if no process was found.</param>
/// <param name="Blockers">For a waiter: the rows it waits for, as far as the kernel names them.</param>
public sealed record LockEntry(
    KernelLock Lock, IReadOnlyList<LockParty> Parties, FilePath? Path, PathState PathState, FileIdentity? File, IReadOnlyList<KernelLock> Blockers)
{
    /// <summary>How the file is seen by its holder, where that is through a mount which this host's own mount namespace does not have (a container, a unit with
    /// <c>PrivateTmp</c>); null where it is one of ours, or could not be determined.</summary>
    public ForeignView? Foreign { get; init; }

    /// <summary>What was at the path, where the look asked for it anyway.</summary>
    public FileFacts? Seen { get; init; }

    /// <summary>Same lock in two looks: class, device, inode, range, mode, pid and whether it waits.</summary>
    public (LockClass, FileIdentity?, ulong, ulong?, LockMode, int, bool) Key =>
        (Lock.Class, Lock.Device, Lock.Start, Lock.End, Lock.Mode, Lock.Pid, Lock.IsWaiter);
}

/// <summary>All kernel locks of one look, merged from several reads because <c>/proc/locks</c> is not a snapshot.</summary>
/// <param name="Gaps">What could not be read or resolved, in words; empty when the list is complete.</param>
public sealed record LockTable(IReadOnlyList<LockEntry> Entries, IReadOnlyList<string> Gaps)
{
    // Built on first use: a verdict asks for one file, and there may be thousands of both.
    private ILookup<FileIdentity, LockEntry>? _byFile;
    private ILookup<FilePath, LockEntry>? _byPath;
    private ILookup<FileIdentity, LockEntry>? _bySession;

    public static LockTable Empty { get; } = new([], []);

    /// <summary>Locks of the look before that are released for certain: neither the list nor the descriptors of those who held them show them any more. A lock that is in neither
    /// this nor <see cref="Entries"/> may still be held.</summary>
    public IReadOnlyList<LockEntry> Released { get; init; } = [];

    /// <summary>The processes that ran when it was read; null where that is not known.</summary>
    public ProcessTable? Processes { get; init; }

    /// <summary>Locks on this inode.</summary>
    public IEnumerable<LockEntry> On(FileIdentity file) =>
        (_byFile ??= Entries.Where(e => e.File is not null).ToLookup(e => e.File!.Value))[file];

    /// <summary>Locks on whatever was opened under this path, which may name another inode now.</summary>
    public IEnumerable<LockEntry> OpenedAs(FilePath path) =>
        (_byPath ??= Entries.Where(e => e.Path is not null).ToLookup(e => e.Path!.Value))[path];

    /// <summary>Locks on the session lock in <c>/tmp</c> that is named after this mailbox.</summary>
    public IEnumerable<LockEntry> OnSessionLockOf(FileIdentity mailbox) =>
        (_bySession ??= Entries.Select(e => (Entry: e, Mailbox: e.Path is { Name: [(byte)'.', ..] } path ? NamedFile.MailboxOfMbxLock(path) : null))
            .Where(x => x.Mailbox is not null).ToLookup(x => x.Mailbox!.Value, x => x.Entry))[mailbox];
}
