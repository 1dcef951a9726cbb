namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>syncmaildir.</summary>
    public static MailSystem SyncMaildir { get; } = new()
    {
        Name = "syncmaildir",
        Title = "syncmaildir (smd-pull, smd-push)",
        About = "smd-pull and smd-push write the pid of their shell to ~/.smd/lock, without an ending, and remove it when they end.",
        LookedAt = ["the pid in the text, and its start time"],
        LeftAlone = ["to break the lock: the next run ignores that of a dead one, and programs that a killed run started may still be at work"],
        Conventions =
        [
            new DotLock
            {
                Form = ".smd/lock, PID and a line feed",
                What = "lock of a user's synchronisation",
                OwnRule = "at the next run, when the pid is gone",
                Name = Pattern.Whole("lock"),
                Screen = Screens.Exactly("lock"),
                Place = SyncMaildirPlaces.Configuration,
                AsKind = ArtefactKind.LockFile,
                Looks = Look.PidLine,
                UsualModes = [Look.Octal(644)],
                ReadHolder = LockText.PidLine,
                ChecksOwner = true,
                WhyNever = "The next run ignores the lock of a dead one and overwrites it. Look first whether smd-client, smd-server or ssh of the killed run is still at work.",
                Source = "syncmaildir smd-common: LOCKFILE, cleanup",
            },
        ],
    };

    private static class SyncMaildirPlaces
    {
        public static Place Configuration { get; } = new(Directory: Pattern.Whole(@"\.smd"));
    }
}
