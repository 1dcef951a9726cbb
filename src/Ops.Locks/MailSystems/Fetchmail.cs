namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>fetchmail: a pid file, with the interval on a second line when it runs in the background.</summary>
    public static MailSystem Fetchmail { get; } = new()
    {
        Name = "fetchmail",
        Title = "fetchmail",
        Conventions =
        [
            new PidFile
            {
                Name = Pattern.Whole(@"\.?fetchmail\.pid"),
                Screen = Screens.PidSuffix,
                ReadHolder = LockText.Fhs,
                Source = "fetchmail lock.c: fm_lock_setup, fm_lock_state",
            },
        ],
    };
}
