namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Thunderbird and other programs of Mozilla.</summary>
    public static MailSystem Mozilla { get; } = new()
    {
        Name = "mozilla",
        Title = "Thunderbird, SeaMonkey",
        About = "Thunderbird has an fcntl lock on .parentlock in its profile, a file that stays permanently, and a symbolic link lock whose text is the host's address and its pid: "
            + "ADDRESS:+PID, without the plus where fcntl locks could not be had.",
        LookedAt = ["the fcntl lock on .parentlock", "pid and start time of the process that the link names"],
        LeftAlone = ["to break a link: Thunderbird replaces that of a dead process itself at its next start", ".parentlock, held or free"],
        Notes = ["The address is what the host's name resolved to, and says nothing on a local file system. A link with another address on a shared one belongs to another host."],
        Conventions =
        [
            new LinkLock
            {
                Form = "lock, link to ADDRESS:+PID",
                What = "lock on a profile",
                OwnRule = "at the next start: at once if it can lock .parentlock, else if the pid on this address is gone",
                Name = Pattern.Whole("lock"),
                Screen = Screens.Exactly("lock"),
                ReadLink = MozillaNames.Owner,
                WhyNever = "Thunderbird replaces the link of a dead process itself at its next start.",
                Source = "mozilla toolkit/profile/nsProfileLock.cpp: nsProfileLock::LockWithSymlink, IsSymlinkStaleLock",
            },
            new NotALock
            {
                Form = ".parentlock, empty",
                What = "handle for the fcntl lock on a profile",
                Name = Pattern.Whole(@"\.parentlock"),
                Screen = Screens.Exactly(".parentlock"),
                Looks = Look.EmptyOfAnyMode,
                Why = "Only an fcntl lock on it means anything; Thunderbird keeps it permanently, as its mtime is when the profile was last used.",
                Source = "mozilla toolkit/profile/nsProfileLock.cpp: nsProfileLock::LockWithFcntl, ~nsProfileLock",
            },
        ],
    };

    private static class MozillaNames
    {
        private static readonly System.Text.RegularExpressions.Regex Link = Pattern.Whole($"([0-9]{{1,3}}(?:\\.[0-9]{{1,3}}){{3}}):\\+?({Pattern.Pid})");

        /// <summary>The address is what a resolver made of the host's name: configuration, not the machine.</summary>
        public static IReadOnlyList<OwnerClaim> Owner(string text) =>
            Link.Match(text) is { Success: true } m ? NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[1].Value, configured: true) : [];
    }
}
