namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Maildir deliveries.</summary>
    public static MailSystem Maildir { get; } = new()
    {
        Name = "maildir",
        Title = "Maildir deliveries",
        About = "A maildir has no locks. A delivery writes into tmp/ and links or renames to new/. What a crash leaves there is cleared by some "
            + "readers, by different clocks: qmail and Python after 36 h by atime, Courier imapd and Dovecot after 36 h by ctime, Courier pop3d after 48 "
            + "h by mtime. Exim, Postfix, procmail, mutt and getmail never clear.",
        LookedAt =
        [
            "the pid and its start time, who has the file open, and its age. held while the writer lives; orphan, or orphan-linked where the message "
                + "was delivered and only the name in tmp/ is left, when the writer is gone and the file is older than 36 hours",
            "whether cur and new are next to tmp: otherwise it is not a maildir",
        ],
        LeftAlone =
        [
            "younger files, even with a dead writer: the sender may still try again, and readers grant the time",
            "names of another host. Exim writes its primary_hostname here, the others the machine's name; if yours differ, add the former to hostAliases in the policy",
        ],
        Notes = ["Names in new/ and cur/ are messages, not locks."],
        Conventions =
        [
            Delivery("tmp/TIME.PID.HOST", "qmail", $"({Pattern.Seconds})\\.({Pattern.Pid})\\.([^:/,]+)",
                "qmail qmail-local.c: maildir_child", seconds: 1, pid: 2, host: 3),
            Delivery("tmp/TIME.MusecPpid.HOST", "Exim, Dovecot, Courier or maildrop", $"({Pattern.Seconds})\\.M([0-9]+)P({Pattern.Pid})(?:_(?!courierlock\\.)[^.]+)?\\.([^,]+?)(?:,S=[0-9]+)?",
                "exim src/transports/appendfile.c, dovecot maildir-filename.c: maildir_filename_generate, courier maildir/maildircreate.c",
                seconds: 1, pid: 3, host: 4),
            Delivery("tmp/TIME.HusecPpid.HOST", "Exim: a new maildirsize", $"({Pattern.Seconds})\\.H([0-9]+)P({Pattern.Pid})\\.(.+)",
                "exim src/transports/tf_maildir.c: maildir_ensure_sizefile", seconds: 1, pid: 3, host: 4, holdsMail: false, configured: true),
            Delivery("tmp/TIME.Ppid.HOST", "Postfix", $"({Pattern.Seconds})\\.P({Pattern.Pid})\\.(.+)",
                "postfix src/local/maildir.c: deliver_maildir; src/virtual/maildir.c", seconds: 1, pid: 2, host: 3),
            Delivery("tmp/TIME.PID_N.HOST", "procmail", $"({Pattern.Seconds})\\.({Pattern.Pid})_([0-9])\\.(.+)",
                "procmail src/mailfold.c: deliver; src/exopen.c: unique", seconds: 1, pid: 2, host: 4),
            Delivery("tmp/TIME.PID_NeWmAiLdIrSiZe.HOST", "Courier: a new maildirsize", $"({Pattern.Seconds})\\.({Pattern.Pid})_NeWmAiLdIrSiZe\\.(.+)",
                "courier maildir/maildirquota.c: maildirquota_start", seconds: 1, pid: 2, host: 3, holdsMail: false),
            Delivery("tmp/TIME.MusecPpidQn.HOST", "Python or GNU mailutils", $"({Pattern.Seconds})\\.(?:R[0-9A-F]+)?(?:I[0-9A-F]+V[0-9A-F]+)?M([0-9]+)P({Pattern.Pid})Q([0-9]+)\\.(.+)",
                "cpython Lib/mailbox.py: Maildir._create_tmp; mailutils libproto/maildir/maildir.c", seconds: 1, pid: 3, host: 5),
            Delivery("tmp/TIME.MusecPpidRhex.HOST", "getmail", $"({Pattern.Seconds})\\.M([0-9]+)P({Pattern.Pid})(?:Q[0-9]+)?R[0-9a-f]{{16}}\\.(.+)",
                "getmail6 getmailcore/utilities.py: deliver_maildir", seconds: 1, pid: 3, host: 4),
            Delivery("tmp/new.TIME.PID_N.HOST, tmp/cur....", "mutt", $"(?:new|cur)\\.({Pattern.Seconds})\\.({Pattern.Pid})_([0-9]+)\\.(.+?)(?::2,.*)?",
                "mutt mh.c: maildir_mh_open_message, maildir_open_new_message", seconds: 1, pid: 2, host: 4),
            new StagingFile
            {
                Form = "tmp/new.TIME.Rnumber.HOST, tmp/cur....",
                What = "message of NeoMutt; names no pid",
                Name = Pattern.Whole($"(?:new|cur)\\.{Pattern.Seconds}\\.R[0-9]+\\..+"),
                Place = Places.MaildirTmp,
                AsKind = ArtefactKind.TempFile,
                MayHoldMail = true,
                MinimumAge = MaildirTmp.Limit,
                AgeCountsAccess = true,
                OrphanByAge = MaildirTmp.Limit,
                Source = "neomutt maildir/message.c (no pid in the name)",
            },
            new StagingFile
            {
                Form = "tmp/ANY OTHER NAME",
                What = "message of a program that is not known here",
                Name = Pattern.Whole(@"(?!courier\.lock\z)[^.][^\n]*"),     // a lock, whatever is in it
                Place = Places.MaildirTmp,
                IsGeneral = true,
                AsKind = ArtefactKind.TempFile,
                MayHoldMail = true,
                MinimumAge = MaildirTmp.Limit,
                AgeCountsAccess = true,
                OrphanByAge = MaildirTmp.Limit,
                Source = "the 36 hours of qmail maildir.c: maildir_clean, which goes by no name",
            },
            new NotALock
            {
                Form = "tmp/courier-imap.clockskew.chk",
                What = "Courier's clock check",
                Name = Pattern.Whole(@"courier-imap\.clockskew\.chk"),
                Place = Places.MaildirTmp,
                AsKind = ArtefactKind.TempFile,
                Why = "Courier imapd compares clocks by it and leaves it there.",
                Source = "courier imap/imapd.c",
            },
        ],
    };

    /// <summary>A message, or a new maildirsize, on its way through <c>tmp</c> under a name with a pid.</summary>
    /// <remarks>
    /// Exim puts its configured name here where all others put the machine's. Where the forms are the same the host must be this one or an alias of it from
    /// the policy; a maildirsize under a form of its own is surely Exim's.
    /// </remarks>
    private static StagingFile Delivery(string form, string who, string name, string source, int seconds, int pid, int host, bool holdsMail = true, bool configured = false) => new()
    {
        Form = form,
        What = holdsMail ? $"message being delivered by {who}" : who,
        Name = Pattern.Whole(name),
        Place = Places.MaildirTmp,
        AsKind = ArtefactKind.TempFile,
        MayHoldMail = holdsMail,
        MinimumAge = MaildirTmp.Limit,
        AgeCountsAccess = true,
        ReadName = (m, _) => MaildirTmp.Claims(m.Groups[seconds].Value, m.Groups[pid].Value, m.Groups[host].Value, configured),
        Source = source,
    };

    private static class MaildirTmp
    {
        public static readonly TimeSpan Limit = TimeSpan.FromHours(36);

        public static IReadOnlyList<OwnerClaim> Claims(string seconds, string pid, string host, bool configured = false)
        {
            // Slash and colon cannot stand in a message name and are written in octal.
            host = host.Replace(@"\057", "/", StringComparison.Ordinal).Replace(@"\072", ":", StringComparison.Ordinal);
            return NameText.Claim(LockText.Pid(pid), host, NameText.Time(seconds), configured);
        }
    }
}
