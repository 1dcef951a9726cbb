using System.Globalization;
using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>The words of the wire in the operator's language. A word that is not known here is shown as it came, escaped.</summary>
public static class Labels
{
    private static readonly Dictionary<string, string> Kinds = new(StringComparer.Ordinal)
    {
        [Words.Of(ArtefactKind.KernelLock)] = "Kernel lock",
        [Words.Of(ArtefactKind.DotLock)] = "Dot lock",
        [Words.Of(ArtefactKind.MbxLock)] = "MBX lock",
        [Words.Of(ArtefactKind.LockFile)] = "Lock file",
        [Words.Of(ArtefactKind.PidFile)] = "Pid file",
        [Words.Of(ArtefactKind.StagingFile)] = "Staging file",
        [Words.Of(ArtefactKind.PidLinkedFile)] = "PID-linked file",
        [Words.Of(ArtefactKind.TempFile)] = "Temporary file",
        [Words.Of(ArtefactKind.Mailbox)] = "Mailbox",
        [Words.Of(ArtefactKind.Message)] = "Message",
        [Words.Of(ArtefactKind.Directory)] = "Directory",
    };

    private static readonly Dictionary<string, string> QuestionTexts = new(StringComparer.Ordinal)
    {
        [Questions.RegularFile] = "Is it a regular file?",
        [Questions.SafeDirectory] = "Can only trusted accounts rename in its directory?",
        [Questions.ExpectedOwner] = "Does it belong to an account that this mail system uses?",
        [Questions.LinkCount] = "Does it have the expected number of names?",
        [Questions.Convention] = "Does a known mail system write such a file?",
        [Questions.LocalFileSystem] = "Is the file system local to this host?",
        [Questions.ThisHost] = "Was it made on this host?",
        [Questions.OwnerElsewhere] = "Does the named process run on the host that it names?",
        [Questions.SameKernel] = "Is that host on the kernel of this one, so that all its processes are seen here?",
        [Questions.OwnerNamed] = "Does it name its owner?",
        [Questions.OwnerRunning] = "Is the named process running, in any PID namespace that sees this path?",
        [Questions.SameProcess] = "Is that process the one that made it?",
        [Questions.CreatorRunning] = "Does the process that was seen to give it this name still run?",
        [Questions.AfterBoot] = "Was it made since the host started?",
        [Questions.FileOpen] = "Does any process have the file open?",
        [Questions.FileLocked] = "Is there a kernel lock on the file?",
        [Questions.MailboxFound] = "Was the mailbox itself found, through every link?",
        [Questions.MailboxOpen] = "Does any process have the mailbox open?",
        [Questions.MailboxLocked] = "Is there a kernel lock on the mailbox?",
        [Questions.GracePeriod] = "Has it stayed unchanged for the grace period?",
        [Questions.OldEnough] = "Is it older than the age up to which its programs respect it?",
        [Questions.OwnersRule] = "Does its own software consider it dead?",
        [Questions.PathCurrent] = "Does the path still name the file that the process uses?",
        [Questions.SameLock] = "Do all holders of this lock hold the same file?",
        [Questions.GuardHeld] = "Is the lock held whose holder alone writes this file?",
        [Questions.EnoughRoom] = "Is there room for mail and locks?",
        [Questions.WaitsFor] = "What is it waiting for?",
        [Questions.SessionOf] = "Whom does the process serve?",
        [Questions.PidReturns] = "Can its pid be reused?",
        [Questions.DirectoryWritable] = "Can names in its directory be changed?",
        [Questions.FileMovable] = "Can its own name be changed?",
        [Questions.MailboxLockable] = "Can the mailbox be locked while the lock is broken?",
        [Questions.Exchange] = "Can its file system exchange two names in one step?",
        [Questions.OwnLock] = "Can a lock of the agent take its place?",
        [Questions.FamilyLock] = "Is the lock that its own programs use free?",
        [Questions.Quarantine] = "Is there a private quarantine for it?",
        [Questions.Space] = "Is there room for the record of the act?",
        [Questions.Policy] = "Does the policy of this host allow it?",
    };

    public static string Kind(string word) => Kinds.GetValueOrDefault(word) ?? HostText.Clean(word);

    public static IEnumerable<string> KindWords => Kinds.Keys;

    public static string Question(string word) => QuestionTexts.GetValueOrDefault(word) ?? HostText.Clean(word);

    public static string Answer(string word) => word switch { "yes" => "Yes", "no" => "No", _ => "Unknown" };

    public static string Action(string word) => Act.Find(word)?.Name ?? HostText.Clean(word);

    /// <summary><c>R</c>, <c>S</c>, <c>D</c>... of <c>/proc/PID/stat</c> with what it means.</summary>
    public static string ProcessState(string letter) => letter switch
    {
        "R" => "running",
        "S" => "sleeping",
        "D" => "uninterruptible wait (D)",
        "T" => "stopped (T)",
        "t" => "stopped by a debugger (t)",
        "Z" => "zombie (Z)",
        "X" => "dead (X)",
        "I" => "idle",
        _ => HostText.Clean(letter),
    };

    /// <summary>"1 lock", "2 locks"; thousands apart by a thin space.</summary>
    public static string Count(long number, string one, string? many = null) => $"{Number(number)} {(number == 1 ? one : many ?? one + "s")}";

    public static string Number(long number) => number.ToString("#,0", Grouped);

    public static string Bytes(long bytes) => bytes switch
    {
        < 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB"),
        < 1024L * 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.#} GiB"),
    };

    /// <summary>UTC to the second, sortable by eye.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";

    private static readonly NumberFormatInfo Grouped = new() { NumberGroupSeparator = "\u2009" };
}
