using System.Globalization;
using System.Text;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Courier.</summary>
    public static MailSystem Courier { get; } = new()
    {
        Name = "courier",
        Title = "Courier",
        About = "Courier's liblock (imapd, pop3d, lockmail) writes PID:HOST; a dead owner's lock goes at once, a living one's never.",
        LookedAt = ["pid, host and start time; a reused pid blocks Courier permanently and is recognised here"],
        LeftAlone =
        [
            "another host",
            "a /tmp/.DEV.INODE that is empty, or has another text than PID:HOST: c-client or Exim may lock it",
            "anything in the queue of the Courier MTA: it clears it itself, in an order that matters",
        ],
        Notes = ["maildrop's own delivery uses another format; see maildrop."],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, PID:HOST",
                What = "dot lock",
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
                Form = "tmp/courier.lock, PID:HOST",
                What = "lock of a maildir",
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
                Form = "X.lock.TIME.PID.HOST",
                What = "hitching post: linked to X.lock",
                Name = Pattern.Whole($"(.+\\.lock)\\.({Pattern.Seconds})\\.({Pattern.Pid})\\.(.+)"),
                Screen = Screens.LockInside,
                Looks = static file => file.Size == 0 || Look.PidAtHost(file),
                LockName = static m => m.Groups[1].Value,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[3].Value), m.Groups[4].Value, NameText.Time(m.Groups[2].Value)),
                Source = "courier liblock/mail.c: try_dotlock",
            },
            new StagingFile
            {
                Form = "tmp/TIME.MusecPpid_courierlock.HOST",
                What = "hitching post: linked to tmp/courier.lock",
                Name = Pattern.Whole($"({Pattern.Seconds})\\.M[0-9]+P({Pattern.Pid})_courierlock\\.(.+)"),
                Screen = Screens.Contains("_courierlock."),
                Place = Places.MaildirTmp,
                Looks = static file => file.Size == 0 || Look.PidAtHost(file),
                LockName = static _ => "courier.lock",
                ReadName = static (m, _) => MaildirTmp.Claims(m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value),
                Source = "courier maildir/maildirlock.c: maildir_lock; liblock/mail.c: ll_dotlock",
            },
            new MbxLock
            {
                Form = "/tmp/.DEV.INODE",
                What = "session lock of a mailbox, as c-client's but locked by fcntl",
                OwnRule = "an empty one after 5 min by mtime, even if c-client holds it",
                Name = Pattern.Whole(@"\.([0-9a-f]{1,16})\.([0-9a-f]{1,16})"),
                Screen = Screens.StartsWith("."),
                Place = Places.Temporary,
                Source = "courier liblock/mail.c: ll_mail_lock",
            },
            new DotLock
            {
                Form = "/tmp/.DEV.INODE, PID:HOST",
                What = "session lock that lockmail or liblock left: for them its existence is the lock",
                OwnRule = "with a pid of this host that is gone: at once; that of a recycled pid never",
                Name = Pattern.Whole(@"\.([0-9a-f]{1,16})\.([0-9a-f]{1,16})"),
                Screen = Screens.StartsWith("."),
                Place = Places.Temporary,
                AsKind = ArtefactKind.MbxLock,
                Looks = Look.PidAtHost,
                UsualModes = [Look.Octal(644)],
                ReadHolder = LockText.PidAtHost,
                ChecksOwner = true,
                Write = CourierNames.Written,
                Source = "courier liblock/mail.c: ll_mail_lock, try_dotlock, dotlock_exists",
            },
            new NotALock
            {
                Form = "tmp/N/TIME.PID.HOST, tmp/N/CINODE, tmp/N/DINODE",
                What = "message that the Courier MTA is receiving",
                OwnRule = "courierd after 48 h by mtime, control files before data",
                Name = Pattern.Whole($"{Pattern.Seconds}\\.{Pattern.Pid}\\..+|[CD][0-9]+(?:\\.[0-9]+)?"),
                Screen = new NameScreen("12CD", null, static _ => true),
                Place = CourierNames.Queue,
                AsKind = ArtefactKind.Message,
                IsOrdinary = true,
                Why = "It is part of a message in the queue of the Courier MTA. courierd clears its queue in an order that matters.",
                Source = "courier courier/cdmsgq.C: tmpscan; courier/submit2.C",
            },
            new NotALock
            {
                Form = "courierd.lock, imapd.pid.lock, ...",
                What = "handle for the kernel lock of a running daemon",
                Name = Pattern.Whole(@"(?:courierd|pop3d|imapd|esmtpd|courierfilter)(?:-ssl)?\.(?:pid\.)?lock"),
                Screen = Screens.LockSuffix,
                Looks = Look.EmptyOfAnyMode,
                Why = "A Courier daemon keeps it permanently and holds a kernel lock on it while it runs.",
                Source = "courier liblock/lockdaemon.c: ll_daemon_start; courier/courierd.C",
            },
        ],
    };

    private static class CourierNames
    {
        public static Place Queue { get; } = new(Directory: Pattern.Whole("[0-9]{6}"), Parent: Pattern.Whole("tmp"));

        public static LockLooks Written(int pid, string host) =>
            new(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid}:{host}")), Look.Octal(644));
    }
}
