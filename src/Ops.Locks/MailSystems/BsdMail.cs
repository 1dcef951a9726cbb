namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>BSD mail.local, lockspool.</summary>
    public static MailSystem BsdMail { get; } = new()
    {
        Name = "bsd-mail",
        Title = "BSD mail.local, lockspool",
        About = "mail.local and lockspool of the BSDs make an empty X.lock; OpenBSD's hold a flock on the lock file itself.",
        LookedAt = ["kernel locks on the lock file and on the mailbox"],
        LeftAlone = ["an empty lock without a known owner that is not 30 minutes old"],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, empty",
                OwnRule = "OpenBSD, in a spool that anybody can write: after about 17 min of waiting without a change of ctime; NetBSD never",
                What = "dot lock; OpenBSD's programs also keep a flock on the lock file itself",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Empty,
                UsualModes = [Look.Octal(600)],
                StaleAfter = TimeSpan.FromSeconds(1023),                  // 1 + 2 + 4 ... + 512 s of waiting while it does not change
                Clock = FileClock.Changed,
                Write = static (_, _) => new LockLooks([], Look.Octal(600)),
                Source = "OpenBSD libexec/mail.local/locking.c: getlock; NetBSD libexec/mail.local/mail.local.c: deliver",
            },
        ],
    };
}
