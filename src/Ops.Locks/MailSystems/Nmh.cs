namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>nmh built without liblockfile: an empty <c>.lock</c> that it creates again every 20 s while it holds it.</summary>
    public static MailSystem Nmh { get; } = new()
    {
        Name = "nmh",
        Title = "nmh",
        Conventions =
        [
            new DotLock
            {
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
            new StagingFile
            {
                Name = Pattern.Whole(",LCK\\.[A-Za-z0-9]{6}"),
                Screen = Screens.StartsWith(",LCK."),
                Looks = static file => file.Size == 0,
                OrphanByAge = TimeSpan.FromHours(1),
                Source = "nmh sbr/lock_file.c: lkopen_dot (mkstemp)",
            },
            new NotALock
            {
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
