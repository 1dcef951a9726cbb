namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Emacs (Gnus, Rmail, VM).</summary>
    public static MailSystem Emacs { get; } = new()
    {
        Name = "emacs",
        Title = "Emacs (Gnus, Rmail, VM)",
        About = "Emacs marks a file that it has changed and not saved by a symbolic link .#NAME whose text is USER@HOST.PID:BOOT; where links cannot be made, by a file with that text.",
        LookedAt = ["host, pid and start time of the process that the text names", "whether the boot time in it is that of this boot"],
        LeftAlone = ["to break one: Emacs ignores and replaces that of a dead process itself", "one of another host"],
        Notes = ["The link leads nowhere by design. Programs that follow links in a mail folder fail on it; the file itself may have unsaved changes in the Emacs that the text names."],
        Conventions =
        [
            new LinkLock
            {
                Form = ".#NAME, link to USER@HOST.PID:BOOT, or a file with that text",
                What = "mark on a file with unsaved changes",
                OwnRule = "at the next edit, when the pid is gone or the boot is another",
                Name = EmacsNames.Lock,
                Screen = EmacsNames.Screen,
                ReadLink = EmacsNames.Owners,
                MayBeFile = true,
                ReadBoot = EmacsNames.Boot,
                WhyNever = "Emacs ignores and replaces the link of a dead process itself, and it stops no delivery.",
                Source = "emacs src/filelock.c: lock_file_1, create_lock_file, read_lock_data, current_lock_owner",
            },
        ],
    };

    private static class EmacsNames
    {
        public static System.Text.RegularExpressions.Regex Lock { get; } = Pattern.Whole(@"\.#.+");

        public static NameScreen Screen { get; } = Screens.StartsWith(".#");

        private static readonly System.Text.RegularExpressions.Regex Text = Pattern.Whole($".*@([A-Za-z0-9_.-]+)\\.({Pattern.Pid})(?::([0-9]{{1,12}}))?");

        public static IReadOnlyList<OwnerClaim> Owners(string text) =>
            Text.Match(text) is { Success: true } m ? NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[1].Value) : [];

        public static DateTimeOffset? Boot(string text) => Text.Match(text) is { Success: true } m && m.Groups[3].Success ? NameText.Time(m.Groups[3].Value) : null;
    }
}
