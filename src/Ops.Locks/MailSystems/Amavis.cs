namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Amavis.</summary>
    public static MailSystem Amavis { get; } = new()
    {
        Name = "amavis",
        Title = "Amavis",
        About = "Amavis writes the pid of its master process into a file. At its start it refuses to run while a process of that number exists, whatever program that is.",
        LookedAt = ["the pid in the file, its start time, and whether the process of that number is the daemon"],
        LeftAlone = ["a living process of that number that is another program: it may be the daemon under another name", "a file whose daemon runs under another pid and is older than the file"],
        Conventions =
        [
            new PidFile
            {
                Form = "amavisd.pid",
                What = "pid file of the master process",
                OwnRule = "overwritten at start when no process has its number",
                Name = Pattern.Whole(@"amavisd(?:-new)?\.pid"),
                Screen = Screens.PidSuffix,
                Programs = ["amavisd", "amavis", "amavisd-new"],
                ReadHolder = LockText.Fhs,
                Source = "amavis amavisd: $pid_file; Net::Server lib/Net/Server/Daemonize.pm: check_pid_file, create_pid_file",
            },
            new PidFile
            {
                Form = "amavisd-milter.pid",
                What = "pid file of the milter",
                OwnRule = "by program",
                Name = Pattern.Whole(@"amavisd-milter\.pid"),
                Screen = Screens.PidSuffix,
                Programs = ["amavisd-milter"],
                ReadHolder = LockText.Fhs,
                Source = "amavisd-milter amavisd-milter.8: option -p",
            },
        ],
    };
}
