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
        LeftAlone = ["to break .fdm.lock, or fdm.lock of root: nothing on disk names its owner, and it guards no mailbox that could be watched"],
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
            UserLock(".fdm.lock, empty", "lock of one user's fdm", @"\.fdm\.lock", Place.Anywhere),
            // Elsewhere fdm.lock is like any mailbox's.
            UserLock("db/fdm.lock, run/fdm.lock, lock/fdm.lock, empty", "lock of root's fdm", @"fdm\.lock", new Place(Directory: Pattern.Whole("db|run|lock"))),
        ],
    };

    private static DotLock UserLock(string form, string what, string name, Place place) => new()
    {
        Form = form,
        What = what,
        Name = Pattern.Whole(name),
        Screen = Screens.LockSuffix,
        Place = place,
        AsKind = ArtefactKind.LockFile,
        Looks = Look.EmptyOfAnyMode,
        LeavesNoTrace = true,                                     // a living fdm keeps no descriptor on it
        WhyNever = "Nothing on disk names its owner and it guards no mailbox that could be watched: see whether an fdm of this user runs.",
        Source = "fdm fdm.c: main; file.c: openlock",
    };
}
