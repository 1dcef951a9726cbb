namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Postfix.</summary>
    public static MailSystem Postfix { get; } = new()
    {
        Name = "postfix",
        Title = "Postfix",
        About = "Postfix makes an empty X.lock of mode 0000 without a hitching post, then takes kernel locks on the mailbox. Its own queue is locked by flock alone.",
        LookedAt =
        [
            "kernel locks on the mailbox (fcntl on Linux) and who has it open",
            "the flock on pid/master.pid and master.lock: it shows whether Postfix runs",
        ],
        LeftAlone =
        [
            "anything with a name of the queue; postsuper takes care of messages",
            "a lock on pid/TYPE.NAME as a sign of trouble: held for days by an idle server, with others waiting behind it, it is healthy",
        ],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, empty, mode 0000",
                What = "dot lock",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.EmptyWithoutMode,
                UsualModes = [0],
                StaleAfter = TimeSpan.FromSeconds(500),                   // stale_lock_time
                Clock = FileClock.Changed,
                AlsoLocksMailbox = true,
                // local drops its rights again after each step (src/local/local.c: set_eugid); virtual delivers as the owner of the mailbox.
                Pollers =
                [
                    new("local", "it tries deliver_lock_attempts times, 20 by default", ActsAsOwner: true),
                    new("virtual", "it tries deliver_lock_attempts times, 20 by default", ActsAsOwner: true),
                ],
                Write = static (_, _) => new LockLooks([], 0),
                Source = "postfix src/global/dot_lockfile.c: dot_lockfile; src/global/mbox_open.c: mbox_open",
            },
            new StagingFile
            {
                Form = "incoming/USEC.PID, maildrop/USEC.PID, ..., empty",
                What = "queue file before it got its name",
                OwnRule = "postsuper -p after 7 days by mtime",
                Name = Pattern.Whole($"[0-9]{{1,6}}\\.({Pattern.Pid})"),
                Screen = Screens.Figure,
                Place = PostfixPlaces.Queue,
                Looks = static file => file.Size == 0,                    // renamed to the queue id before anything is written
                AsKind = ArtefactKind.TempFile,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[1].Value)),
                Source = "postfix src/global/mail_queue.c: mail_queue_enter; src/postsuper/postsuper.c",
            },
            new NotALock
            {
                Form = "active/ID, deferred/ID, bounce/ID, ...",
                What = "queued message or its log",
                // Hexadecimal time and inode, or the long form in base 52 with z between them.
                Name = PostfixPlaces.QueueId,
                Place = PostfixPlaces.Queue,
                AsKind = ArtefactKind.Message,
                IsOrdinary = true,
                Why = "It is a queued message or its log. Postfix locks it by flock while it works on it; only postsuper -d may remove it.",
                Source = "postfix src/global/mail_queue.c; src/qmgr/qmgr_message.c: qmgr_message_alloc",
            },
            new NotALock
            {
                Form = "incoming/ID, maildrop/ID, not of mode 0700",
                What = "message being received; its mode becomes 0700 when it is complete",
                OwnRule = "postsuper -p after 7 days by mtime",
                Name = PostfixPlaces.QueueId,
                Place = PostfixPlaces.Entrance,
                Looks = static file => file.Kind == FileKind.Regular && (file.Mode & Look.Octal(700)) != Look.Octal(700),
                AsKind = ArtefactKind.Message,
                Why = "It is a message that Postfix has not received completely. It may be at work on it; only postsuper may remove it.",
                Source = "postfix src/global/mail_stream.c: mail_stream_finish; src/global/mail_queue.h (MAIL_QUEUE_STAT_READY); src/postsuper/postsuper.c",
            },
            new PidFile
            {
                Form = "pid/master.pid",
                What = "pid file of the master, with a flock on it",
                Name = Pattern.Whole(@"master\.pid"),
                Programs = ["master"],
                Screen = Screens.PidSuffix,
                Place = PostfixPlaces.Pids,
                OwnerLocksIt = true,
                IsPermanent = true,
                ReadHolder = LockText.Fhs,
                Source = "postfix src/master/master.c: main",
            },
            new NotALock
            {
                Form = "pid/unix.SERVICE, pid/inet.SERVICE, ...",
                What = "turn-taking of idle servers",
                Name = Pattern.Whole(@"(?:unix|inet|fifo|pass|unix-dgram)\..+"),
                Place = PostfixPlaces.Pids,
                Looks = Look.EmptyOfAnyMode,
                Why = "The idle processes of a Postfix service take turns by a kernel lock on it. Held for days, with waiters, it is healthy.",
                Source = "postfix src/master/single_server.c, trigger_server.c, dgram_server.c",
            },
            new NotALock
            {
                Form = "master.lock",
                What = "handle for the master's flock on its data directory",
                Name = Pattern.Whole(@"master\.lock"),
                Screen = Screens.LockSuffix,
                Looks = static file => file is { Kind: FileKind.Regular, Size: 33 } && LockText.Fhs(file.Content) is not null,
                Why = "The Postfix master keeps it permanently and holds a flock on it while it runs.",
                Source = "postfix src/master/master.c: main",
            },
            new NotALock
            {
                Form = "main.cf.tmp, master.cf.tmp",
                What = "next version of the configuration",
                Name = Pattern.Whole(@"(?:main|master)\.cf\.tmp"),
                Screen = Screens.TmpSuffix,
                AsKind = ArtefactKind.TempFile,
                Why = "The next version of the configuration while postconf edits it; the next editor takes it over.",
                Source = "postfix src/util/edit_file.c: edit_file_open",
            },
        ],
    };

    private static class PostfixPlaces
    {
        public static Place Queue { get; } =
            new(Path: Pattern.Whole(".*/(?:maildrop|incoming|active|deferred|hold|corrupt|bounce|defer|flush|trace|saved)(?:/[0-9A-F]){0,2}"));

        /// <summary>Where messages come in: hardly anything stays here for long, so its files can be looked at one by one.</summary>
        public static Place Entrance { get; } = new(Path: Pattern.Whole(".*/(?:maildrop|incoming)(?:/[0-9A-F]){0,2}"));

        public static System.Text.RegularExpressions.Regex QueueId { get; } =
            Pattern.Whole("[0-9A-F]{6,20}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]{10,}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]+");

        public static Place Pids { get; } = new(Directory: Pattern.Whole("pid"));
    }
}
