using System.Globalization;
using System.Text;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>maildrop.</summary>
    public static MailSystem Maildrop { get; } = new()
    {
        Name = "maildrop",
        Title = "maildrop",
        About = "maildrop's own lock holds PID and a line feed. It steals any lock that does not change while it waits for 60 s, and refreshes its own every 15 s.",
        LookedAt = ["pid and start time; kernel locks on the mailbox, which maildrop takes after the dot lock"],
        LeftAlone = ["a pid on a shared file system: no host is named"],
        Notes = ["liblockfile writes the same text: both systems are named, and the more cautious reading counts."],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, PID and line feed",
                What = "dot lock",
                OwnRule = "any lock that did not change (inode, ctime, atime) during 60 s of its own waiting, even from a living owner",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.PidLine,
                UsualModes = [Look.Octal(644)],
                ReadHolder = LockText.PidLine,
                StaleAfter = TimeSpan.FromSeconds(60),
                Clock = FileClock.Changed,
                Heartbeat = TimeSpan.FromSeconds(15),
                AlsoLocksMailbox = true,
                Write = static (pid, _) => new LockLooks(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid}\n")), Look.Octal(644)),
                Source = "maildrop maildrop/dotlock.C: DotLock::attemptlock, DotLock::refresh",
            },
            new StagingFile
            {
                Form = "PID.N.HOST, PID.TIME.N.HOST",
                What = "hitching post",
                // Debian's 2.9 leaves the time out. Without it the name fits too much, such as 2026.11.report: the text must be the same pid.
                Name = MaildropNames.Temp,
                Screen = Screens.TwoNumbers,
                Looks = static file => MaildropNames.Temp.Match(file.Path.NameLatin1) is { Success: true } m
                    && (LockText.PidLine(file.Content)?.Pid == LockText.Pid(m.Groups[1].Value) || (m.Groups[2].Success && file.Size == 0)),
                ReadName = static (m, _) => NameText.Claim(
                    LockText.Pid(m.Groups[1].Value), m.Groups[3].Value, m.Groups[2].Success ? NameText.Time(m.Groups[2].Value) : null),
                Source = "maildrop maildrop/funcs.C: TempName",
            },
        ],
    };

    private static class MaildropNames
    {
        public static System.Text.RegularExpressions.Regex Temp { get; } = Pattern.Whole($"({Pattern.Pid})\\.(?:({Pattern.Seconds})\\.)?[0-9]{{1,9}}\\.(.+)");
    }
}
