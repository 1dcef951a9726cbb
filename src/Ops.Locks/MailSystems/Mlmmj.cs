namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>mlmmj.</summary>
    public static MailSystem Mlmmj { get; } = new()
    {
        Name = "mlmmj",
        Title = "mlmmj",
        About = "mlmmj makes no lock files: it has fcntl locks on the lists of subscribers themselves, and writes the next list as X.new next to them.",
        LookedAt = ["kernel locks on the lists of subscribers"],
        LeftAlone = ["X.new: between two steps of mlmmj-unsub it is the only copy of the list"],
        Conventions =
        [
            new NotALock
            {
                Form = "subscribers.d/X.new, digesters.d/X.new, nomailsubs.d/X.new",
                What = "next list of subscribers",
                Name = Pattern.Whole(@".+\.new"),
                Screen = Screens.EndsWith(".new"),
                Place = MlmmjPlaces.Subscribers,
                AsKind = ArtefactKind.TempFile,
                Why = "While X is missing it is the only copy of the list: mlmmj-unsub removes X before it renames X.new. With X there it is a leftover that keeps addresses in X from being removed; compare the two by hand.",
                Source = "mlmmj src/mlmmj-unsub.c: main; src/mylocking.c: myexcllock",
            },
        ],
    };

    private static class MlmmjPlaces
    {
        public static Place Subscribers { get; } = new(Directory: Pattern.Whole(@"(?:subscribers|digesters|nomailsubs)\.d"));
    }
}
