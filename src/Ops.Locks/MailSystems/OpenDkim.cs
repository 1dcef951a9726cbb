namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>OpenDKIM.</summary>
    public static MailSystem OpenDkim { get; } = new()
    {
        Name = "opendkim",
        Title = "OpenDKIM",
        About = "OpenDKIM writes its pid into a file and unlinks the file when it ends by itself. With AutoRestart it is the pid of the process that restarts the filter.",
        LookedAt = ["the pid in the file, its start time, and whether the process of that number is the daemon"],
        LeftAlone = ["a living process of that number that is another program: it may be the daemon under another name", "a file whose daemon runs under another pid and is older than the file"],
        Conventions =
        [
            new PidFile
            {
                Form = "opendkim.pid",
                What = "pid file",
                OwnRule = "overwritten at start",
                Name = Pattern.Whole(@"opendkim\.pid"),
                Screen = Screens.PidSuffix,
                Programs = ["opendkim"],
                ReadHolder = LockText.Fhs,
                Source = "opendkim opendkim/opendkim.c: main (PidFile)",
            },
        ],
    };
}
