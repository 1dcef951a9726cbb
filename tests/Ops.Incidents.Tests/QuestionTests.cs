namespace Ops.Incidents.Tests;

/// <summary>Lines as programs write them: what each names.</summary>
public sealed class QuestionTests
{
    [Theory]
    // Dovecot names holder and waiter: who holds it comes first.
    [InlineData("lmtp(user1@example.org)<20290><SESSION>: Error: Mailbox INBOX: Timeout (180s) while waiting for lock for transaction log file /mail/user1/dovecot.index.log (WRITE lock held by pid 19749)",
        "/mail/user1/dovecot.index.log", 19749)]
    [InlineData("imap(user1)<674><SESSION>: Error: fcntl(/srv/mail/user1/Maildir/dovecot.list.index.log, write-lock, F_SETLKW) locking failed: Interrupted system call",
        "/srv/mail/user1/Maildir/dovecot.list.index.log", 674)]
    [InlineData("indexer-worker(user1)<156088><SESSION>: Error: FTS Xapian: Error in expunge fct (SELECT DOCID,ID from IDS) (database is locked) : unset_box", null, 156088)]
    [InlineData("Nov 28 02:14:05 mx1 dovecot: imap(alice)<4690><Abc/d+e>: Error: Mailbox INBOX: Timeout while waiting for lock for /var/mail/alice", "/var/mail/alice", 4690)]
    [InlineData("dovecot: lda(bob): Error: Timeout while waiting for lock for transaction log file /srv/vmail/example.org/bob/dovecot.index.log (in use by pid 77)", "/srv/vmail/example.org/bob/dovecot.index.log", 77)]
    [InlineData("imap[4434]: IOERROR: lock_shared /var/lib/imap/quotas.db: Bad file number", "/var/lib/imap/quotas.db", 4434)]
    [InlineData("2026-11-28T02:14:05.123456+01:00 mx1 cyrus/imaps[991]: IOERROR: locking index for user.alice: Resource temporarily unavailable", null, 991)]
    [InlineData("failed to open database lock file /var/spool/exim4/db/retry.lockfile: Permission denied (euid=8 egid=8)", "/var/spool/exim4/db/retry.lockfile", null)]
    [InlineData("postfix/local[303]: AD463A5144: to=<user1@example.org>, relay=local, dsn=4.2.0, status=deferred (cannot update mailbox /var/mail/user1 for user user1. unable to create lock file /var/mail/user1.lock: File exists)",
        "/var/mail/user1.lock", 303)]
    [InlineData("postfix/master[875]: fatal: open lock file /var/lib/postfix/master.lock: cannot create file exclusively: Permission denied", "/var/lib/postfix/master.lock", 875)]
    [InlineData("Unable to get write lock on /home/user1/.cache/mu/xapian: already locked", "/home/user1/.cache/mu/xapian", null)]
    [InlineData("can't lock /tmp/imapsync_busy at /usr/local/bin/imapsync_runner.pl line 42.", "/tmp/imapsync_busy", null)]
    [InlineData("procmail: Lock failure on \"/var/mail/user1.lock\"", "/var/mail/user1.lock", null)]
    [InlineData("procmail: Couldn't create or rename temp file \"/var/mail/a name with blanks.lock\"", "/var/mail/a name with blanks.lock", null)]
    [InlineData("1ABCDE-000001-AB == user1@example.org R=local T=local_delivery defer (-1): failed to lock mailbox /var/mail/user1 (fcntl/flock)", "/var/mail/user1", null)]
    [InlineData("postfix/postfix-script[12]: fatal: the Postfix mail system is already running", null, 12)]
    [InlineData("imap(user1): Mailbox is locked, will abort in 90 seconds", null, null)]
    [InlineData("Waiting for fcntl lock... 5", null, null)]
    [InlineData("mutt: Mailbox is locked: /var/mail/alice (pid 811)", "/var/mail/alice", 811)]
    [InlineData("lock file /var/lib/mailman/locks/master.lck: held by pid 4242 on host lists.example.org", "/var/lib/mailman/locks/master.lck", 4242)]
    [InlineData("bayes: cannot open bayes databases /var/lib/spamassassin/bayes_* R/W: lock failed: File exists", "/var/lib/spamassassin/bayes_*", null)]
    [InlineData("/var/mail/alice", "/var/mail/alice", null)]
    [InlineData("/srv/mail/a dir with blanks/INBOX", "/srv/mail/a dir with blanks/INBOX", null)]
    [InlineData("/home/u/Maildir/cur/1795893102.M12P34.vm:2,S", "/home/u/Maildir/cur/1795893102.M12P34.vm:2,S", null)]
    [InlineData("/var/mail/alice.lock: File exists", "/var/mail/alice.lock", null)]
    [InlineData("error in \"/home/u/Maildir/cur/1795893102.M12P34.vm:2,S\".", "/home/u/Maildir/cur/1795893102.M12P34.vm:2,S", null)]
    [InlineData("flock(/var/mail/alice) failed", "/var/mail/alice", null)]
    [InlineData("4690", null, 4690)]
    [InlineData("fetchmail: another foreground fetchmail is running at 4711.", null, 4711)]
    [InlineData("imapd[123]: Trying to get mailbox lock from process 4711", null, 4711)]
    [InlineData("Mailbox is open by another process, access is readonly: /var/mail/alice", "/var/mail/alice", null)]
    [InlineData("failed to create lock file /var/mail/bob.lock (lockfile already exists?)", "/var/mail/bob.lock", null)]
    [InlineData("Our dotlock file /var/mail/a.lock was modified (1234 vs 1235), assuming it wasn't overridden (kept it 120 secs)", "/var/mail/a.lock", null)]
    [InlineData("imapd: Error reading /home/u/Maildir/courierimapkeywords/:list: Permission denied", "/home/u/Maildir/courierimapkeywords/:list", null)]
    [InlineData("lmtp[71]: mailbox: longlock user.alice for 61.2 seconds", null, 71)]
    [InlineData("warning: unable to lock /var/mail/bob for exclusive access: Resource temporarily unavailable", "/var/mail/bob", null)]
    [InlineData("imap 4690 POSIX 1.2K WRITE 0 0 0 /var/mail/alice", "/var/mail/alice", 4690)]
    [InlineData("imap 4690 alice 12uW REG 254,0 1234 56 /var/mail/alice", "/var/mail/alice", 4690)]
    [InlineData("1: POSIX  ADVISORY  WRITE 4690 fe:00:123 0 EOF", null, 4690)]
    [InlineData("/var/mail/alice: 4690 4711", "/var/mail/alice", 4690)]
    public void A_line_names_its_file_and_its_process(string line, string? path, int? pid)
    {
        var question = Question.Of(line);

        Assert.Equal(path, question.Paths is [var first, ..] ? first : null);
        Assert.Equal(pid, question.Pids is [var holder, ..] ? holder : null);
    }

    [Fact]
    public void A_holder_comes_before_the_process_that_waits_for_it()
    {
        var question = Question.Of("lmtp(u@example.org)<20290><S>: Error: Timeout (180s) while waiting for lock for /mail/u/dovecot.index.log (WRITE lock held by pid 19749)");

        Assert.Equal([19749, 20290], question.Pids);
        Assert.Equal(TimeSpan.FromSeconds(180), question.Waited);
        Assert.Equal("lmtp", question.Program);
    }

    [Theory]
    [InlineData("imap(alice)<4690><x>: Error: fcntl() failed", "alice")]
    [InlineData("dovecot: imap(alice): Mailbox is locked, will abort in 90 seconds", "alice")]
    [InlineData("cannot update mailbox /var/mail/bob for user bob. unable to create", "bob")]
    [InlineData("IOERROR: locking index for user.alice: Resource temporarily unavailable", "alice")]
    [InlineData("opening example.org!user.carol.Sent: Mailbox is locked", "carol")]
    [InlineData("login user=<dave>, method=PLAIN", "dave")]
    [InlineData("alice", "alice")]
    public void A_line_names_its_user(string line, string user) => Assert.Contains(user, Question.Of(line).Users);

    [Fact]
    public void An_address_is_a_user_too_but_a_message_id_is_not()
    {
        var question = Question.Of("4BxYz12345: message-id=<20261128.1@mx1.example.org>, to=<alice@example.org>, status=deferred");

        Assert.Equal(["alice@example.org"], question.Addresses);
        Assert.Equal(["alice@example.org", "alice"], question.Users);
    }

    [Theory]
    [InlineData("1ABCDE-000001-AB == user1@example.org R=local defer (-1)", "1ABCDE-000001-AB")]
    [InlineData("1xXOEN-000000000e9-1fab Completed", "1xXOEN-000000000e9-1fab")]
    [InlineData("postfix/local[303]: AD463A5144: to=<user1@example.org>", "AD463A5144")]
    [InlineData("postfix/qmgr[30]: 4bTJ5z3kWzz9sWm: removed", "4bTJ5z3kWzz9sWm")]
    [InlineData("AD463A5144", "AD463A5144")]
    public void A_line_names_its_message_in_the_queue(string line, string id) => Assert.Contains(id, Question.Of(line).QueueIds);

    [Theory]
    [InlineData("Nov 28 02:14:05 mx1 dovecot: imap(alice): Mailbox is locked", "mx1")]
    [InlineData("<22>1 2026-11-28T02:14:05Z mx2.example.org postfix/local[303]: fatal", "mx2.example.org")]
    [InlineData("lock /var/mail/alice.lock is held by 4242@mx3", "mx3")]
    [InlineData("master.lck is locked by pid 4242 on host lists.example.org", "lists.example.org")]
    public void A_line_names_its_host(string line, string host) => Assert.Contains(host, Question.Of(line).Hosts);

    [Theory]
    [InlineData("Timeout (180s) while waiting", 180)]
    [InlineData("will abort in 90 seconds", 90)]
    [InlineData("waited 2 min for the lock", 120)]
    [InlineData("took 250 ms", 0.25)]
    [InlineData("Locked for 1.5 hours", 5400)]
    public void A_duration_is_read_with_its_unit(string line, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Question.Of(line).Waited);

    [Fact]
    public void The_time_in_a_header_is_no_duration_and_no_pid()
    {
        var question = Question.Of("Nov 28 02:14:05 mx1 dovecot: imap(alice): Mailbox is locked");

        Assert.Null(question.Waited);
        Assert.Empty(question.Pids);
    }

    [Theory]
    [InlineData("open lock file /var/lib/postfix/master.lock: cannot create file exclusively: Permission denied", false)]
    [InlineData("unable to create lock file /var/mail/user1.lock: File exists", true)]
    [InlineData("write failed: No space left on device", false)]
    [InlineData("FTS Xapian: (database is locked)", true)]
    [InlineData("lock_shared /var/lib/imap/quotas.db: Bad file number", false)]
    public void The_complaint_says_whether_a_lock_is_the_cause(string line, bool isLock) => Assert.Equal(isLock, Question.Of(line).Meaning?.IsLock);

    [Fact]
    public void A_word_that_is_no_complaint_has_no_meaning() => Assert.Null(Question.Of("alice").Meaning);

    [Theory]
    [InlineData("")]
    [InlineData("   \n\t ")]
    [InlineData("/")]
    [InlineData("\0\u202e\ud800")]
    [InlineData("pid 99999999999999999999")]
    [InlineData("((((((((((")]
    public void Odd_texts_are_read_without_an_error(string text) => Assert.True(Question.Of(text).Pids.Count == 0);

    [Fact]
    public void A_long_text_is_read_quickly()
    {
        // Nested repetition would take longer than any person waits.
        foreach (var piece in new[] { "/a", "a(", "held by ", "1:", "<", "user=", "\"/" })
            Question.Of(string.Concat(Enumerable.Repeat(piece, 100_000)));
    }

    [Fact]
    public void Random_texts_are_read_without_an_error()
    {
        const string alphabet = "/ab.1<>()[]{}:;,=@\"' \tlock pid held by user host at line";
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string(Enumerable.Range(0, random.Next(80)).Select(_ => alphabet[random.Next(alphabet.Length)]).ToArray());
            var question = Question.Of(text);
            Assert.All(question.Paths, p => Assert.StartsWith("/", p, StringComparison.Ordinal));
            Assert.All(question.Pids, p => Assert.InRange(p, 1, 4_194_304));
        }
    }
}
