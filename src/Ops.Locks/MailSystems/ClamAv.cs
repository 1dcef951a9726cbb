namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>ClamAV.</summary>
    public static MailSystem ClamAv { get; } = new()
    {
        Name = "clamav",
        Title = "ClamAV",
        About = "The daemons of ClamAV write their pid into the file of the option PidFile. They neither lock the file nor read an older one.",
        LookedAt = ["the pid in the file, its start time, and whether the process of that number is the daemon"],
        LeftAlone = ["a living process of that number that is another program: it may be the daemon under another name", "a file whose daemon runs under another pid and is older than the file", "a negative number, which old versions of clamav-milter wrote: it names a process group"],
        Conventions =
        [
            new PidFile
            {
                Form = "clamd.pid",
                What = "pid file of the scanner",
                OwnRule = "overwritten at start",
                Name = Pattern.Whole(@"clamd\.pid"),
                Screen = Screens.PidSuffix,
                Programs = ["clamd"],
                ReadHolder = LockText.Fhs,
                Source = "clamav clamd/server-th.c: recvloop (PidFile)",
            },
            new PidFile
            {
                Form = "freshclam.pid",
                What = "pid file of the updater",
                OwnRule = "overwritten at start",
                Name = Pattern.Whole(@"freshclam\.pid"),
                Screen = Screens.PidSuffix,
                Programs = ["freshclam"],
                ReadHolder = LockText.Fhs,
                Source = "clamav freshclam/freshclam.c: main (PidFile)",
            },
            new PidFile
            {
                Form = "clamav-milter.pid",
                What = "pid file of the milter",
                OwnRule = "overwritten at start",
                Name = Pattern.Whole(@"clamav-milter\.pid"),
                Screen = Screens.PidSuffix,
                Programs = ["clamav-milter"],
                ReadHolder = LockText.Fhs,
                Source = "clamav clamav-milter/clamav-milter.c: main (PidFile)",
            },
        ],
    };
}
