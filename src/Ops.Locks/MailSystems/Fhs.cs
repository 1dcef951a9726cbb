namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>FHS pid and device lock files.</summary>
    public static MailSystem Fhs { get; } = new()
    {
        Name = "fhs",
        Title = "FHS pid and device lock files",
        About = "Pid files and device locks as the Filesystem Hierarchy Standard describes them, whatever program made them.",
        LookedAt =
        [
            "a kernel lock on the file, which is the truth where there is one; the pid and its start time; whether the process of that number is the program "
                + "that the file is named after; who has it open",
        ],
        LeftAlone =
        [
            "a living process of that number that is another program: it may be the daemon under another name",
            "text that is no pid, such as the four bytes of a number that old programs wrote",
            "anything with more than one name",
        ],
        Conventions =
        [
            new PidFile
            {
                Form = "NAME.pid",
                What = "pid and line feed; white space, leading zeros and further lines are tolerated",
                Name = Pattern.Whole(@"(.+)\.pid"),
                IsNamedAfterProgram = true,
                Screen = Screens.PidSuffix,
                IsGeneral = true,
                ReadHolder = LockText.Fhs,
                Source = "FHS 3.0 section 3.15.2",
            },
            new PidFile
            {
                Form = "LCK..DEVICE",
                What = "device lock: pid right-aligned in ten columns; some programs add their name and user",
                // HDB form: the pid right-aligned in ten columns and a line break. Old programs wrote it bare.
                Name = Pattern.Whole(@"LCK\.\.[A-Za-z0-9_.:-]+"),
                Screen = Screens.StartsWith("LCK.."),
                ReadHolder = LockText.Device,
                Source = "FHS 3.0 section 5.9; minicom writes its name and the user behind the pid",
            },
            new NotALock
            {
                Form = "lock/subsys/NAME",
                What = "an init script's flag",
                Name = Pattern.Whole(".+"),
                Place = new Place(Directory: Pattern.Whole("subsys"), Parent: Pattern.Whole("lock")),
                Why = "An init script's note that a service was started. It locks nothing.",
                Source = "Red Hat initscripts: /var/lock/subsys",
            },
        ],
    };
}
