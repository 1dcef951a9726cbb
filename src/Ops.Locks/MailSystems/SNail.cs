namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>s-nail: a kernel lock, then an empty <c>.lock</c> made by a setuid helper that removes it when s-nail is done. It steals nothing.</summary>
    public static MailSystem SNail { get; } = new()
    {
        Name = "s-nail",
        Title = "s-nail",
        Conventions =
        [
            new DotLock
            {
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Empty,
                UsualModes = [Look.Octal(644)],
                AlsoLocksMailbox = true,
                Write = static (_, _) => new LockLooks([], Look.Octal(644)),
                Source = "s-nail src/mx/file-dotlock.h: a_file_dotlock_create; src/mx/file-locks.c",
            },
            new StagingFile
            {
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
