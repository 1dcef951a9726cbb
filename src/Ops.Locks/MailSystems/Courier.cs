using System.Globalization;
using System.Text;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Courier's liblock (imapd, pop3d, lockmail): <c>PID:HOST</c>; a dead owner's lock goes at once, a living one's never.</summary>
    public static MailSystem Courier { get; } = new()
    {
        Name = "courier",
        Title = "Courier",
        Conventions =
        [
            new DotLock
            {
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.PidAtHost,
                UsualModes = [Look.Octal(644)],
                ReadHolder = LockText.PidAtHost,
                ChecksOwner = true,
                StaleAfter = TimeSpan.FromMinutes(5),
                Clock = FileClock.Modified,
                AlsoLocksMailbox = true,
                Write = CourierNames.Written,
                Source = "courier liblock/mail.c: try_dotlock, dotlock_exists, ll_mail_lock",
            },
            new DotLock
            {
                Name = Pattern.Whole(@"courier\.lock"),
                Screen = Screens.LockSuffix,
                Place = Places.MaildirTmp,
                AsKind = ArtefactKind.LockFile,
                Looks = static file => Look.PidAtHost(file) || Look.EmptyOfAnyMode(file),
                UsualModes = [Look.Octal(644)],
                ReadHolder = LockText.PidAtHost,
                ChecksOwner = true,
                StaleAfter = TimeSpan.FromMinutes(2),
                Clock = FileClock.Modified,
                Write = CourierNames.Written,
                Source = "courier maildir/maildirlock.c: maildir_lock; liblock/mail.c: ll_dotlock",
            },
            new StagingFile
            {
                Name = Pattern.Whole($"(.+\\.lock)\\.({Pattern.Seconds})\\.({Pattern.Pid})\\.(.+)"),
                Screen = Screens.LockInside,
                Looks = static file => file.Size == 0 || Look.PidAtHost(file),
                LockName = static m => m.Groups[1].Value,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[3].Value), m.Groups[4].Value, NameText.Time(m.Groups[2].Value)),
                Source = "courier liblock/mail.c: try_dotlock",
            },
            new MbxLock
            {
                Name = Pattern.Whole(@"\.([0-9a-f]{1,16})\.([0-9a-f]{1,16})"),
                Screen = Screens.StartsWith("."),
                Place = Places.Temporary,
                Source = "courier liblock/mail.c: ll_mail_lock",
            },
            new NotALock
            {
                Name = Pattern.Whole(@"(?:courierd|pop3d|imapd|esmtpd|courierfilter)(?:-ssl)?\.(?:pid\.)?lock"),
                Screen = Screens.LockSuffix,
                Looks = Look.EmptyOfAnyMode,
                Why = "A Courier daemon keeps it for ever and holds a kernel lock on it while it runs.",
                Source = "courier liblock/lockdaemon.c: ll_daemon_start; courier/courierd.C",
            },
        ],
    };

    private static class CourierNames
    {
        public static LockLooks Written(int pid, string host) =>
            new(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid}:{host}")), Look.Octal(644));
    }
}
