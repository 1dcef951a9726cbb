namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>mail.local and lockspool of the BSDs: an empty <c>.lock</c>; OpenBSD's holds a flock on the lock file itself.</summary>
    public static MailSystem BsdMail { get; } = new()
    {
        Name = "bsd-mail",
        Title = "BSD mail.local, lockspool",
        Conventions =
        [
            new DotLock
            {
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Empty,
                UsualModes = [Look.Octal(600)],
                Write = static (_, _) => new LockLooks([], Look.Octal(600)),
                Source = "OpenBSD libexec/mail.local/locking.c: getlock; NetBSD libexec/mail.local/mail.local.c: deliver",
            },
        ],
    };
}
