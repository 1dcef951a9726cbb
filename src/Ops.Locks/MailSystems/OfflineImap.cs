namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>OfflineIMAP.</summary>
    public static MailSystem OfflineImap { get; } = new()
    {
        Name = "offlineimap",
        Title = "OfflineIMAP",
        About = "OfflineIMAP has a kernel lock on ACCOUNT.lock in its metadata directory, by default ~/.offlineimap, while it synchronises an account. It removes the file at the end; "
            + "a crash leaves it, without a lock.",
        LookedAt = ["the kernel lock on ACCOUNT.lock"],
        LeftAlone = ["ACCOUNT.lock: the next run locks an old one as it is"],
        Conventions =
        [
            new NotALock
            {
                Form = ".offlineimap/ACCOUNT.lock, empty",
                What = "handle for the kernel lock on an account",
                Name = Pattern.Whole(@".+\.lock"),
                Screen = Screens.LockSuffix,
                Place = OfflineImapPlaces.Metadata,
                Looks = Look.EmptyOfAnyMode,
                Why = "Only a kernel lock on it means anything; a leftover stops nothing, since the next OfflineIMAP locks it as it is.",
                Source = "offlineimap3 offlineimap/accounts.py: SyncableAccount.__init__, __lock, _unlock",
            },
        ],
    };

    private static class OfflineImapPlaces
    {
        public static Place Metadata { get; } = new(Directory: Pattern.Whole(@"\.?offlineimap"));
    }
}
