namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>sendmail, mail.local.</summary>
    public static MailSystem Sendmail { get; } = new()
    {
        Name = "sendmail",
        Title = "sendmail, mail.local",
        About = "sendmail's queue is locked through the kernel. Its mail.local, when built without liblockfile, makes X.lock with 0 and a NUL.",
        LookedAt =
        [
            "kernel locks on the mailbox: mail.local takes one before the dot lock",
            "kernel locks on a qf file: a process works on the message",
        ],
        LeftAlone = ["every file of the queue"],
        Notes = ["The pid in a queue id is that of the process that took the message in, not of the one that works on it."],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, 0 and NUL, mode 0000",
                What = "dot lock of mail.local built without liblockfile",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = SendmailNames.IsMailLocal,
                UsualModes = [0],
                StaleAfter = TimeSpan.FromMinutes(5),
                Clock = FileClock.Changed,
                AlsoLocksMailbox = true,
                Write = static (_, _) => new LockLooks("0\0"u8.ToArray(), 0),
                Source = "sendmail mail.local/mail.local.c: lockmbox",
            },
            new NotALock
            {
                Form = "qf, df + ID",
                What = "queued message",
                Name = Pattern.Whole("[qd]f[0-9A-Za-z]{8}[0-9]{6,7}"),
                Screen = new NameScreen("qd", "0123456789", static name => name.Length is 16 or 17 && name[1] == (byte)'f'),
                AsKind = ArtefactKind.Message,
                IsOrdinary = true,
                Why = "It is part of a queued message. The pid in it is that of the process that took the message in; a kernel lock on qf means work on it.",
                Source = "sendmail sendmail/queue.c: queuename, assign_queueid",
            },
            new NotALock
            {
                Form = "Qf, tf, Tf, xf + ID",
                What = "queue file set aside as bad, being rewritten, set aside after failed locks, or transcript of the session that works on it",
                Name = Pattern.Whole("[QtTx]f[0-9A-Za-z]{8}[0-9]{6,7}"),
                Screen = new NameScreen("QtTx", "0123456789", static name => name.Length is 16 or 17 && name[1] == (byte)'f'),
                AsKind = ArtefactKind.Message,
                Why = "It is a queue file set aside as bad (Qf), being rewritten (tf) or set aside after failed locks (Tf), which may be all that is left of a message, or a transcript (xf).",
                Source = "sendmail sendmail/queue.c: loseqfile, queueup",
            },
        ],
    };

    private static class SendmailNames
    {
        private static readonly Func<FileFacts, bool> ZeroAndNul = Look.Exactly("0\0"u8.ToArray());

        public static bool IsMailLocal(FileFacts file) => (file.Mode & Look.Octal(777)) == 0 && ZeroAndNul(file);
    }
}
