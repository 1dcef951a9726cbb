namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Postfix: an empty <c>.lock</c> of mode 0000 without hitching post, then kernel locks. Its own queue is locked by flock alone.</summary>
    public static MailSystem Postfix { get; } = new()
    {
        Name = "postfix",
        Title = "Postfix",
        Conventions =
        [
            new DotLock
            {
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.EmptyWithoutMode,
                UsualModes = [0],
                StaleAfter = TimeSpan.FromSeconds(500),                   // stale_lock_time
                Clock = FileClock.Changed,
                AlsoLocksMailbox = true,
                Write = static (_, _) => new LockLooks([], 0),
                Source = "postfix src/global/dot_lockfile.c: dot_lockfile; src/global/mbox_open.c: mbox_open",
            },
            new StagingFile
            {
                Name = Pattern.Whole($"[0-9]{{1,6}}\\.({Pattern.Pid})"),
                Screen = Screens.Figure,
                Place = PostfixPlaces.Queue,
                Looks = static file => file.Size == 0,                    // renamed to the queue id before anything is written
                AsKind = ArtefactKind.TempFile,
                MinimumAge = TimeSpan.FromDays(7),                        // MAX_TEMP_AGE of postsuper -p
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[1].Value)),
                Source = "postfix src/global/mail_queue.c: mail_queue_enter; src/postsuper/postsuper.c",
            },
            new NotALock
            {
                // Hexadecimal time and inode, or the long form in base 52 with z between them.
                Name = Pattern.Whole("[0-9A-F]{6,20}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]{10,}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]+"),
                Place = PostfixPlaces.Queue,
                AsKind = ArtefactKind.Message,
                IsOrdinary = true,
                Why = "It is a queued message or its log. Postfix locks it by flock while it works on it; only postsuper -d may take it away.",
                Source = "postfix src/global/mail_queue.c; src/qmgr/qmgr_message.c: qmgr_message_alloc",
            },
            new PidFile
            {
                Name = Pattern.Whole(@"master\.pid"),
                Screen = Screens.PidSuffix,
                Place = PostfixPlaces.Pids,
                OwnerLocksIt = true,
                IsPermanent = true,
                ReadHolder = LockText.Fhs,
                Source = "postfix src/master/master.c: main",
            },
            new NotALock
            {
                Name = Pattern.Whole(@"(?:unix|inet|fifo|pass|unix-dgram)\..+"),
                Place = PostfixPlaces.Pids,
                Looks = Look.EmptyOfAnyMode,
                Why = "The idle processes of a Postfix service take turns by a kernel lock on it. Held for days, with waiters, it is healthy.",
                Source = "postfix src/master/single_server.c, trigger_server.c, dgram_server.c",
            },
            new NotALock
            {
                Name = Pattern.Whole(@"master\.lock"),
                Screen = Screens.LockSuffix,
                Looks = static file => file is { Kind: FileKind.Regular, Size: 33 } && LockText.Fhs(file.Content) is not null,
                Why = "The Postfix master keeps it for ever and holds a flock on it while it runs.",
                Source = "postfix src/master/master.c: main",
            },
            new NotALock
            {
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

        public static Place Pids { get; } = new(Directory: Pattern.Whole("pid"));
    }
}
