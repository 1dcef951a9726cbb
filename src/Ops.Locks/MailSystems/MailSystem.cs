using System.Text.RegularExpressions;

namespace Ops.Locks;

/// <summary>A mail system as its source shows it: which names it writes, what is in them, when it would take a lock away itself.</summary>
public sealed record MailSystem
{
    /// <summary>Lower-case name as used in findings: <c>exim</c>, <c>liblockfile</c>...</summary>
    public required string Name { get; init; }

    /// <summary>Name for people.</summary>
    public required string Title { get; init; }

    /// <summary>How it locks, in one to three sentences. This and the lists below are Markdown for the docs; patterns in them are plain text.</summary>
    public required string About { get; init; }

    /// <summary>What we look at to judge its files: phrases without a full stop.</summary>
    public required IReadOnlyList<string> LookedAt { get; init; }

    /// <summary>What is refused or left alone: phrases without a full stop.</summary>
    public required IReadOnlyList<string> LeftAlone { get; init; }

    /// <summary>What an administrator should know besides: sentences.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public IReadOnlyList<Convention> Conventions { get; init; } = [];
}

/// <summary>Which of a file's clocks a program looks at.</summary>
public enum FileClock
{
    Changed,
    Modified,
    Accessed,
}

/// <summary>Where a name has to be to mean something. All given conditions must hold.</summary>
/// <param name="Directory">Regular expression on the name of the directory (Latin-1, anchored by its author); null for any.</param>
/// <param name="Parent">The same for the directory above.</param>
/// <param name="Siblings">Names that must exist in the parent of the directory, such as <c>cur</c> and <c>new</c> next to a maildir's <c>tmp</c>.</param>
/// <param name="Path">The same for the whole path of the directory, for what is any number of levels down.</param>
public sealed record Place(Regex? Directory = null, Regex? Parent = null, IReadOnlyList<string>? Siblings = null, Regex? Path = null)
{
    public static Place Anywhere { get; } = new();
}

/// <summary>One kind of file that a mail system writes. A name that matches is a candidate; looks and evidence decide.</summary>
public abstract record Convention
{
    /// <summary>The name as people write it, with words in capitals for what varies, and how the file looks: <c>X.lock.HOST.TIME.PID</c>.</summary>
    public required string Form { get; init; }

    /// <summary>What it is, in a few words.</summary>
    public required string What { get; init; }

    /// <summary>When its own programs remove it, in a few words, where the other fields do not say; null when they do, or no program does.</summary>
    public string? OwnRule { get; init; }

    /// <summary>Matches the whole file name, as Latin-1. Groups are for <see cref="StagingFile.ReadName"/> and the like.</summary>
    public required Regex Name { get; init; }

    public Place Place { get; init; } = Place.Anywhere;

    /// <summary>A test of the bytes of a name, asked for every file of a store before <see cref="Name"/>: passed by all that it matches.</summary>
    public NameScreen Screen { get; init; } = Screens.Any;

    /// <summary>
    /// Whether kind, size, content and mode could come from this system. For a lock: none looks right, so it is refused. For anything else: the
    /// name is a coincidence and the file no artefact. The mode is a hint only: an administrator or a umask may have changed it.
    /// </summary>
    public Func<FileFacts, bool> Looks { get; init; } = static _ => true;

    /// <summary>Counts only where nothing more particular fits: any <c>X.lock</c> next to X, any name in a maildir's <c>tmp</c>.</summary>
    public bool IsGeneral { get; init; }

    /// <summary>Program, file and function this was taken from.</summary>
    public required string Source { get; init; }

    public abstract ArtefactKind Kind { get; }
}

/// <summary>A lock that exists because a file exists.</summary>
public sealed record DotLock : Convention
{
    public override ArtefactKind Kind => AsKind;

    /// <summary><see cref="ArtefactKind.DotLock"/> next to a mailbox, <see cref="ArtefactKind.LockFile"/> for other locks by existence.</summary>
    public ArtefactKind AsKind { get; init; } = ArtefactKind.DotLock;

    /// <summary>Modes that it has by default, to put the likeliest of several systems first; empty when a umask decides.</summary>
    public IReadOnlyList<uint> UsualModes { get; init; } = [];

    /// <summary>Reads who the content says the owner is; null when it names no owner.</summary>
    public Func<FileContent, OwnerClaim?> ReadHolder { get; init; } = LockText.Nothing;

    /// <summary>Age at which the system itself removes such a lock, by <see cref="Clock"/>; null for never.</summary>
    public TimeSpan? StaleAfter { get; init; }

    public FileClock Clock { get; init; } = FileClock.Changed;

    /// <summary>Whether the system takes a lock of a dead owner away at once, whatever its age.</summary>
    public bool ChecksOwner { get; init; }

    /// <summary>How often a living owner touches its lock; null when it does not. A lock is watched for longer than this before it is broken.</summary>
    public TimeSpan? Heartbeat { get; init; }

    /// <summary>The program also holds a kernel lock on the mailbox while it has the dot lock. Informative: absence is never proof by itself.</summary>
    public bool AlsoLocksMailbox { get; init; }

    /// <summary>Programs that may have it without anything that shows it: while one lives that could be the owner, no age proves that it is gone.</summary>
    public IReadOnlyList<UnseenOwner> UnseenOwners { get; init; } = [];

    /// <summary>Programs that wait for it by trying to create it, without a hitching post and without its name in their arguments.</summary>
    public IReadOnlyList<LockPoller> Pollers { get; init; } = [];

    /// <summary>
    /// A living owner need not have anything open or locked that could be watched, and nothing names it: then no age proves that it is gone.
    /// </summary>
    public bool LeavesNoTrace { get; init; }

    /// <summary>Names of files in the same directory that are what the lock protects: a living process that has one of them open may be its owner. Null where it is <c>X</c> of <c>X.lock</c>.</summary>
    public System.Text.RegularExpressions.Regex? Protects { get; init; }

    /// <summary>Its mtime is the time at which it expires, set ahead by its owner: for how long the file has been as it is, only its ctime says.</summary>
    public bool ModifiedIsExpiry { get; init; }

    /// <summary>The same file may be a handle for kernel locks, which stays for good: then neither its age nor a boot since then says anything.</summary>
    public bool MayBeHandle { get; init; }

    /// <summary>What our own lock must look like to count as live for this system. Null: the system's locks are never broken.</summary>
    public Func<int, string, LockLooks>? Write { get; init; }

    /// <summary>Where <see cref="Write"/> is null: why, for the operator.</summary>
    public string? WhyNever { get; init; }
}

/// <summary>A program that waits for a dot lock without anything on disk that shows it.</summary>
/// <param name="Command">Its name in <c>/proc/PID/comm</c>.</param>
/// <param name="GivesUp">When it stops trying by itself, to follow "it"; null when that is not known.</param>
/// <param name="ActsAsOwner">It runs with the effective uid of a mailbox's owner only while it delivers to that user.</param>
/// <param name="NamesUser">The user whose mailbox it works on is an argument of its own, behind <c>-u</c> or <c>-d</c>.</param>
public sealed record LockPoller(string Command, string? GivesUp, bool ActsAsOwner = false, bool NamesUser = false);

/// <summary>A program that has nothing open or locked for a part of the time in which it has a dot lock.</summary>
/// <param name="Command">Its name in <c>/proc/PID/comm</c>.</param>
/// <param name="HasOneAtATime">Whether a process of it never has two locks at once.</param>
public sealed record UnseenOwner(string Command, bool HasOneAtATime);

/// <summary>A lock that is a symbolic link: its text names the owner and leads nowhere. Never broken.</summary>
public sealed record LinkLock : Convention
{
    public override ArtefactKind Kind => ArtefactKind.LockFile;

    /// <summary>Reads who made it from the text of the link, as Latin-1; no owner when it is a link of another kind. Several when it can be split in several ways.</summary>
    public required Func<string, IReadOnlyList<OwnerClaim>> ReadLink { get; init; }

    /// <summary>Reads when the owner's boot was; null where the text says nothing about it.</summary>
    public Func<string, DateTimeOffset?> ReadBoot { get; init; } = static _ => null;

    /// <summary>Why that of a dead owner is not offered, for the operator: what removes it instead.</summary>
    public required string WhyNever { get; init; }

    /// <summary>Where links cannot be made, its program writes the text to a file instead.</summary>
    public bool MayBeFile { get; init; }

    /// <summary>The text of such a lock; null when this is none.</summary>
    public string? TextOf(FileFacts file)
    {
        var bytes = file.Kind == FileKind.SymbolicLink ? file.LinkTarget : MayBeFile && file.Kind == FileKind.Regular ? file.Content.Bytes : null;
        return bytes is { Length: > 0 and <= 4096 } && System.Text.Encoding.Latin1.GetString(bytes) is var text && ReadLink(text).Count > 0 ? text : null;
    }
}

/// <summary>Content and mode of a lock file that we write.</summary>
public sealed record LockLooks(byte[] Content, uint Mode);

/// <summary>A uniquely named file made first, then linked or renamed: hitching posts, stage and temporary files.</summary>
public sealed record StagingFile : Convention
{
    public override ArtefactKind Kind => AsKind;

    public ArtefactKind AsKind { get; init; } = ArtefactKind.StagingFile;

    /// <summary>
    /// Reads who made it from the match of <see cref="Convention.Name"/> and the name of the directory. Empty when the name names no owner.
    /// Several when it can be split in several ways: the one that names this host counts (<see cref="OwnerClaim.Names"/>); where none
    /// does, it may be another host's.
    /// </summary>
    public Func<Match, string, IReadOnlyList<OwnerClaim>> ReadName { get; init; } = NamesNobody;

    /// <summary>Whether such a name says whose it is.</summary>
    public bool NamesOwner => ReadName != NamesNobody;

    private static readonly Func<Match, string, IReadOnlyList<OwnerClaim>> NamesNobody = static (_, _) => [];

    /// <summary>For a hitching post: the name of the lock it is made for, from the match; null when the name does not say.</summary>
    public Func<Match, string?> LockName { get; init; } = static _ => null;

    /// <summary>
    /// For a temporary file without a pid that only the holder of a lock writes: the name of that lock, in the same directory, whether it locks by
    /// existence or through the kernel. Its owner is the lock's owner.
    /// </summary>
    public Func<Match, string?> Guard { get; init; } = Unguarded;

    /// <summary>Whether a lock says who writes it.</summary>
    public bool HasGuard => Guard != Unguarded;

    private static readonly Func<Match, string?> Unguarded = static _ => null;

    /// <summary>
    /// A file in the same directory that its programs lock through the kernel (<c>fcntl</c>, byte 0) while they make such names. It is taken, without waiting, for the moment in which
    /// the name is removed; while another has it, nothing is. Null: there is none.
    /// </summary>
    public string? FamilyLock { get; init; }

    /// <summary>Youngest age at which it may be called an orphan, by every clock. Zero: as soon as its owner is proven gone.</summary>
    public TimeSpan MinimumAge { get; init; }

    /// <summary>Its mtime is the time at which it expires, set ahead by its owner: for how long the file has been as it is, only its ctime says.</summary>
    public bool ModifiedIsExpiry { get; init; }

    /// <summary>With no owner in the name: age by every clock after which it can no longer be in use. Null: then it is always refused.</summary>
    public TimeSpan? OrphanByAge { get; init; }

    /// <summary>Some of its readers go by the access time: it counts as a third clock, unless the store's clocks are not to be trusted.</summary>
    public bool AgeCountsAccess { get; init; }

    /// <summary>May hold the only copy of a message: said on the page before it is removed.</summary>
    public bool MayHoldMail { get; init; }

    /// <summary>The artefact is a directory with files in it.</summary>
    public bool IsDirectory { get; init; }

    /// <summary>For a directory: only an empty one is an artefact; otherwise those in it are.</summary>
    public bool OnlyWhenEmpty { get; init; }

    /// <summary>The artefact is a socket, as Cyrus' <c>idle.PID</c>.</summary>
    public bool IsSocket { get; init; }

    /// <summary>It may be a (hard link to a) symbolic link, as libguestfs' <c>kernel.PID</c>.</summary>
    public bool MayBeSymbolicLink { get; init; }

    /// <summary>The uid that must own directory and process, from the name of the directory; null when any will do.</summary>
    public Func<string, uint?> RequiredUid { get; init; } = static _ => null;

    /// <summary>Group or others must not be able to write to the directory (libguestfs' own security check).</summary>
    public bool PrivateDirectory { get; init; }
}

/// <summary>An MBX session lock in <c>/tmp</c>, named after device and inode of the mailbox. Only a kernel lock on it means anything.</summary>
public sealed record MbxLock : Convention
{
    public override ArtefactKind Kind => ArtefactKind.MbxLock;
}

/// <summary>A file that holds a daemon's pid, or that of a device lock's owner.</summary>
public sealed record PidFile : Convention
{
    public override ArtefactKind Kind => ArtefactKind.PidFile;

    public required Func<FileContent, OwnerClaim?> ReadHolder { get; init; }

    /// <summary>
    /// Names of the program whose process may own it: its command, its executable, or the script that an interpreter runs
    /// (<see cref="ProgramName"/>). Empty where any program may. A process of another name is never taken for the owner, and never for proof
    /// that the owner is gone.
    /// </summary>
    public IReadOnlyList<string> Programs { get; init; } = [];

    /// <summary>The file is named after its program, as FHS asks: <c>NAME.pid</c> is of NAME.</summary>
    public bool IsNamedAfterProgram { get; init; }

    /// <summary>The living owner keeps a kernel lock on the file; without one the text is stale.</summary>
    public bool OwnerLocksIt { get; init; }

    /// <summary>Never removed by its program, so never offered for removal.</summary>
    public bool IsPermanent { get; init; }
}

/// <summary>A name that looks like a lock and is none: a handle for kernel locks, a spool file, data. Never broken, never removed.</summary>
public sealed record NotALock : Convention
{
    public override ArtefactKind Kind => AsKind;

    public ArtefactKind AsKind { get; init; } = ArtefactKind.LockFile;

    /// <summary>Why unlinking it does harm, for the operator.</summary>
    public required string Why { get; init; }

    /// <summary>While the mailbox next to it is missing, this may be it: its program renames the mailbox away before it renames the next version over it.</summary>
    public bool StandsInForMailbox { get; init; }

    /// <summary>One of thousands that belong there (messages, indexes): never listed by a scan, only named when asked for.</summary>
    public bool IsOrdinary { get; init; }
}

/// <summary>A name inside a place of this system that resembles one of its files but is none of them.</summary>
public sealed record LookAlike : Convention
{
    public override ArtefactKind Kind => AsKind;

    public ArtefactKind AsKind { get; init; } = ArtefactKind.PidLinkedFile;

    /// <summary>Whether it may be a symbolic link, as a lock of Mercurial is.</summary>
    public bool MayBeSymbolicLink { get; init; }

    public bool MayBeDirectory { get; init; }

    public required string Why { get; init; }
}

/// <summary>All declared systems. Each file of this folder adds one.</summary>
public static partial class MailSystems
{
    /// <summary>Computed on use: the order of static initialisers across partial files is not defined.</summary>
    public static IReadOnlyList<MailSystem> All =>
    [
        Exim,
        UwImap,
        Dovecot,
        Postfix,
        Procmail,
        Qmail,
        Liblockfile,
        Mutt,
        PythonMailbox,
        Courier,
        Maildrop,
        Mailutils,
        Sendmail,
        SNail,
        Nmh,
        BsdMail,
        Fdm,
        Getmail,
        Fetchmail,
        Amavis,
        Postgrey,
        OpenDkim,
        OpenDmarc,
        Rspamd,
        ClamAv,
        Mailman3,
        FluflLock,
        Mailman,
        Sympa,
        Mlmmj,
        PythonLockfile,
        Evolution,
        Mozilla,
        Emacs,
        SyncMaildir,
        SpamAssassin,
        Xapian,
        Lucene,
        Isync,
        OfflineImap,
        Maildir,
        Cyrus,
        Libguestfs,
        Fhs,
        VersionControl,
    ];
}
