using System.Text.RegularExpressions;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Python lockfile (django-mailer and other scripts).</summary>
    public static MailSystem PythonLockfile { get; } = new()
    {
        Name = "python-lockfile",
        Title = "Python lockfile (django-mailer)",
        About = "Python's lockfile package links an empty file HOST-THREAD.PID-HASH to X.lock and keeps both names while it has the lock: the other name is the only one that says whose it is. "
            + "Its other ways are a symbolic link with that name as its text, and a directory X.lock with such a file in it.",
        LookedAt = ["the other name of X.lock: host and pid in it", "the text of the symbolic link"],
        LeftAlone =
        [
            "a lock whose other name cannot be read: where the hash is positive nothing separates it from the pid",
            "a directory as lock: its file says thread and pid without anything between them",
            "a name that is still linked to its lock: the lock has to go first",
        ],
        Notes = ["It never takes a lock for stale. After a crash both names stay, and send_mail of django-mailer does nothing until the lock is gone."],
        Conventions =
        [
            new StagingFile
            {
                Form = "HOST-THREAD.PID-HASH, HOST.PID-HASH, empty",
                What = "other name of a lock, or of a process that waits for it",
                Name = PythonLockfileNames.Unique,
                Screen = Screens.LongNumberLast,
                Looks = PythonLockfileNames.IsUnique,
                ReadName = static (m, _) => PythonLockfileNames.Owners(m),
                Source = "pylockfile lockfile/__init__.py: LockBase.__init__; lockfile/linklockfile.py: LinkLockFile.acquire",
            },
            new LinkLock
            {
                Form = "X.lock, link to HOST-THREAD.PID-HASH",
                What = "lock by a symbolic link",
                OwnRule = "never",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                ReadLink = static text => PythonLockfileNames.Unique.Match(text) is { Success: true } m ? PythonLockfileNames.Owners(m) : [],
                WhyNever = "its package never removes such a link, so once its program is known not to run, remove it by hand.",
                Source = "pylockfile lockfile/symlinklockfile.py: SymlinkLockFile.acquire",
            },
            new LookAlike
            {
                Form = "X.lock, a directory",
                What = "directory as lock, of lockfile's MkdirLockFile or of a script",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                AsKind = ArtefactKind.LockFile,
                MayBeDirectory = true,
                Looks = static file => file.Kind == FileKind.Directory,
                Why = "It is a directory as lock, as mkdir in a script or MkdirLockFile makes one: whose it is cannot be read from it.",
                Source = "pylockfile lockfile/mkdirlockfile.py: MkdirLockFile.acquire",
            },
        ],
    };

    private static class PythonLockfileNames
    {
        /// <summary>A negative hash brings its own sign; a positive one follows the pid without anything between them.</summary>
        public static Regex Unique { get; } = Pattern.Whole($"(.+?)(-[0-9a-f]{{1,8}})?\\.(?:({Pattern.Pid})-[0-9]{{4,20}}|[1-9][0-9]{{10,26}})");

        /// <summary>Empty. The name alone would fit other files too, such as one with a date: thread and sign of the hash, or the second name, are the sign.</summary>
        public static bool IsUnique(FileFacts file) => file is { Kind: FileKind.Regular, Size: 0 }
            && (file.LinkCount > 1 || (Unique.Match(file.Path.NameLatin1) is { Success: true } m && m.Groups[2].Success && m.Groups[3].Success));

        /// <summary>What looks like a thread may be the end of the host's name.</summary>
        public static IReadOnlyList<OwnerClaim> Owners(Match match)
        {
            if (!match.Groups[3].Success || LockText.Pid(match.Groups[3].Value) is not { } pid)
                return [];
            var (host, thread) = (match.Groups[1].Value, match.Groups[2].Value);
            return thread.Length > 0 ? [new OwnerClaim(pid, host), new OwnerClaim(pid, host + thread)] : [new OwnerClaim(pid, host)];
        }
    }
}
