namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>fdm.</summary>
    public static MailSystem Fdm { get; } = new()
    {
        Name = "fdm",
        Title = "fdm",
        About = "fdm has an empty lock file in the home directory that it never takes for stale, and an empty X.lock where its lock-types say so.",
        LookedAt = ["who has the lock file or the mailbox open or locked"],
        LeftAlone = ["to break .fdm.lock: nothing on disk names its owner, and it guards no mailbox that could be watched"],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, empty",
                What = "dot lock, where lock-types says so",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Empty,
                UsualModes = [Look.Octal(600)],
                AlsoLocksMailbox = true,
                Write = static (_, _) => new LockLooks([], Look.Octal(600)),
                Source = "fdm file.c: openlock, createlock",
            },
            new DotLock
            {
                Form = ".fdm.lock, empty",
                What = "lock of one user's fdm",
                Name = Pattern.Whole(@"\.fdm\.lock"),
                Screen = Screens.LockSuffix,
                AsKind = ArtefactKind.LockFile,
                Looks = Look.EmptyOfAnyMode,
                LeavesNoTrace = true,                                     // a living fdm keeps no descriptor on it
                WhyNever = "Nothing on disk names its owner and it guards no mailbox that could be watched: see whether an fdm of this user runs.",
                Source = "fdm fdm.c: main; file.c: openlock",
            },
        ],
    };
}
