namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>c-client (UW IMAP, Alpine).</summary>
    public static MailSystem UwImap { get; } = new()
    {
        Name = "uw-imap",
        Title = "c-client (UW IMAP, Alpine)",
        About = "c-client is UW imapd, Alpine, Pine, tmail and PHP's imap. A session lock /tmp/.DEV.INODE exists for as long as the mailbox is open, "
            + "and an empty X.lock only while it is read or written.",
        LookedAt =
        [
            "kernel locks on the /tmp file and on the mailbox. c-client uses flock and Exim's MBX mode and Courier fcntl on the same names: on Linux "
                + "these do not exclude each other, and both kinds are looked for",
        ],
        LeftAlone =
        [
            "to remove a /tmp/.DEV.INODE, whatever its text and age",
            "to take a dead X.lock for proof that the mailbox is not open: the session lock is the /tmp file",
        ],
        Notes = ["Several mailers kill or signal the pid in the /tmp file. It is only a hint: after a crash it may be a stranger's."],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, empty",
                What = "dot lock, held only while the mailbox is read or written",
                OwnRule = "after 5 min by ctime, or after 5 min of waiting whatever its age; mlock by ctime alone",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Empty,
                UsualModes = [Look.Octal(666), Look.Octal(664)],          // umask 0; the mlock helper
                StaleAfter = TimeSpan.FromMinutes(5),                     // or 5 minutes of waiting, whatever the age
                Clock = FileClock.Changed,
                AlsoLocksMailbox = true,
                Write = static (_, _) => new LockLooks([], Look.Octal(666)),
                Source = "imap-2007f src/osdep/unix/env_unix.c: dotlock_lock; src/mlock/mlock.c: main",
            },
            new StagingFile
            {
                Form = "X.lock.TIME.PID.HOST, empty",
                What = "hitching post",
                Name = Pattern.Whole($"(.+\\.lock)\\.({Pattern.Seconds})\\.({Pattern.Pid})\\.(.+)"),
                Screen = Screens.LockInside,
                Looks = static file => file.Size == 0,
                LockName = static m => m.Groups[1].Value,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[3].Value), m.Groups[4].Value, NameText.Time(m.Groups[2].Value)),
                Source = "imap-2007f src/osdep/unix/crx_nfs.c: crexcl; src/mlock/mlock.c: main",
            },
            new MbxLock
            {
                Form = "/tmp/.DEV.INODE",
                What = "session lock, for as long as the mailbox is open; the pid in it is only a hint",
                OwnRule = "an unlocked one is used again as it is",
                Name = Pattern.Whole(@"\.([0-9a-f]{1,16})\.([0-9a-f]{1,16})"),
                Screen = Screens.StartsWith("."),
                Place = Places.Temporary,
                Source = "imap-2007f src/osdep/unix/env_unix.c: lockname, lock_work, unlockfd",
            },
            new NotALock
            {
                Form = ".mixmeta, .mixindex, .mxindex, ...",
                What = "mailbox data",
                Name = Pattern.Whole(@"\.mix(?:meta|index|status|[0-9a-f]{8})|\.mxindex"),
                Screen = Screens.StartsWith(".m"),
                AsKind = ArtefactKind.Mailbox,
                IsOrdinary = true,
                Why = "It is part of a mix or mx mailbox, locked through the kernel.",
                Source = "imap-2007f src/osdep/unix/mix.c; src/osdep/unix/mx.c",
            },
        ],
    };
}
