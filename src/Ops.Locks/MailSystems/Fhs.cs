namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Pid files and device locks as the Filesystem Hierarchy Standard describes them; whatever program made them.</summary>
    public static MailSystem Fhs { get; } = new()
    {
        Name = "fhs",
        Title = "FHS pid and device lock files",
        Conventions =
        [
            new PidFile
            {
                Name = Pattern.Whole(@".+\.pid"),
                Screen = Screens.PidSuffix,
                IsGeneral = true,
                ReadHolder = LockText.Fhs,
                Source = "FHS 3.0 section 3.15.2",
            },
            new PidFile
            {
                // HDB form: the pid right-aligned in ten columns and a line break. Old programs wrote it bare.
                Name = Pattern.Whole(@"LCK\.\.[A-Za-z0-9_.:-]+"),
                Screen = Screens.StartsWith("LCK.."),
                ReadHolder = LockText.Fhs,
                Source = "FHS 3.0 section 5.9",
            },
            new NotALock
            {
                Name = Pattern.Whole(".+"),
                Place = new Place(Directory: Pattern.Whole("subsys"), Parent: Pattern.Whole("lock")),
                Why = "An init script's note that a service was started. It locks nothing.",
                Source = "Red Hat initscripts: /var/lock/subsys",
            },
        ],
    };
}
