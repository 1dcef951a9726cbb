namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Mailman 3.</summary>
    public static MailSystem Mailman3 { get; } = new()
    {
        Name = "mailman3",
        Title = "Mailman 3",
        About = "The master of Mailman 3 writes its pid into master.pid; that only one runs is guarded by the lock master.lck of flufl.lock.",
        LookedAt = ["the pid in the file, its start time, and whether the process of that number is the daemon", "for master.lck and its claims: see flufl.lock"],
        LeftAlone = ["a living process of that number that is another program: it may be the daemon under another name", "a file whose daemon runs under another pid and is older than the file"],
        Conventions =
        [
            new PidFile
            {
                Form = "mailman3/master.pid, mailman/var/master.pid",
                What = "pid file of the master",
                OwnRule = "overwritten at start, under the lock master.lck",
                Name = Pattern.Whole(@"master\.pid"),
                Place = MailmanPlaces.Run,
                Screen = Screens.PidSuffix,
                Programs = ["master", "mailman", "mailman3"],
                ReadHolder = LockText.Fhs,
                Source = "mailman src/mailman/bin/master.py: main; src/mailman/config/schema.cfg: pid_file",
            },
        ],
    };

    private static class MailmanPlaces
    {
        /// <summary>Where Debian, Fedora and the manual put it: <c>/run/mailman3</c>, <c>/run/mailman</c>, or <c>var</c> below Mailman's own directory.</summary>
        public static Place Run { get; } = new(Path: Pattern.Whole(".*/mailman3?(?:/var|/data)?"));
    }
}
