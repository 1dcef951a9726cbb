namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Python mailbox.</summary>
    public static MailSystem PythonMailbox { get; } = new()
    {
        Name = "python-mailbox",
        Title = "Python mailbox",
        About = "Python's mailbox module takes a kernel lock first, then makes an empty X.lock that it never takes for stale. It "
            + "replaces the mailbox by a rename, and what it renames has almost the name of a lock's staging file.",
        LookedAt =
        [
            "kernel locks on the mailbox: a living owner has one all the time, except for milliseconds while it replaces the mailbox",
            "holders and waiters on an inode that the mailbox's path no longer names",
        ],
        LeftAlone = ["a file X.TIME.HOST.PID without .lock in its name: it is mail"],
        Notes = ["A writer that uses kernel locks alone, and waits while the mailbox is replaced, writes into the former file: its message is lost."],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, empty",
                What = "dot lock, taken after a kernel lock on the mailbox",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Empty,
                UsualModes = [Look.Octal(644), Look.Octal(664), Look.Octal(640), Look.Octal(660)],
                AlsoLocksMailbox = true,
                Write = static (_, _) => new LockLooks([], Look.Octal(644)),
                Source = "cpython Lib/mailbox.py: _lock_file",
            },
            new DotLock
            {
                Form = ".mh_sequences.lock, empty",
                What = "lock on an MH folder, taken after a kernel lock on .mh_sequences",
                Name = Pattern.Whole(@"\.mh_sequences\.lock"),
                Screen = Screens.LockSuffix,
                AsKind = ArtefactKind.LockFile,
                Looks = Look.Empty,
                UsualModes = [Look.Octal(644), Look.Octal(664), Look.Octal(640), Look.Octal(660)],
                AlsoLocksMailbox = true,
                Write = static (_, _) => new LockLooks([], Look.Octal(644)),
                Source = "cpython Lib/mailbox.py: MH.lock, _lock_file",
            },
            new StagingFile
            {
                Form = "X.lock.TIME.HOST.PID, empty",
                What = "hitching post",
                Name = PythonNames.LockTemp,
                Screen = Screens.LockInside,
                Looks = static file => file.Size == 0,
                LockName = static m => m.Groups[1].Value,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[4].Value), m.Groups[3].Value, NameText.Time(m.Groups[2].Value)),
                Source = "cpython Lib/mailbox.py: _create_temporary",
            },
            new NotALock
            {
                Form = "X.TIME.HOST.PID, without .lock",
                What = "the mailbox being rewritten, possibly complete",
                Name = Pattern.Whole($".+\\.{Pattern.Seconds}\\..+\\.{Pattern.Pid}"),
                Screen = Screens.NumberLast,
                Looks = static file => Look.Regular(file) && !PythonNames.LockTemp.IsMatch(file.Path.NameLatin1),
                AsKind = ArtefactKind.Mailbox,
                Why = "It is a mailbox being rewritten, perhaps complete: without .lock in its name such a file is mail. Compare it with the mailbox before anything else.",
                Source = "cpython Lib/mailbox.py: _singlefileMailbox.flush",
            },
        ],
    };

    private static class PythonNames
    {
        public static System.Text.RegularExpressions.Regex LockTemp { get; } =
            Pattern.Whole($"(.+\\.lock)\\.({Pattern.Seconds})\\.(.+)\\.({Pattern.Pid})");
    }
}
