using System.Globalization;
using System.Text;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>
    /// Dovecot has three kinds of file that end in <c>.lock</c>: locks by existence with <c>PID:HOST</c> in them, locks by existence that hold the next
    /// version of what they protect, and handles for kernel locks.
    /// </summary>
    public static MailSystem Dovecot { get; } = new()
    {
        Name = "dovecot",
        Title = "Dovecot",
        Conventions =
        [
            new DotLock
            {
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
                Write = DovecotNames.Written,
                Source = "dovecot src/lib/file-dotlock.c: check_lock, file_dotlock_create; src/lib-storage/index/mbox/mbox-lock.c: mbox_lock_dotlock",
            },
            PidLock(@"dovecot-uidlist\.lock", 120, "src/lib-storage/index/maildir/maildir-uidlist.c: maildir_uidlist_lock_timeout"),
            PidLock(@"dovecot-pop3-session\.lock", 300, "src/pop3/pop3-client.c: pop3_lock_session") with { Heartbeat = TimeSpan.FromMinutes(5) },
            PidLock(@"dovecot(?:\.list|\.map)?\.index\.log\.lock", 180, "src/lib-index/mail-transaction-log-file.c: mail_transaction_log_file_dotlock"),
            PidLock(@"dovecot(?:\.list|\.map)?\.index\.cache\.lock", 300, "src/lib-index/mail-cache.c: mail_cache_lock_file"),
            PidLock(@"dovecot(?:\.list|\.map)?\.index\.thread\.lock", 30, "src/lib-index/mail-index-strmap.c: mail_index_strmap_lock"),
            DataLock(@"dovecot(?:\.list|\.map)?\.index\.log\.newlock", "the next transaction log",
                "src/lib-index/mail-transaction-log-file.c: mail_transaction_log_file_create") with { Screen = Screens.EndsWith(".newlock") },
            DataLock(@"\.?subscriptions\.lock", "the next list of subscriptions", "src/lib-storage/list/subscription-file.c: subsfile_set_subscribed"),
            DataLock(@"dovecot-keywords\.lock", "the next list of keywords", "src/lib-storage/index/maildir/maildir-keywords.c: maildir_keywords_write_fd"),
            DataLock(@"dovecot-acl\.lock", "the next access control list", "src/plugins/acl/acl-backend-vfile-update.c: acl_backend_vfile_update_begin"),
            DataLock(@"\.dovecot\.lda-dupes\.lock", "the next database of duplicates", "src/lib-storage/mail-duplicate.c: mail_duplicate_read"),
            DataLock(@"instances\.lock", "the next list of instances", "src/lib-master/master-instance.c: master_instance_write_init"),
            new NotALock
            {
                Name = Pattern.Whole(@"dovecot-vsize\.lock|dovecot\.autoexpunge\.lock|mailboxes\.lock(?:[0-9a-f]{40})?|\.dovecot-sync\.lock|\.dovecot-box-sync\.lock"),
                Screen = new NameScreen("dm.", "k0123456789abcdef", static name => name.IndexOf(".lock"u8) > 0),
                Looks = Look.EmptyOfAnyMode,
                Why = "Only a kernel lock on it means anything. Dovecot unlinks it itself when it is free; unlinking a held one makes two holders.",
                Source = "dovecot src/lib/file-create-locked.c; src/lib-storage/index/index-mailbox-size.c, mailbox-list.c, mail-autoexpunge.c; src/doveadm/dsync/dsync-brain.c",
            },
            new NotALock
            {
                Name = Pattern.Whole(@"duplicate\.lock\.[0-9a-f]{32}"),
                Screen = Screens.StartsWith("duplicate.lock."),
                Why = "A delivery holds a kernel lock on it while it looks whether a message came twice.",
                Source = "dovecot src/lib-storage/mail-duplicate.c: mail_duplicate_lock",
            },
            new StagingFile
            {
                Name = Pattern.Whole(@"(?:dovecot-vsize|dovecot\.autoexpunge|mailboxes|\.dovecot-sync|\.dovecot-box-sync)\.lock[0-9a-f]{16}"),
                Screen = Screens.SixteenHex,
                Looks = Look.EmptyOfAnyMode,
                OrphanByAge = TimeSpan.FromHours(1),
                MinimumAge = TimeSpan.FromHours(1),
                Source = "dovecot src/lib/file-create-locked.c: try_create_new",
            },
            new StagingFile
            {
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
                Name = Pattern.Whole(@"dovecot(?:\.list|\.map)?\.index(?:\.backup)?\.tmp"),
                Screen = Screens.TmpSuffix,
                AsKind = ArtefactKind.TempFile,
                OrphanByAge = TimeSpan.FromHours(1),
                Source = "dovecot src/lib-index/mail-index-write.c: mail_index_recreate, mail_index_create_backup",
            },
            new StagingFile
            {
                Name = Pattern.Whole($"\\.temp\\.(.+)\\.({Pattern.Pid})\\.[0-9a-f]{{16}}"),
                Screen = Screens.StartsWith(".temp."),
                MinimumAge = TimeSpan.FromHours(36),
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[1].Value),
                Source = "dovecot src/lib/file-dotlock.c: create_temp_file; src/lib/safe-mkstemp.c: safe_mkstemp_hostpid",
            },
            new StagingFile
            {
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
                // Nothing stands between maildirsize and the host.
                Name = Pattern.Whole($"maildirsize(.+)\\.({Pattern.Pid})\\.[0-9a-f]{{16}}"),
                Screen = Screens.StartsWith("maildirsize"),
                AsKind = ArtefactKind.TempFile,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[1].Value),
                Source = "dovecot src/plugins/quota/quota-maildir.c: maildirsize_write",
            },
            new StagingFile
            {
                Name = Pattern.Whole($".+\\.svbin\\.(.+)\\.({Pattern.Pid})\\.[0-9a-f]{{16}}"),
                Screen = Screens.SixteenHex,
                AsKind = ArtefactKind.TempFile,
                MinimumAge = TimeSpan.FromHours(36),
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[1].Value),
                Source = "pigeonhole src/lib-sieve/sieve-binary-file.c: sieve_binary_save",
            },
            new StagingFile
            {
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
                Name = Pattern.Whole($"dovecot\\.[a-z0-9-]+\\.(.+)\\.({Pattern.Pid})\\.[0-9a-f]{{16}}"),
                Screen = Screens.StartsWith("dovecot."),
                AsKind = ArtefactKind.TempFile,
                MayHoldMail = true,
                MinimumAge = TimeSpan.FromHours(36),
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value), m.Groups[1].Value),
                Source = "dovecot src/lib-storage/mail-user.c: mail_user_set_get_temp_prefix",
            },
            new StagingFile
            {
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
                Name = Pattern.Whole(@"master\.pid"),
                Screen = Screens.PidSuffix,
                Place = DovecotNames.BaseDirectory,
                ReadHolder = LockText.Fhs,
                Source = "dovecot src/master/main.c: create_pid_file",
            },
            new NotALock
            {
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
    private static DotLock PidLock(string name, int staleSeconds, string source) => new()
    {
        Name = Pattern.Whole(name),
        Screen = Screens.LockSuffix,
        AsKind = ArtefactKind.LockFile,
        Looks = static file => Look.PidAtHost(file) || Look.EmptyOfAnyMode(file),
        UsualModes = [Look.Octal(600), Look.Octal(660)],
        ReadHolder = LockText.PidAtHost,
        ChecksOwner = true,
        StaleAfter = TimeSpan.FromSeconds(staleSeconds),
        Clock = FileClock.Changed,
        Write = DovecotNames.Written,
        Source = "dovecot src/lib/file-dotlock.c: check_lock, file_dotlock_create; " + source,
    };

    /// <summary>A lock by existence that is renamed over what it protects. It never names an owner.</summary>
    private static DotLock DataLock(string name, string content, string source) => new()
    {
        Name = Pattern.Whole(name),
        Screen = Screens.LockSuffix,
        AsKind = ArtefactKind.LockFile,
        Looks = Look.Regular,
        WhyNever = $"It is {content} being written, not a text with an owner. Dovecot takes it away itself when it has not changed for a while.",
        Source = "dovecot src/lib/file-dotlock.c: file_dotlock_open, file_dotlock_replace; " + source,
    };

    private static class DovecotNames
    {
        public static Place SieveTmp { get; } = new(Directory: Pattern.Whole("tmp"), Parent: Pattern.Whole(@"\.?sieve"));

        public static Place BaseDirectory { get; } = new(Directory: Pattern.Whole("dovecot"));

        public static LockLooks Written(int pid, string host) =>
            new(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid}:{host}")), Look.Octal(600));
    }
}
