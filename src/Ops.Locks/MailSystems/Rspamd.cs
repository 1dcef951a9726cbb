namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Rspamd.</summary>
    public static MailSystem Rspamd { get; } = new()
    {
        Name = "rspamd",
        Title = "Rspamd",
        About = "Rspamd writes the pid of its main process into a file and keeps a lock of the kernel on the file while it runs.",
        LookedAt = ["a kernel lock on the file: while a process has it, rspamd runs, whatever the text says", "the pid in the file, its start time, and whether the process of that number is the daemon"],
        LeftAlone = ["a living process of that number that is another program: it may be the daemon under another name", "a file whose daemon runs under another pid and is older than the file"],
        Conventions =
        [
            new PidFile
            {
                Form = "rspamd.pid",
                What = "pid file with a kernel lock on it",
                OwnRule = "overwritten at start when it is not locked",
                Name = Pattern.Whole(@"rspamd\.pid"),
                Screen = Screens.PidSuffix,
                Programs = ["rspamd"],
                OwnerLocksIt = true,
                ReadHolder = LockText.Fhs,
                Source = "rspamd src/libutil/util.c: rspamd_pidfile_open, rspamd_pidfile_write; src/rspamd.c: rspamd_write_pid",
            },
        ],
    };
}
