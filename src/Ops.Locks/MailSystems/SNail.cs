namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>s-nail.</summary>
    public static MailSystem SNail { get; } = new()
    {
        Name = "s-nail",
        Title = "s-nail",
        About = "s-nail takes a kernel lock, then an empty X.lock made by a setuid helper that removes it when s-nail is done. It steals nothing.",
        LookedAt = ["kernel locks on the mailbox, which s-nail keeps while it has the dot lock"],
        LeftAlone = ["a hitching post that is not an hour old: its name has no pid"],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, empty",
                What = "dot lock, taken after a kernel lock on the mailbox",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Empty,
                UsualModes = [Look.Octal(644), Look.Octal(600)],                // its own, or the mailbox's where the helper sets it
                AlsoLocksMailbox = true,
                Write = static (_, _) => new LockLooks([], Look.Octal(644)),
                Source = "s-nail src/mx/file-dotlock.h: a_file_dotlock_create; src/mx/file-locks.c",
            },
            new StagingFile
            {
                Form = "X.lock, 16 random characters and the host, nothing between them",
                What = "hitching post; names no pid",
                // Sixteen random characters and the host behind .lock, and nothing between them.
                Name = Pattern.Whole(@"(.+\.lock)[A-Za-z0-9_=-]{16}[A-Za-z0-9].*"),
                Screen = Screens.LockInside,
                Looks = static file => file.Size == 0,
                LockName = static m => m.Groups[1].Value,
                OrphanByAge = TimeSpan.FromHours(1),
                Source = "s-nail src/mx/file-dotlock.h: a_file_dotlock_create",
            },
        ],
    };
}
