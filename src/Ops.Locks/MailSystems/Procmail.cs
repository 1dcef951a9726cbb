namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>procmail, lockfile(1).</summary>
    public static MailSystem Procmail { get; } = new()
    {
        Name = "procmail",
        Title = "procmail, lockfile(1)",
        About = "procmail and lockfile(1) write the single byte 0, which names no owner. The caller of lockfile(1) owns its lock, and lockfile(1) "
            + "itself is gone at once.",
        LookedAt =
        [
            "who is on the mailbox. procmail takes an fcntl lock from the old end of the file; a script around lockfile(1) takes none",
            "pid, time and host in the name of a hitching post; a host that was cut is compared as a beginning, and only on a local file system",
        ],
        LeftAlone =
        [
            "a 0 that is not 30 minutes old",
            "a 0 while a procmail of its user runs that is older than the lock: it opens the mailbox only when its filter is done",
            "to take 0 for a pid",
            "a 0 without a mailbox next to it, however old: scripts lock backups and cron jobs with lockfile(1), and no process has anything open then",
            "a 0 at any age while a script of its user may be the one that called lockfile(1)",
        ],
        Notes =
        [
            "No process has the lock of a script open. A living process of the lock's user that is older than the lock is looked for: in its command line, its directory and the text of its script. Look for the script yourself before you break such a lock.",
            "A lock of more than 16 bytes is never forced by procmail: a dead PID:HOST lock of another program blocks it until the lock is broken.",
        ],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, one byte 0",
                What = "dot lock; the 0 is a dummy and no pid",
                OwnRule = "procmail: after 1024 s by mtime, if it is at most 16 bytes long; lockfile(1): only with -l",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Exactly([(byte)'0']),
                UsualModes = [Look.Octal(444), Look.Octal(440), Look.Octal(400)],
                StaleAfter = TimeSpan.FromSeconds(1024),                  // LOCKTIMEOUT; lockfile(1) only with -l
                Clock = FileClock.Modified,
                UnseenOwners = [new("procmail", HasOneAtATime: false)],   // a filter under :0 w: runs for hours before the mailbox is opened
                AlsoLocksMailbox = true,                                  // procmail does, scripts around lockfile(1) do not
                Write = static (_, _) => new LockLooks([(byte)'0'], Look.Octal(444)),
                Source = "procmail src/locking.c: lockit; src/exopen.c: xcreat, myrename; src/lockfile.c: main",
            },
            new StagingFile
            {
                Form = "_PID.TIME.HOST of at most one byte, pid and time in base 64",
                What = "hitching post; the whole name is cut to 29 characters",
                Name = ProcmailNames.Unique,
                Screen = Screens.StartsWith("_"),
                Looks = static file => file.Size <= 1,
                ReadName = static (m, _) => NameText.Claim(
                    NameText.ProcmailPid(m.Groups[1].Value), m.Groups[2].Value is { Length: > 0 } host ? host : null,
                    NameText.ProcmailTime(m.Groups["time"].Value), truncated: m.Length == ProcmailNames.Longest),
                Source = "procmail src/exopen.c: unique, xcreat (29 characters at most)",
            },
            new StagingFile
            {
                Form = "_PID.TIME.HOST with content",
                What = "message on its way into an MH or plain folder",
                // The same name, never cut, in an MH or plain directory folder: it is the message itself.
                Name = ProcmailNames.Unique,
                Screen = Screens.StartsWith("_"),
                Looks = static file => file.Size > 1,
                AsKind = ArtefactKind.TempFile,
                MayHoldMail = true,
                ReadName = static (m, _) => NameText.Claim(
                    NameText.ProcmailPid(m.Groups[1].Value), m.Groups[2].Value is { Length: > 0 } host ? host : null,
                    NameText.ProcmailTime(m.Groups["time"].Value)),
                Source = "procmail src/exopen.c: unique; src/mailfold.c: writefolder",
            },
            new NotALock
            {
                Form = "BOGUS.USER.XXX",
                What = "a mailbox that procmail put aside",
                Name = Pattern.Whole(@"BOGUS\..+\.[A-Za-z0-9_-]+"),
                Screen = Screens.StartsWith("BOGUS."),
                AsKind = ArtefactKind.Mailbox,
                Why = "procmail put a mailbox aside here that it did not trust. It may hold a user's mail.",
                Source = "procmail src/foldinfo.c: screenmailbox",
            },
        ],
    };

    private static class ProcmailNames
    {
        /// <summary>UNIQnamelen less the final NUL.</summary>
        public const int Longest = 29;

        // Pid and time in base 64, least significant figure first; the time has had six figures since 2004. The serial is one of . , + %
        public static System.Text.RegularExpressions.Regex Unique { get; } =
            Pattern.Whole("_([A-Za-z0-9_-]{1,4})[.,+%](?<time>[A-Za-z0-9_-]{6})\\.(.*)");
    }
}
