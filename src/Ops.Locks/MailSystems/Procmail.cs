namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>
    /// procmail and lockfile(1): the single byte <c>0</c>, which names nobody. The one who called lockfile(1) owns its lock, and lockfile(1) itself is
    /// gone at once.
    /// </summary>
    public static MailSystem Procmail { get; } = new()
    {
        Name = "procmail",
        Title = "procmail, lockfile(1)",
        Conventions =
        [
            new DotLock
            {
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Exactly([(byte)'0']),
                UsualModes = [Look.Octal(444), Look.Octal(440), Look.Octal(400)],
                StaleAfter = TimeSpan.FromSeconds(1024),                  // LOCKTIMEOUT; lockfile(1) only with -l
                Clock = FileClock.Modified,
                AlsoLocksMailbox = true,                                  // procmail does, scripts around lockfile(1) do not
                Write = static (_, _) => new LockLooks([(byte)'0'], Look.Octal(444)),
                Source = "procmail src/locking.c: lockit; src/exopen.c: xcreat, myrename; src/lockfile.c: main",
            },
            new StagingFile
            {
                Name = ProcmailNames.Unique,
                Screen = Screens.StartsWith("_"),
                Looks = static file => file.Size <= 1,
                ReadName = static (m, _) => NameText.Claim(
                    NameText.ProcmailPid(m.Groups[1].Value), m.Groups[2].Value is { Length: > 0 } host ? host : null,
                    NameText.ProcmailTime(m.Groups["time"].Value), truncated: m.Length == ProcmailNames.Longest),
                Source = "procmail src/exopen.c: unique, xcreat (29 characters at most)",
            },
            new StagingFile
            {
                // The same name, never cut, in an MH or plain directory folder: it is the message itself.
                Name = ProcmailNames.Unique,
                Screen = Screens.StartsWith("_"),
                Looks = static file => file.Size > 1,
                AsKind = ArtefactKind.TempFile,
                MayHoldMail = true,
                MinimumAge = TimeSpan.FromHours(36),
                ReadName = static (m, _) => NameText.Claim(
                    NameText.ProcmailPid(m.Groups[1].Value), m.Groups[2].Value is { Length: > 0 } host ? host : null,
                    NameText.ProcmailTime(m.Groups["time"].Value)),
                Source = "procmail src/exopen.c: unique; src/mailfold.c: writefolder",
            },
            new NotALock
            {
                Name = Pattern.Whole(@"BOGUS\..+\.[A-Za-z0-9_-]+"),
                Screen = Screens.StartsWith("BOGUS."),
                AsKind = ArtefactKind.Mailbox,
                Why = "procmail put a mailbox aside here that it did not trust. It may hold somebody's mail.",
                Source = "procmail src/foldinfo.c: screenmailbox",
            },
        ],
    };

    private static class ProcmailNames
    {
        /// <summary>UNIQnamelen less the final NUL.</summary>
        public const int Longest = 29;

        // Pid and time in base 64, least significant figure first; the time has had six figures since 2004. The serial is one of . , + %
        public static System.Text.RegularExpressions.Regex Unique { get; } =
            Pattern.Whole("_([A-Za-z0-9_-]{1,4})[.,+%](?<time>[A-Za-z0-9_-]{6})\\.(.*)");
    }
}
