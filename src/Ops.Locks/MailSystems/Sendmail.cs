namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>sendmail's queue, which is locked through the kernel, and its mail.local when it was built without liblockfile.</summary>
    public static MailSystem Sendmail { get; } = new()
    {
        Name = "sendmail",
        Title = "sendmail, mail.local",
        Conventions =
        [
            new DotLock
            {
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
                Name = Pattern.Whole("[qdx]f[0-9A-Za-z]{8}[0-9]{6,7}"),
                Screen = new NameScreen("qdx", "0123456789", static name => name.Length is 16 or 17 && name[1] == (byte)'f'),
                AsKind = ArtefactKind.Message,
                IsOrdinary = true,
                Why = "It is part of a queued message. The pid in it is that of the process that took the message in; a kernel lock on qf means work on it.",
                Source = "sendmail sendmail/queue.c: queuename, assign_queueid",
            },
            new NotALock
            {
                Name = Pattern.Whole("[QtT]f[0-9A-Za-z]{8}[0-9]{6,7}"),
                Screen = new NameScreen("QtT", "0123456789", static name => name.Length is 16 or 17 && name[1] == (byte)'f'),
                AsKind = ArtefactKind.Message,
                Why = "It is a queue file set aside as bad (Qf), being rewritten (tf) or set aside after failed locks (Tf). It may be all that is left of a message.",
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
