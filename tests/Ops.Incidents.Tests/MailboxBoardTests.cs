namespace Ops.Incidents.Tests;

public sealed class MailboxBoardTests
{
    private const string Alice = "/var/mail/alice";

    [Fact]
    public void A_held_mailbox_without_waiters_is_busy()
    {
        var card = Only(Given.Held(Alice, 10, mailbox: Alice));

        Assert.Equal(MailboxState.Busy, card.State);
        Assert.Equal("alice", card.User);
        Assert.Equal("Pid 10 (imap) holds a POSIX write lock on /var/mail/alice; no process waits.", card.Cause);
        Assert.Equal(StepVerb.Nothing, card.Next.Verb);
    }

    [Fact]
    public void A_short_wait_for_a_working_holder_is_waiting()
    {
        var card = Only(Given.Held(Alice, 10, mailbox: Alice), Given.Waiting(Alice, 11, 10, mailbox: Alice, since: TimeSpan.FromSeconds(5)));

        Assert.Equal(MailboxState.Waiting, card.State);
        Assert.Equal(10, card.Root?.Pid);
        Assert.Equal(StepVerb.Wait, card.Next.Verb);
        Assert.Contains("1 process waits, the longest for at least 5 s", card.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_wait_is_stuck_whatever_the_holder_does()
    {
        var card = Only(Given.Held(Alice, 10, mailbox: Alice, actions: ["term", "kill"]), Given.Waiting(Alice, 11, 10, mailbox: Alice, since: TimeSpan.FromSeconds(31)));

        Assert.Equal(MailboxState.Stuck, card.State);
        Assert.Equal(StepVerb.Look, card.Next.Verb);
        Assert.Null(card.Next.Command);
    }

    [Fact]
    public void The_bytes_of_a_writer_are_saved_before_those_of_one_that_only_waits_for_the_old_file()
    {
        var waiter = Given.Relation("ghost-waiters", "ghost-write", Alice, 31, descriptor: 3, actions: ["rescue"]);
        var writer = Given.Held(Alice, 30, mailbox: Alice, actions: ["rescue"]) with { Verdict = "ghost-write" };

        Assert.Equal("ops rescue 30 5 --to FILE --reason TEXT", Only(waiter, writer).Next.Command);
        Assert.Equal("ops rescue 31 3 --to FILE --reason TEXT", Only(waiter).Next.Command);
    }

    [Theory]
    [InlineData("T", StepVerb.Resume, "kill -CONT 10")]
    [InlineData("t", StepVerb.Look, null)]
    [InlineData("D", StepVerb.Repair, null)]
    public void A_holder_that_makes_no_progress_is_stuck_at_once(string state, StepVerb verb, string? command)
    {
        var card = Only(Given.Held(Alice, 10, state: state, mailbox: Alice), Given.Waiting(Alice, 11, 10, mailbox: Alice));

        Assert.Equal(MailboxState.Stuck, card.State);
        Assert.Equal(verb, card.Next.Verb);
        Assert.Equal(command, card.Next.Command);
    }

    [Fact]
    public void A_stopped_holder_without_waiters_is_busy()
    {
        Assert.Equal(MailboxState.Busy, Only(Given.Held(Alice, 10, state: "T", mailbox: Alice)).State);
    }

    [Fact]
    public void A_stale_lock_with_waiters_is_stuck_and_the_lock_is_broken_first()
    {
        var card = Only(
            Given.DotLock(Alice + ".lock", "stale", 77, isAlive: false, actions: ["break"]),
            Given.DotLockWaiter(Alice + ".lock", 20), Given.DotLockWaiter(Alice + ".lock", 21));

        Assert.Equal(MailboxState.Stuck, card.State);
        Assert.Null(card.Root?.Pid);
        Assert.Equal([20, 21], card.Victims.Select(v => v.Pid));
        Assert.Equal("/var/mail/alice.lock is stale: its owner, pid 77 (exim4), no longer exists; 2 processes wait for it.", card.Cause);
        Assert.Equal(StepVerb.Break, card.Next.Verb);
        Assert.Equal("ops break '/var/mail/alice.lock' --reason TEXT", card.Next.Command);
    }

    [Fact]
    public void A_stale_lock_that_is_not_offered_is_never_proposed()
    {
        var card = Only(Given.DotLock(Alice + ".lock", "stale", 77, isAlive: false));

        Assert.Equal(StepVerb.Look, card.Next.Verb);
        Assert.Null(card.Next.Command);
    }

    [Theory]
    [InlineData(5, MailboxState.Busy)]
    [InlineData(60, MailboxState.Stuck)]
    public void A_lock_file_whose_owner_is_unknown_is_in_the_way_and_nothing_removes_it(double age, MailboxState state)
    {
        var card = Only(Given.DotLock(Alice + ".lock", "refused") with { AgeSeconds = age, Summary = "nobody is known to own it" });

        Assert.Equal(state, card.State);
        Assert.Equal("/var/mail/alice.lock is in the way, and it is not proven that its owner is gone. Nobody is known to own it.", card.Cause);
        Assert.Equal(StepVerb.Look, card.Next.Verb);
        Assert.Equal("ops explain '/var/mail/alice.lock'", card.Next.Command);
    }

    [Fact]
    public void A_lock_on_a_file_that_lost_its_name_counts_for_the_mailbox_of_that_name()
    {
        var ghost = Given.Held(Alice, 30, "exim4", actions: ["rescue"]) with { Verdict = "ghost-write" };

        Assert.Equal(MailboxState.LosingMail, Only(ghost, Given.Held(Alice, 31, mailbox: Alice)).State);
    }

    [Fact]
    public void A_ghost_write_is_losing_mail_and_the_bytes_are_saved_first()
    {
        var card = Only(
            Given.Relation("ghost-writers", "ghost-write", Alice, 30, descriptor: 6, actions: ["rescue"]),
            Given.DotLock(Alice + ".lock", "stale", 77, isAlive: false, actions: ["break"]));

        Assert.Equal(MailboxState.LosingMail, card.State);
        Assert.Equal(StepVerb.Rescue, card.Next.Verb);
        Assert.Equal("ops rescue 30 6 --to FILE --reason TEXT", card.Next.Command);
    }

    [Theory]
    [InlineData("split-brain", "split-brain")]
    [InlineData("lock-lost", "refused")]
    public void Two_writers_are_losing_mail(string relation, string verdict) =>
        Assert.Equal(MailboxState.LosingMail, Only(Given.Relation(relation, verdict, Alice, 30)).State);

    [Fact]
    public void A_deadlock_marks_every_mailbox_of_its_circle()
    {
        const string bob = "/var/mail/bob";
        var cards = MailboxBoard.Of(
            [
                Given.Held(Alice, 10, mailbox: Alice), Given.Waiting(Alice, 11, 10, mailbox: Alice),
                Given.Held(bob, 11, mailbox: bob), Given.Waiting(bob, 10, 11, mailbox: bob),
                Given.Relation("deadlock", "waiting", Alice, 11, cycle: [10, 11]),
            ], Given.Now);

        Assert.Equal([MailboxState.Deadlocked, MailboxState.Deadlocked], cards.Select(c => c.State));
        var next = cards.Single(c => c.Path == Alice).Next;
        Assert.Equal(StepVerb.EndOne, next.Verb);
        Assert.Equal("ops end 11 --lock '/var/mail/alice' --signal term --reason TEXT", next.Command);
    }

    [Fact]
    public void The_root_of_a_chain_is_who_waits_for_nothing()
    {
        const string bob = "/var/mail/bob";
        var cards = MailboxBoard.Of(
            [
                Given.Held(Alice, 11, mailbox: Alice), Given.Waiting(Alice, 12, 11, mailbox: Alice),
                Given.Held(bob, 10, state: "T", mailbox: bob), Given.Waiting(bob, 11, 10, mailbox: bob),
            ], Given.Now);

        var alice = cards.Single(c => c.Path == Alice);
        Assert.Equal(10, alice.Root?.Pid);
        Assert.Equal(MailboxState.Stuck, alice.State);
        Assert.Equal("kill -CONT 10", alice.Next.Command);
    }

    [Theory]
    [InlineData("delivery-obstacle")]
    [InlineData("incompatible-locking")]
    [InlineData("lock-at-risk")]
    public void A_danger_that_blocks_no_process_is_at_risk(string relation)
    {
        var card = Only(Given.Relation(relation, "refused", Alice));

        Assert.Equal(MailboxState.AtRisk, card.State);
        Assert.Equal(StepVerb.Repair, card.Next.Verb);
    }

    [Fact]
    public void A_circle_without_an_outside_still_has_an_answer()
    {
        var card = Only(Given.Waiting(Alice, 10, 11, mailbox: Alice), Given.Waiting(Alice, 11, 10, mailbox: Alice));

        Assert.Null(card.Root);
        Assert.Equal(2, card.Victims.Count);
        Assert.Equal(StepVerb.Look, NextOfStuck(card).Verb);
    }

    [Fact]
    public void The_worst_comes_first_and_within_a_state_the_longest_waits()
    {
        const string bob = "/var/mail/bob", carol = "/var/mail/carol";
        var cards = MailboxBoard.Of(
            [
                Given.Held("/var/mail/dave", 40, mailbox: "/var/mail/dave"),
                Given.Held(Alice, 10, mailbox: Alice), Given.Waiting(Alice, 11, 10, mailbox: Alice, since: TimeSpan.FromMinutes(1)),
                Given.Held(bob, 12, mailbox: bob), Given.Waiting(bob, 13, 12, mailbox: bob, since: TimeSpan.FromMinutes(3)),
                Given.Relation("ghost-writers", "ghost-write", carol, 30, descriptor: 6),
            ], Given.Now);

        Assert.Equal([carol, bob, Alice, "/var/mail/dave"], cards.Select(c => c.Path));
    }

    [Fact]
    public void Files_of_no_mailbox_have_no_card()
    {
        Assert.Empty(MailboxBoard.Of(
            [
                Given.Blank("a", "/run/dovecot/master.pid", "pid-file", "orphan"),
                Given.Blank("b", "/srv/repo/.git/index.lock", "dot-lock", "refused"),
                Given.Blank("c", "/var/lib/dovecot/instances", "lock-file", "not-a-lock"),
                Given.Held("/var/spool/exim4/input/1xXOEN-000000000e9-1fab-D", 10, "exim4"),
            ], Given.Now));
    }

    [Fact]
    public void Many_waiters_are_counted_once_each()
    {
        var card = Only([Given.Held(Alice, 10, mailbox: Alice), .. Enumerable.Range(100, 300).SelectMany(p => new[] { Given.Waiting(Alice, p, 10, mailbox: Alice), Given.DotLockWaiter(Alice + ".lock", p, 10) })]);

        Assert.Equal(300, card.Victims.Count);
    }

    [Theory]
    [InlineData("/mail/user1/dovecot.index.log", "/mail/user1")]
    [InlineData("/srv/vmail/example.org/bob/Maildir/dovecot-uidlist.lock", "/srv/vmail/example.org/bob/Maildir")]
    [InlineData("/home/u/Maildir/tmp/1795893102.15235_0.vm", "/home/u/Maildir")]
    [InlineData("/home/u/Maildir/.Sent/cur/1.vm:2,S", "/home/u/Maildir/.Sent")]
    [InlineData("/var/spool/cyrus/mail/a/user/alice/cyrus.index", "/var/spool/cyrus/mail/a/user/alice")]
    [InlineData("/srv/vmail/bob/mailboxes/INBOX/dbox-Mails/dovecot.index.log", "/srv/vmail/bob/mailboxes/INBOX")]
    [InlineData("/var/mail/alice.lock", "/var/mail/alice")]
    [InlineData("/var/mail/alice", "/var/mail/alice")]
    [InlineData("/tmp/alice.lock", "/tmp/alice")]
    [InlineData("/var/tmp/x", "/var/tmp/x")]
    [InlineData("/tmp", "/tmp")]
    [InlineData("/", "/")]
    public void A_file_belongs_to_its_mailbox(string path, string mailbox) => Assert.Equal(mailbox, MailboxPath.Of(path));

    [Theory]
    [InlineData("/var/mail/alice", "alice")]
    [InlineData("/var/mail/a/alice", "alice")]
    [InlineData("/home/bob/Maildir", "bob")]
    [InlineData("/srv/vmail/example.org/bob/Maildir", "bob@example.org")]
    [InlineData("/var/spool/cyrus/mail/a/user/alice", "alice")]
    [InlineData("/var/spool/cyrus/mail/domain/e/example.org/a/user/alice^b", "alice.b@example.org")]
    [InlineData("/tmp/x", null)]
    public void A_path_says_whose_mailbox_it_is(string path, string? user) => Assert.Equal(user, MailboxPath.UserOf(path));

    private static NextStep NextOfStuck(MailboxCard card) =>
        MailboxBoard.Of([.. card.Findings.Select(f => f with { Since = Given.Now.AddMinutes(-5) })], Given.Now)[0].Next;

    private static MailboxCard Only(params Finding[] findings) => Assert.Single(MailboxBoard.Of(findings, Given.Now));
}
