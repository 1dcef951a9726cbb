namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Exim.</summary>
    public static MailSystem Exim { get; } = new()
    {
        Name = "exim",
        Title = "Exim",
        About = "Exim's appendfile delivery makes an empty X.lock by linking a hitching post to it, then takes kernel locks on the mailbox. Its spool "
            + "has no lock files at all, only kernel locks on message data; its hints databases are locked through files that stay permanently.",
        LookedAt =
        [
            "kernel locks on the mailbox and who has it open: Exim takes an fcntl lock after the dot lock",
            "a hitching post that is another name of the same inode: it names host, time and pid of the owner. The host is Exim's primary_hostname, "
                + "which need not be the machine's name; on a local file system that is accepted",
        ],
        LeftAlone =
        [
            "an empty lock younger than 30 minutes without a known owner, even with no kernel lock: Exim may be between dot lock and kernel lock",
            "an older one while an Exim of its user runs that is older than the lock and at work on no other mailbox",
            "anything in the queue; exim -M... takes care of messages",
            "a journal (ID-J): without it the next delivery sends a second copy to those who have the message",
        ],
        Notes = ["exim_lock never removes a lock and holds its own as long as the command it runs: a lock held for hours may be an administrator at work."],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, empty",
                What = "dot lock; its owner is nowhere in it",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Empty,
                UsualModes = [Look.Octal(600), Look.Octal(440)],     // lockfile_mode; exim_lock
                StaleAfter = TimeSpan.FromMinutes(30),                    // lockfile_timeout
                Clock = FileClock.Changed,
                AlsoLocksMailbox = true,
                UnseenOwners = [new("exim4", HasOneAtATime: true), new("exim", HasOneAtATime: true)],   // between dot lock and kernel lock
                Write = static (_, _) => new LockLooks([], Look.Octal(600)),
                Source = "exim src/transports/appendfile.c: appendfile_transport_entry; src/exim_lock.c: main",
            },
            new StagingFile
            {
                Form = "X.lock.HOST.TIME.PID, time and pid in hexadecimal",
                What = "hitching post: linked to X.lock, lives for microseconds",
                Name = Pattern.Whole(@"(.+\.lock)\.(.+)\.([0-9a-f]{8})\.([0-9a-f]{8})"),
                Screen = Screens.LockInside,
                LockName = static m => m.Groups[1].Value,
                // primary_hostname, which need not be the machine's name.
                ReadName = static (m, _) => NameText.Claim(
                    NameText.HexPid(m.Groups[4].Value), m.Groups[2].Value, NameText.HexTime(m.Groups[3].Value), configured: true),
                Source = "exim src/transports/appendfile.c: appendfile_transport_entry (hitching post)",
            },
            new MbxLock
            {
                Form = "/tmp/.DEV.INODE",
                What = "MBX lock of a mailbox",
                Name = Pattern.Whole(@"\.([0-9a-f]{1,16})\.([0-9a-f]{1,16})"),
                Screen = Screens.StartsWith("."),
                Place = Places.Temporary,
                Source = "exim src/transports/appendfile.c: appendfile_transport_entry (use_mbx_lock); src/exim_lock.c",
            },
            new NotALock
            {
                Form = "input/ID-D, input/ID-H",
                What = "queued message",
                Name = Pattern.Whole($"{EximMessageId}-[DH]"),
                Place = EximPlaces.Queue,
                AsKind = ArtefactKind.Message,
                IsOrdinary = true,
                Why = "It is a queued message. Exim locks it through the kernel while it works on it; only exim -M... may remove it.",
                Source = "exim src/spool_in.c: spool_open_datafile; src/receive.c: receive_msg",
            },
            new NotALock
            {
                Form = "input/ID-J",
                What = "journal: the addresses that have the message already",
                // Not ordinary: it exists during a delivery, and after one that was interrupted.
                Name = Pattern.Whole($"{EximMessageId}-J"),
                Screen = Screens.EndsWith("-J"),
                Place = EximPlaces.Queue,
                AsKind = ArtefactKind.Message,
                Why = "It is the journal of addresses that have the message already. Without it the next delivery sends them a second copy.",
                Source = "exim src/deliver.c: deliver_message",
            },
            new NotALock
            {
                Form = "input/hdr.ID, input/hdr.PID",
                What = "header being written",
                OwnRule = "unlinked by the next process that writes one",
                Name = Pattern.Whole($"hdr\\.(?:{EximMessageId}|{Pattern.Pid})"),
                Screen = Screens.StartsWith("hdr."),
                Place = EximPlaces.Queue,
                AsKind = ArtefactKind.TempFile,
                Why = "Exim writes a new message header here and renames it. It unlinks a leftover itself the next time it handles the message.",
                Source = "exim src/spool_out.c: spool_write_header",
            },
            new NotALock
            {
                Form = "msglog/ID",
                What = "log of a queued message",
                Name = Pattern.Whole(EximMessageId),
                Place = EximPlaces.MessageLogs,
                AsKind = ArtefactKind.Message,
                IsOrdinary = true,
                Why = "It is the log of a queued message, to which the next delivery adds.",
                Source = "exim src/deliver.c: open_msglog_file",
            },
            new StagingFile
            {
                Form = "msglog/ID-PID-N",
                What = "output of a pipe or file transport, read by the delivery process that made it",
                // The number is of the process that runs the delivery, not of the transport's child, which has the file open.
                Name = Pattern.Whole($"{EximMessageId}-({Pattern.Pid})-[0-9]+"),
                Place = EximPlaces.MessageLogs,
                AsKind = ArtefactKind.TempFile,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[1].Value)),
                Source = "exim src/deliver.c: deliver_local (return_filename)",
            },
            new StagingFile
            {
                Form = "scan/ID/ANY NAME",
                What = "copy of a message, or a part of it, while its content is scanned at reception",
                OwnRule = "unlinked when the scan is over, unless control = no_mbox_unspool",
                Name = Pattern.Whole(".+"),
                Place = EximPlaces.Scans,
                AsKind = ArtefactKind.TempFile,
                ReadName = static (_, directory) => NameText.Claim(NameText.EximReceiver(directory)),
                Source = "exim src/spool_mbox.c: spool_mbox, unspool_mbox; src/mime.c: mime_get_decode_file",
            },
            new StagingFile
            {
                Form = "scan/ID",
                What = "the directory for such copies",
                Name = Pattern.Whole(EximMessageId),
                Place = EximPlaces.ScanDirectory,
                IsDirectory = true,
                OnlyWhenEmpty = true,
                AsKind = ArtefactKind.TempFile,
                ReadName = static (m, _) => NameText.Claim(NameText.EximReceiver(m.Value)),
                Source = "exim src/spool_mbox.c: spool_mbox, unspool_mbox",
            },
            new NotALock
            {
                Form = "db/NAME.lockfile",
                What = "handle for kernel locks on a hints database",
                Name = Pattern.Whole(@".+\.lockfile"),
                Screen = Screens.EndsWith(".lockfile"),
                Place = EximPlaces.Hints,
                Why = "Exim keeps it permanently and locks it through the kernel. Unlinking it while held gives a hints database two writers.",
                Source = "exim src/dbfn.c: lockfile_take, dbfn_open",
            },
            new StagingFile
            {
                Form = "ID-PID.tmp",
                What = "message being delivered as mailstore",
                // ID-PID.tmp of a mailstore delivery: the pid of the delivering process in base 62, 6 figures before 4.97, then 11.
                Name = Pattern.Whole($"{EximMessageId}-([0-9A-Za-z]{{6}}|[0-9A-Za-z]{{11}})\\.tmp"),
                Screen = Screens.TmpSuffix,
                AsKind = ArtefactKind.TempFile,
                MayHoldMail = true,                                       // Exim still has the message and delivers it again
                ReadName = static (m, _) => NameText.Claim(NameText.EximPid(m.Groups[1].Value)),
                Source = "exim src/transports/appendfile.c: appendfile_transport_entry (mailstore_format)",
            },
            new StagingFile
            {
                Form = "temp.PID.HOST",
                What = "message being delivered into a directory, one file for each",
                // The directory is an administrator's choice; nothing but the form of the name is Exim's.
                Name = Pattern.Whole($"temp\\.({Pattern.Pid})\\.([A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*)"),
                Screen = Screens.StartsWith("temp."),
                Looks = Look.EmptyOrMessage,
                AsKind = ArtefactKind.TempFile,
                MayHoldMail = true,                                       // Exim still has the message and delivers it again
                // primary_hostname, but so general a name counts only where it is this host's own.
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[1].Value), m.Groups[2].Value),
                Source = "exim src/transports/appendfile.c: appendfile_transport_entry (mbformat_smail)",
            },
            new PidFile
            {
                Form = "exim.pid, exim-daemon.pid",
                What = "pid file of the daemon",
                OwnRule = "overwritten at start",
                Name = Pattern.Whole(@"exim(?:-daemon)?\.pid"),
                Programs = ["exim", "exim4"],
                Screen = Screens.PidSuffix,
                ReadHolder = LockText.Fhs,
                Source = "exim src/daemon.c: daemon_go",
            },
        ],
    };

    // Base-62 time, pid and sub-second: 6-6-2 up to 4.96, 6-11-4 since 4.97.
    private const string EximMessageId = "[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})";

    private static class EximPlaces
    {
        public static Place Queue { get; } = new(Path: Pattern.Whole(".*/input(?:/[0-9A-Za-z])?"));

        public static Place MessageLogs { get; } = new(Path: Pattern.Whole(".*/msglog(?:/[0-9A-Za-z])?"));

        public static Place ScanDirectory { get; } = new(Directory: Pattern.Whole("scan"), Siblings: ["input", "msglog"]);

        public static Place Scans { get; } = new(Directory: Pattern.Whole(EximMessageId), Parent: Pattern.Whole("scan"));

        public static Place Hints { get; } = new(Directory: Pattern.Whole("db"));
    }
}
