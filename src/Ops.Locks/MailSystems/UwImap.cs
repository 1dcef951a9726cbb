namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>
    /// c-client: UW imapd, Alpine, Pine, tmail, PHP's imap. A session lock <c>/tmp/.DEV.INO</c> for as long as the mailbox is open, and an empty
    /// <c>.lock</c> only while it is read or written.
    /// </summary>
    public static MailSystem UwImap { get; } = new()
    {
        Name = "uw-imap",
        Title = "c-client (UW IMAP, Alpine)",
        Conventions =
        [
            new DotLock
            {
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
                Name = Pattern.Whole($"(.+\\.lock)\\.({Pattern.Seconds})\\.({Pattern.Pid})\\.(.+)"),
                Screen = Screens.LockInside,
                Looks = static file => file.Size == 0,
                LockName = static m => m.Groups[1].Value,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[3].Value), m.Groups[4].Value, NameText.Time(m.Groups[2].Value)),
                Source = "imap-2007f src/osdep/unix/crx_nfs.c: crexcl; src/mlock/mlock.c: main",
            },
            new MbxLock
            {
                Name = Pattern.Whole(@"\.([0-9a-f]{1,16})\.([0-9a-f]{1,16})"),
                Screen = Screens.StartsWith("."),
                Place = Places.Temporary,
                Source = "imap-2007f src/osdep/unix/env_unix.c: lockname, lock_work, unlockfd",
            },
            new NotALock
            {
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
