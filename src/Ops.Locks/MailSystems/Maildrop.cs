using System.Globalization;
using System.Text;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>maildrop's own lock: <c>PID\n</c>. It steals any lock that does not change while it waits for 60 s, and refreshes its own every 15 s.</summary>
    public static MailSystem Maildrop { get; } = new()
    {
        Name = "maildrop",
        Title = "maildrop",
        Conventions =
        [
            new DotLock
            {
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
                Name = Pattern.Whole($"({Pattern.Pid})\\.({Pattern.Seconds})\\.[0-9]+\\.(.+)"),
                Screen = Screens.TwoNumbers,
                Looks = static file => file.Size == 0 || Look.PidLine(file),
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[1].Value), m.Groups[3].Value, NameText.Time(m.Groups[2].Value)),
                Source = "maildrop maildrop/funcs.C: TempName",
            },
        ],
    };
}
