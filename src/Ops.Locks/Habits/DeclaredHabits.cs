namespace Ops.Locks;

/// <summary>How programs lock a mailbox before they write to it, when nothing else is configured.</summary>
public static class DeclaredHabits
{
    private const LockingStep Dot = LockingStep.DotLock, Fcntl = LockingStep.Fcntl, Flock = LockingStep.Flock;

    public static IReadOnlyList<LockingHabit> All { get; } =
    [
        new("exim4", [Dot, Fcntl], KeepsWhileWaiting: true, "Exim src/transports/appendfile.c: appendfile_transport_entry (the dot lock is kept while the kernel lock is tried again)"),
        new("exim4 (mbx_format)", [Fcntl, LockingStep.GuardFcntl], true, "Exim src/transports/appendfile.c: appendfile_transport_entry, use_mbx_lock"),
        new("imapd (unix)", [LockingStep.GuardFlock, Dot, Flock], true, "c-client src/osdep/unix/unix.c, env_unix.c: dotlock_lock"),
        new("imapd (mbx)", [LockingStep.GuardFlock, Flock], true, "c-client src/osdep/unix/mbx.c: mbx_append (mailbox shared, guard exclusive)"),
        new("local", [Dot, Fcntl], true, "Postfix src/global/mbox_open.c: mbox_open; mailbox_delivery_lock = fcntl, dotlock"),
        new("procmail", [Dot, Fcntl], true, "procmail src/foldinfo.c, src/locking.c: fdlock"),
        new("lockfile", [Dot], true, "procmail src/lockfile.c"),
        new("dotlockfile", [Dot], true, "liblockfile dotlockfile.c"),
        new("maildrop", [Dot, Fcntl], true, "maildrop libs/liblock/mail.c"),
        new("courier", [Dot, Fcntl], true, "Courier libs/liblock/mail.c: ll_mail_open"),
        new("imap", [Dot, Fcntl], true, "Dovecot mbox_write_locks = dotlock fcntl, src/lib-storage/index/mbox/mbox-lock.c"),
        new("mail (mailutils)", [Dot], true, "GNU mailutils libmailutils/base/locker.c"),
        new("mutt", [Fcntl, Dot], false, "mutt lib/mx.c: mx_lock_file (gives the kernel lock back when the dot lock fails)"),
        new("python3 (mailbox)", [Fcntl, Dot], false, "cpython Lib/mailbox.py: _lock_file (never waits)"),
        new("s-nail", [Fcntl, Dot], true, "s-nail src/mx/file-dotlock.h"),
        new("mail.local", [Fcntl, Dot], true, "sendmail mail.local/mail.local.c: deliver, lockmbox"),
        new("getmail", [Fcntl], true, "getmail6 getmailcore/utilities.py: lock_file"),
        new("fdm", [Flock], true, "fdm deliver-mbox.c, lock-types flock"),
        // Settings that switch one kind off.
        new("exim4 (use_lockfile = false)", [Fcntl], true, "Exim appendfile use_lockfile"),
        new("local (mailbox_delivery_lock = flock)", [Flock], true, "Postfix mailbox_delivery_lock"),
        new("imap (mbox_write_locks = fcntl)", [Fcntl], true, "Dovecot mbox_write_locks"),
    ];
}
