namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Postgrey.</summary>
    public static MailSystem Postgrey { get; } = new()
    {
        Name = "postgrey",
        Title = "Postgrey",
        About = "Postgrey writes its pid into the file of its option --pidfile. At its start it refuses to run while a process of that number exists, whatever program that is.",
        LookedAt = ["the pid in the file, its start time, and whether the process of that number is the daemon"],
        LeftAlone = ["a living process of that number that is another program: it may be the daemon under another name", "a file whose daemon runs under another pid and is older than the file"],
        Conventions =
        [
            new PidFile
            {
                Form = "postgrey.pid",
                What = "pid file",
                OwnRule = "overwritten at start when no process has its number",
                Name = Pattern.Whole(@"postgrey\.pid"),
                Screen = Screens.PidSuffix,
                Programs = ["postgrey"],
                ReadHolder = LockText.Fhs,
                Source = "postgrey postgrey: main (pid_file of Net::Server); Net::Server lib/Net/Server/Daemonize.pm: check_pid_file, create_pid_file",
            },
        ],
    };
}
