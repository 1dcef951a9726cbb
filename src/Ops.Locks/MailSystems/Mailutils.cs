namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>GNU mailutils.</summary>
    public static MailSystem Mailutils { get; } = new()
    {
        Name = "mailutils",
        Title = "GNU mailutils",
        About = "GNU mailutils make an empty X.lock, or one with a bare pid, and by default no kernel lock at all: nothing but the name protects their "
            + "work. They rename the mailbox away while they rewrite it.",
        LookedAt =
        [
            "who has the mailbox open",
            "a hitching post that is another name of the lock",
        ],
        LeftAlone =
        [
            "muXXXXXX, whatever its age: if the mailbox is missing, this is it",
            "an empty lock that is not 30 minutes old",
        ],
        Notes = ["Their pid check takes a process of another user for dead and steals its lock."],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, empty or PID without line feed",
                What = "dot lock; the pid only where pid checks are on",
                OwnRule = "never by default; dotlock -f after 10 min by mtime, and with pid checks when kill(2) fails for any reason",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = static file => Look.Empty(file) || Look.BarePid(file),
                UsualModes = [Look.Octal(644)],
                ReadHolder = LockText.BarePid,
                Write = static (_, _) => new LockLooks([], Look.Octal(644)),
                Source = "mailutils libmailutils/base/locker.c: lock_dotlock, check_file_permissions",
            },
            new StagingFile
            {
                Form = "X.PID.TIME.HOST",
                What = "hitching post",
                Name = Pattern.Whole($"(.+)\\.({Pattern.Pid})\\.({Pattern.Seconds})\\.(.+)"),
                Screen = Screens.TwoNumbers,
                Looks = static file => file.Size == 0 || Look.BarePid(file),
                LockName = static m => m.Groups[1].Value + ".lock",
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[4].Value, NameText.Time(m.Groups[3].Value)),
                Source = "mailutils libmailutils/base/locker.c: prelock_dotlock",
            },
            new NotALock
            {
                Form = "muXXXXXX",
                What = "the mailbox while it is rewritten: the next version, or the former one as backup",
                Name = Pattern.Whole("mu[A-Za-z0-9]{6}"),
                Screen = new NameScreen("m", null, static name => name.Length == 8 && name[1] == (byte)'u'),
                // mkstemp draws from both cases and figures: six small letters in a row are another program's name.
                Looks = static file => Look.Regular(file) && file.Path.Name[2..].ContainsAnyExceptInRange((byte)'a', (byte)'z'),
                AsKind = ArtefactKind.Mailbox,
                StandsInForMailbox = true,
                Why = "After a crash between two renames it is the only copy of the mailbox: if the mailbox is missing, this is it.",
                Source = "mailutils libproto/mbox/mbox.c, libmailutils/base/tempfile.c (expunge)",
            },
        ],
    };
}
