namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>fetchmail.</summary>
    public static MailSystem Fetchmail { get; } = new()
    {
        Name = "fetchmail",
        Title = "fetchmail",
        About = "fetchmail keeps a pid file, with the interval on a second line when it runs in the background.",
        LookedAt = ["pid and start time"],
        LeftAlone = ["text that is no pid"],
        Conventions =
        [
            new PidFile
            {
                Form = "fetchmail.pid, .fetchmail.pid",
                What = "pid file; the interval on a second line when it runs in the background",
                Name = Pattern.Whole(@"\.?fetchmail\.pid"),
                Programs = ["fetchmail"],
                Screen = Screens.PidSuffix,
                ReadHolder = LockText.Fhs,
                Source = "fetchmail lock.c: fm_lock_setup, fm_lock_state",
            },
        ],
    };
}
