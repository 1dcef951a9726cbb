using System.Globalization;
using System.Text;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Dovecot.</summary>
    public static MailSystem Dovecot { get; } = new()
    {
        Name = "dovecot",
        Title = "Dovecot",
        About = "Dovecot has three kinds of file that end in .lock: locks by existence with PID:HOST in them, locks by existence that hold the next "
            + "version of what they protect, and handles for kernel locks.",
        LookedAt =
        [
            "pid and host in the text. Dovecot compares the host byte for byte with its own; case apart, so do we",
            "start time and threads of that pid: an unrelated process with a reused pid, or a zombie, blocks Dovecot permanently; both are recognised here",
            "for dovecot-uidlist.tmp: the lock dovecot-uidlist.lock, whose holder alone writes it; for dovecot.index.tmp: kernel locks on dovecot.index.log",
        ],
        LeftAlone =
        [
            "another host",
            "an empty lock that is not old enough: a full disk leaves one",
            "to break a lock that holds data: it never names an owner, and Dovecot removes it itself",
            "uidvalidity files, indexes and mail",
        ],
        Notes = ["After a break look into Dovecot's log for \"Our dotlock file ... was deleted\" or \"overridden\": it means that the owner was alive."],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, PID:HOST",
                What = "dot lock of an mbox",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.PidAtHost,
                UsualModes = [Look.Octal(600), Look.Octal(660)],
                ReadHolder = LockText.PidAtHost,
                ChecksOwner = true,
                StaleAfter = TimeSpan.FromMinutes(2),                     // mbox_dotlock_change_timeout, where the pid does not decide
                Clock = FileClock.Changed,
                AlsoLocksMailbox = true,
                Pollers = DovecotNames.Pollers("it gives up after mbox_lock_timeout, 5 minutes by default"),
                Write = DovecotNames.Written,
                Source = "dovecot src/lib/file-dotlock.c: check_lock, file_dotlock_create; src/lib-storage/index/mbox/mbox-lock.c: mbox_lock_dotlock",
            },
            PidLock("dovecot-uidlist.lock", "lock of a maildir's list of UIDs", @"dovecot-uidlist\.lock", 120, "src/lib-storage/index/maildir/maildir-uidlist.c: maildir_uidlist_lock_timeout"),
            PidLock("dovecot-pop3-session.lock", "lock of a POP3 session", @"dovecot-pop3-session\.lock", 300, "src/pop3/pop3-client.c: pop3_lock_session") with { Heartbeat = TimeSpan.FromMinutes(5) },
            PidLock("dovecot.index.log.lock", "lock of an index (lock_method=dotlock)", @"dovecot(?:\.list|\.map)?\.index\.log\.lock", 180, "src/lib-index/mail-transaction-log-file.c: mail_transaction_log_file_dotlock"),
            PidLock("dovecot.index.cache.lock", "lock of an index's cache (lock_method=dotlock)", @"dovecot(?:\.list|\.map)?\.index\.cache\.lock", 300, "src/lib-index/mail-cache.c: mail_cache_lock_file"),
            PidLock("dovecot.index.thread.lock", "lock of an index of threads", @"dovecot(?:\.list|\.map)?\.index\.thread\.lock", 30, "src/lib-index/mail-index-strmap.c: mail_index_strmap_lock"),
            // Before March 2022; since then the handle flatcurve-lock.
            PidLock("flatcurve-dotlock.lock, flatcurve-dotlock", "lock of a full-text index", @"flatcurve-dotlock(?:\.lock)?", 10, "fts-flatcurve src/fts-backend-flatcurve-xapian.cpp: fts_flatcurve_xapian_lock")
                with { Screen = Screens.StartsWith("flatcurve-dotlock") },
            DataLock("dovecot.index.log.newlock", @"dovecot(?:\.list|\.map)?\.index\.log\.newlock", 180, "the next transaction log",
                "src/lib-index/mail-transaction-log-file.c: mail_transaction_log_file_create") with { Screen = Screens.EndsWith(".newlock") },
            DataLock("subscriptions.lock, .subscriptions.lock", @"\.?subscriptions\.lock", 30, "the next list of subscriptions", "src/lib-storage/list/subscription-file.c: subsfile_set_subscribed"),
            DataLock("dovecot-keywords.lock", @"dovecot-keywords\.lock", 120, "the next list of keywords", "src/lib-storage/index/maildir/maildir-keywords.c: maildir_keywords_write_fd"),
            DataLock("dovecot-acl.lock", @"dovecot-acl\.lock", 120, "the next access control list", "src/plugins/acl/acl-backend-vfile-update.c: acl_backend_vfile_update_begin"),
            DataLock(".dovecot.lda-dupes.lock", @"\.dovecot\.lda-dupes\.lock", 10, "the next database of duplicates", "src/lib-storage/mail-duplicate.c: mail_duplicate_read"),
            DataLock("instances.lock", @"instances\.lock", 60, "the next list of instances", "src/lib-master/master-instance.c: master_instance_write_init"),
            new NotALock
            {
                Form = "dovecot-vsize.lock, mailboxes.lock..., dovecot.autoexpunge.lock, .dovecot-sync.lock, .dovecot-box-sync.lock, empty",
                What = "handle for a kernel lock",
                Name = Pattern.Whole(@"dovecot-vsize\.lock|dovecot\.autoexpunge\.lock|mailboxes\.lock(?:[0-9a-f]{40})?|\.dovecot-sync\.lock|\.dovecot-box-sync\.lock"),
                Screen = new NameScreen("dm.", "k0123456789abcdef", static name => name.IndexOf(".lock"u8) > 0),
                Looks = Look.EmptyOfAnyMode,
                Why = "Only a kernel lock on it means anything. Dovecot unlinks it itself when it is free; unlinking a held one makes two holders.",
                Source = "dovecot src/lib/file-create-locked.c; src/lib-storage/index/index-mailbox-size.c, mailbox-list.c, mail-autoexpunge.c; src/doveadm/dsync/dsync-brain.c",
            },
            new NotALock
            {
                Form = "flatcurve-lock, flatcurve-lock.HEX, empty",
                What = "handle for a kernel lock on a full-text index",
                Name = Pattern.Whole(@"flatcurve-lock(?:\.[0-9a-f]{32})?"),
                Screen = Screens.StartsWith("flatcurve-lock"),
                Looks = Look.EmptyOfAnyMode,
                Why = "Only a kernel lock on it means anything. Dovecot unlinks it itself when it is free; unlinking a held one makes two writers of an index.",
                Source = "dovecot fts-flatcurve src/fts-backend-flatcurve-xapian.cpp: fts_flatcurve_xapian_lock; src/lib/file-create-locked.c",
            },
            new NotALock
            {
                Form = "duplicate.lock.HEX",
                What = "handle for a kernel lock of a delivery",
                Name = Pattern.Whole(@"duplicate\.lock\.[0-9a-f]{32}"),
                Screen = Screens.StartsWith("duplicate.lock."),
                Why = "A delivery holds a kernel lock on it while it looks whether a message came twice.",
                Source = "dovecot src/lib-storage/mail-duplicate.c: mail_duplicate_lock",
            },
            new StagingFile
            {
                Form = "dovecot-vsize.lockHEX, mailboxes.lockHEX, flatcurve-lockHEX, duplicate.lock.HEXHEX, ...",
                What = "such a handle before it got its name",
                Name = Pattern.Whole(
                    @"(?:(?:dovecot-vsize|dovecot\.autoexpunge|\.dovecot-sync|\.dovecot-box-sync)\.lock|mailboxes\.lock(?:[0-9a-f]{40})?|duplicate\.lock\.[0-9a-f]{32}|flatcurve-lock(?:\.[0-9a-f]{32})?)[0-9a-f]{16}"),
                Screen = Screens.SixteenHex,
                Looks = Look.EmptyOfAnyMode,
                OrphanByAge = TimeSpan.FromMinutes(10),
                Source = "dovecot src/lib/file-create-locked.c: try_create_new",
            },
            new StagingFile
            {
                Form = "dovecot-uidlist.tmp",
                What = "next list of UIDs, written by the holder of dovecot-uidlist.lock",
                OwnRule = "overwritten by the next holder",
                // The only writer is the holder of dovecot-uidlist.lock.
                Name = Pattern.Whole(@"dovecot-uidlist\.tmp"),
                Screen = Screens.TmpSuffix,
                AsKind = ArtefactKind.TempFile,
                Guard = static _ => "dovecot-uidlist.lock",
                OrphanByAge = TimeSpan.FromHours(1),
                Source = "dovecot src/lib-storage/index/maildir/maildir-uidlist.c: maildir_uidlist_recreate",
            },
            new StagingFile
            {
                Form = "dovecot.index.tmp, dovecot.index.backup.tmp",
                What = "next version of an index, written under the kernel lock of its log",
                OwnRule = "unlinked by the next writer",
                Name = Pattern.Whole(@"(dovecot(?:\.list|\.map)?\.index)(?:\.backup)?\.tmp"),
                Screen = Screens.TmpSuffix,
                AsKind = ArtefactKind.TempFile,
                Guard = static m => m.Groups[1].Value + ".log",
                OrphanByAge = TimeSpan.FromHours(1),
                Source = "dovecot src/lib-index/mail-index-write.c: mail_index_recreate, mail_index_create_backup",
            },
            new StagingFile
            {
                Form = ".temp.HOST.PID.HEX",
                What = "dot lock before it got its name, or the next version of a list",
                Name = Pattern.Whole($"\\.temp\\.(.+)\\.({Pattern.Pid})\\.[0-9a-f]{{16}}"),
                Screen = Screens.StartsWith(".temp."),
                MinimumAge = TimeSpan.FromHours(36),
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[1].Value),
                Source = "dovecot src/lib/file-dotlock.c: create_temp_file; src/lib/safe-mkstemp.c: safe_mkstemp_hostpid",
            },
            new StagingFile
            {
                Form = ".temp.TIME.PpidQnMusec.HOST",
                What = "message being saved into a dbox",
                Name = Pattern.Whole($"\\.temp\\.({Pattern.Seconds})\\.P({Pattern.Pid})Q[0-9]+M[0-9]+\\.(.+)"),
                Screen = Screens.StartsWith(".temp."),
                AsKind = ArtefactKind.TempFile,
                MayHoldMail = true,
                MinimumAge = TimeSpan.FromHours(36),
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[3].Value, NameText.Time(m.Groups[1].Value)),
                Source = "dovecot src/lib-storage/index/dbox-common/dbox-file.c: dbox_generate_tmp_filename",
            },
            new StagingFile
            {
                Form = "maildirsizeHOST.PID.HEX",
                What = "next quota totals",
                // Nothing stands between maildirsize and the host.
                Name = Pattern.Whole($"maildirsize(.+)\\.({Pattern.Pid})\\.[0-9a-f]{{16}}"),
                Screen = Screens.StartsWith("maildirsize"),
                AsKind = ArtefactKind.TempFile,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[1].Value),
                Source = "dovecot src/plugins/quota/quota-maildir.c: maildirsize_write",
            },
            new StagingFile
            {
                Form = "NAME.svbin.HOST.PID.HEX",
                What = "compiled Sieve script before it got its name",
                Name = Pattern.Whole($".+\\.svbin\\.(.+)\\.({Pattern.Pid})\\.[0-9a-f]{{16}}"),
                Screen = Screens.SixteenHex,
                AsKind = ArtefactKind.TempFile,
                MinimumAge = TimeSpan.FromHours(36),
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[1].Value),
                Source = "pigeonhole src/lib-sieve/sieve-binary-file.c: sieve_binary_save",
            },
            new StagingFile
            {
                Form = "sieve/tmp/NAME_TIME.MusecPpid.HOST.tmp",
                What = "Sieve script being uploaded",
                Name = Pattern.Whole($"[^/]*?({Pattern.Seconds})\\.M[0-9]+P({Pattern.Pid})\\.(.+?)\\.tmp"),
                Screen = Screens.TmpSuffix,
                Place = DovecotNames.SieveTmp,
                AsKind = ArtefactKind.TempFile,
                MinimumAge = TimeSpan.FromHours(36),
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[3].Value, NameText.Time(m.Groups[1].Value)),
                Source = "pigeonhole src/lib-sieve/storage/file/sieve-file-storage-save.c: sieve_generate_tmp_filename",
            },
            new StagingFile
            {
                Form = "dovecot.SERVICE.HOST.PID.HEX",
                What = "mail data that a process put on disk for a while; usually unlinked at once",
                Name = Pattern.Whole($"dovecot\\.[a-z0-9-]+\\.(.+)\\.({Pattern.Pid})\\.[0-9a-f]{{16}}"),
                Screen = Screens.StartsWith("dovecot."),
                AsKind = ArtefactKind.TempFile,
                MayHoldMail = true,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[1].Value),
                Source = "dovecot src/lib-storage/mail-user.c: mail_user_set_get_temp_prefix",
            },
            new StagingFile
            {
                Form = "dovecot.SERVICE.HEX",
                What = "the same without host and pid",
                Name = Pattern.Whole(@"dovecot\.[a-z0-9-]+\.[0-9a-f]{16}"),
                Screen = Screens.StartsWith("dovecot."),
                AsKind = ArtefactKind.TempFile,
                IsGeneral = true,
                MayHoldMail = true,
                MinimumAge = TimeSpan.FromHours(36),
                OrphanByAge = TimeSpan.FromHours(36),
                Source = "dovecot src/lib-storage/mail-user.c: mail_user_set_get_temp_prefix",
            },
            new PidFile
            {
                Form = "dovecot/master.pid",
                What = "pid file of the master",
                OwnRule = "overwritten at start when its pid is gone",
                Name = Pattern.Whole(@"master\.pid"),
                Programs = ["dovecot"],
                Screen = Screens.PidSuffix,
                Place = DovecotNames.BaseDirectory,
                ReadHolder = LockText.Fhs,
                Source = "dovecot src/master/main.c: create_pid_file",
            },
            new NotALock
            {
                Form = "dovecot.index..., dovecot-uidlist, dovecot-uidvalidity..., m.N, ...",
                What = "mail and indexes",
                Name = Pattern.Whole(
                    @"dovecot-uidvalidity(?:\.[0-9a-f]{8})?|dovecot(?:\.list|\.map)?\.index(?:\.log|\.log\.2|\.cache|\.backup)?|dovecot-uidlist|dovecot-keywords|dovecot-acl|maildirfolder|m\.[0-9]+|u\.[0-9]+"),
                Screen = new NameScreen("dmu", null, static _ => true),
                AsKind = ArtefactKind.Mailbox,
                IsOrdinary = true,
                Why = "It is mail or an index of a Dovecot mailbox, locked through the kernel where at all.",
                Source = "dovecot src/lib-index; src/lib-storage/mailbox-uidvalidity.c; src/lib-storage/index/dbox-common/dbox-file.c",
            },
        ],
    };

    /// <summary>A lock by existence with <c>PID:HOST</c> in it; empty when the disk was full as it was written.</summary>
    private static DotLock PidLock(string form, string what, string name, int staleSeconds, string source) => new()
    {
        Form = form + ", PID:HOST",
        What = what,
        Name = Pattern.Whole(name),
        Screen = Screens.LockSuffix,
        AsKind = ArtefactKind.LockFile,
        Looks = static file => Look.PidAtHost(file) || Look.EmptyOfAnyMode(file),
        UsualModes = [Look.Octal(600), Look.Octal(660)],
        ReadHolder = LockText.PidAtHost,
        ChecksOwner = true,
        StaleAfter = TimeSpan.FromSeconds(staleSeconds),
        Clock = FileClock.Changed,
        Pollers = DovecotNames.Pollers(null),
        Write = DovecotNames.Written,
        Source = "dovecot src/lib/file-dotlock.c: check_lock, file_dotlock_create; " + source,
    };

    /// <summary>A lock by existence that is renamed over what it protects. It never names an owner.</summary>
    private static DotLock DataLock(string form, string name, int staleSeconds, string content, string source) => new()
    {
        Form = form,
        What = $"lock by existence that holds {content}",
        Name = Pattern.Whole(name),
        Screen = Screens.LockSuffix,
        AsKind = ArtefactKind.LockFile,
        Looks = Look.Regular,
        StaleAfter = TimeSpan.FromSeconds(staleSeconds),              // and the protected file must not have changed for as long
        Clock = FileClock.Changed,
        WhyNever = $"It is {content} being written, not a text with an owner. Dovecot removes it itself when it has not changed for a while.",
        Source = "dovecot src/lib/file-dotlock.c: file_dotlock_open, file_dotlock_replace; " + source,
    };

    private static class DovecotNames
    {
        public static Place SieveTmp { get; } = new(Directory: Pattern.Whole("tmp"), Parent: Pattern.Whole(@"\.?sieve"));

        public static Place BaseDirectory { get; } = new(Directory: Pattern.Whole("dovecot"));

        /// <summary>Processes that open mailboxes. With dotlock_use_excl, the default, they make no temporary file; they may watch the lock (file-dotlock.c: dotlock_wait).</summary>
        public static IReadOnlyList<LockPoller> Pollers(string? givesUp) => [.. Programs.Select(p => new LockPoller(p, givesUp, NamesUser: p is "doveadm" or "dovecot-lda"))];

        private static readonly string[] Programs = ["imap", "pop3", "lmtp", "dovecot-lda", "doveadm", "indexer-worker"];

        public static LockLooks Written(int pid, string host) =>
            new(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid}:{host}")), Look.Octal(600));
    }
}
