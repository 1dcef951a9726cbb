namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>nmh.</summary>
    public static MailSystem Nmh { get; } = new()
    {
        Name = "nmh",
        Title = "nmh",
        About = "nmh built without liblockfile makes an empty X.lock that it creates again every 20 s while it holds it. Debian's uses liblockfile.",
        LookedAt = ["whether the lock changes: a living nmh touches it every 20 s"],
        LeftAlone = [",N in a folder: a message that its user can still get back"],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, empty",
                What = "dot lock",
                OwnRule = "after 3 min by ctime; made again every 20 s by a living holder",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Empty,
                UsualModes = [Look.Octal(600)],
                StaleAfter = TimeSpan.FromMinutes(3),
                Clock = FileClock.Changed,
                Heartbeat = TimeSpan.FromSeconds(20),
                Write = static (_, _) => new LockLooks([], Look.Octal(600)),
                Source = "nmh sbr/lock_file.c: lkopen_dot, lockit, alrmser",
            },
            new DotLock
            {
                Form = ".mh_sequences.lock, empty",
                What = "lock on the sequences of a folder",
                OwnRule = "after 3 min by ctime; made again every 20 s by a living holder",
                Name = Pattern.Whole(@"\.mh_sequences\.lock"),
                Screen = Screens.LockSuffix,
                AsKind = ArtefactKind.LockFile,
                Looks = Look.Empty,
                UsualModes = [Look.Octal(600)],
                StaleAfter = TimeSpan.FromMinutes(3),
                Clock = FileClock.Changed,
                Heartbeat = TimeSpan.FromSeconds(20),
                Write = static (_, _) => new LockLooks([], Look.Octal(600)),
                Source = "nmh sbr/lock_file.c: lkopendata (datalocking: dot), lkopen_dot; sbr/seq_save.c: seq_save",
            },
            new StagingFile
            {
                Form = ",LCK.XXXXXX",
                What = "hitching post",
                Name = Pattern.Whole(",LCK\\.[A-Za-z0-9]{6}"),
                Screen = Screens.StartsWith(",LCK."),
                Looks = static file => file.Size == 0,
                OrphanByAge = TimeSpan.FromHours(1),
                Source = "nmh sbr/lock_file.c: lkopen_dot (mkstemp)",
            },
            new NotALock
            {
                Form = ",N",
                What = "message that its user deleted",
                Name = Pattern.Whole(",[0-9]+"),
                Screen = Screens.StartsWith(","),
                AsKind = ArtefactKind.Message,
                IsOrdinary = true,
                Why = "It is a message that the user deleted and can still get back.",
                Source = "nmh uip/rmm.c; sbr/folder_delmsgs.c",
            },
        ],
    };
}
