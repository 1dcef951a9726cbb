namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Evolution (Camel).</summary>
    public static MailSystem Evolution { get; } = new()
    {
        Name = "evolution",
        Title = "Evolution (Camel)",
        About = "Evolution takes an fcntl lock and a flock on a local mbox, then makes an empty X.lock by linking a temporary file XABCDEF, the name of the mailbox and six letters, to it.",
        LookedAt = ["kernel locks on the mailbox: Evolution takes both kinds before the dot lock and keeps them"],
        LeftAlone = ["the temporary file: nothing in its name says that it is one"],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, empty",
                What = "dot lock, taken after fcntl and flock on the mailbox",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Empty,
                UsualModes = [Look.Octal(600)],                           // mkstemp
                StaleAfter = TimeSpan.FromSeconds(60),
                Clock = FileClock.Changed,
                AlsoLocksMailbox = true,
                Write = static (_, _) => new LockLooks([], Look.Octal(600)),
                Source = "evolution-data-server src/camel/camel-lock.c: camel_lock_dot, camel_lock_folder; camel-lock.h: CAMEL_LOCK_DOT_STALE",
            },
        ],
    };
}
