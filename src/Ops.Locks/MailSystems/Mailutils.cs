namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>
    /// GNU mailutils: an empty <c>.lock</c>, or one with a bare pid, and by default no kernel lock at all, so nothing but the name protects its work. It
    /// renames the mailbox away while it rewrites it.
    /// </summary>
    public static MailSystem Mailutils { get; } = new()
    {
        Name = "mailutils",
        Title = "GNU mailutils",
        Conventions =
        [
            new DotLock
            {
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
                Name = Pattern.Whole($"(.+)\\.({Pattern.Pid})\\.({Pattern.Seconds})\\.(.+)"),
                Screen = Screens.TwoNumbers,
                Looks = static file => file.Size == 0 || Look.BarePid(file),
                LockName = static m => m.Groups[1].Value + ".lock",
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[4].Value, NameText.Time(m.Groups[3].Value)),
                Source = "mailutils libmailutils/base/locker.c: prelock_dotlock",
            },
            new NotALock
            {
                Name = Pattern.Whole("mu[A-Za-z0-9]{6}"),
                Screen = new NameScreen("m", null, static name => name.Length == 8 && name[1] == (byte)'u'),
                // mkstemp draws from both cases: six small letters in a row are somebody's name.
                Looks = static file => Look.Regular(file) && file.Path.Name.ContainsAnyInRange((byte)'A', (byte)'Z'),
                AsKind = ArtefactKind.Mailbox,
                Why = "After a crash between two renames it is the only copy of the mailbox: if the mailbox is missing, this is it.",
                Source = "mailutils libproto/mbox/mbox.c, libmailutils/base/tempfile.c (expunge)",
            },
        ],
    };
}
