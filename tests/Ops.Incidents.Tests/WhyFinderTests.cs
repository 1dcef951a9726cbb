namespace Ops.Incidents.Tests;

public sealed class WhyFinderTests
{
    private static readonly Finding[] Stuck =
    [
        Given.Held("/var/mail/alice", 4690, state: "T", mailbox: "/var/mail/alice", user: "alice"), Given.Waiting("/var/mail/alice", 4711, 4690, mailbox: "/var/mail/alice", since: TimeSpan.FromMinutes(4)),
        Given.DotLock("/var/mail/bob.lock", "stale", 77, isAlive: false, actions: ["break"]),
        Given.Held("/srv/vmail/example.org/carol/Maildir/dovecot.index.log", 5000),
        Given.Relation("ghost-writers", "ghost-write", "/var/mail/dave", 30, descriptor: 6, actions: ["rescue"]),
    ];

    [Theory]
    [InlineData("alice", "/var/mail/alice", WhyVerdict.Blocked)]
    [InlineData("alice@example.org", "/var/mail/alice", WhyVerdict.Blocked)]
    [InlineData("/var/mail/alice", "/var/mail/alice", WhyVerdict.Blocked)]
    [InlineData("4690", "/var/mail/alice", WhyVerdict.Blocked)]
    [InlineData("4711", "/var/mail/alice", WhyVerdict.Blocked)]
    [InlineData("dovecot: lmtp(alice)<4711><x>: Error: Timeout (180s) while waiting for lock for /var/mail/alice (WRITE lock held by pid 4690)", "/var/mail/alice", WhyVerdict.Blocked)]
    [InlineData("procmail: Lock failure on \"/var/mail/bob.lock\"", "/var/mail/bob", WhyVerdict.Stale)]
    [InlineData("bob.lock", "/var/mail/bob", WhyVerdict.Stale)]
    [InlineData("carol@example.org", "/srv/vmail/example.org/carol/Maildir", WhyVerdict.Free)]
    [InlineData("/srv/vmail/example.org/carol/Maildir/cur/1.x:2,S", "/srv/vmail/example.org/carol/Maildir", WhyVerdict.Free)]
    [InlineData("dave", "/var/mail/dave", WhyVerdict.AtRisk)]
    [InlineData("mx1", "/var/mail/dave", WhyVerdict.AtRisk)]
    [InlineData("/var/mail", "/var/mail/dave", WhyVerdict.AtRisk)]
    public void A_question_leads_to_its_mailbox(string text, string mailbox, WhyVerdict verdict)
    {
        var answer = Ask(text);

        Assert.Equal(mailbox, answer.Best?.Card.Path);
        Assert.Equal(verdict, answer.Verdict);
    }

    [Fact]
    public void The_chain_begins_with_its_root()
    {
        var answer = Ask("alice");

        Assert.Equal("alice (/var/mail/alice) is stuck. Pid 4690 (imap, user alice) holds a POSIX write lock on /var/mail/alice and is stopped; 1 process waits, the longest for at least 4 min.", answer.Sentence);
        Assert.Equal(["Pid 4690 (imap, user alice) holds the lock.", "Pid 4711 (lmtp) waits behind pid 4690, for at least 4 min."], answer.Chain);
        Assert.Equal("kill -CONT 4690", answer.Best?.Card.Next.Command);
    }

    [Fact]
    public void A_holder_is_named_by_its_session_and_found_by_it()
    {
        var held = Given.Held("/srv/shared/sales", 4690, state: "T", mailbox: "/srv/shared/sales", user: "vmail");
        held = held with { Process = held.Process! with { Session = new("dovecot", "erin@example.org", "192.0.2.7", "imap", null, "doveadm who", Given.Now) } };
        Finding[] findings = [held, Given.Waiting("/srv/shared/sales", 4711, 4690, mailbox: "/srv/shared/sales")];

        foreach (var text in new[] { "/srv/shared/sales", "erin", "erin@example.org" })
        {
            var answer = WhyFinder.Answer(Question.Of(text), [HostBoard.Of("mx1", findings, [], Given.Now)], Given.Now);

            Assert.Equal("Pid 4690 (imap, session of erin@example.org from 192.0.2.7, user vmail) holds the lock.", answer.Chain[0]);
        }
        Assert.Equal("erin@example.org", WhyMailbox.Of(HostBoard.Of("mx1", findings, [], Given.Now).Cards[0], "", Given.Now).RootSession?.User);
        Assert.Equal("a\\u{202e}b from x\\x1b", FindingWords.Session(new("cyrus", "a\u202eb", "x\u001b", null, null, "file", Given.Now)));
    }

    [Fact]
    public void A_root_is_shown_with_the_lock_that_others_wait_for()
    {
        Finding[] findings =
        [
            Given.Blank("proc", "/run/cyrus/proc/4690", "temp-file", "held") with { Process = Given.Process(4690, "imapd") },
            Given.Held("/run/cyrus/lock/user/alice", 4690, "imapd"),
            Given.Waiting("/run/cyrus/lock/user/alice", 4711, 4690),
        ];

        Assert.Equal("/run/cyrus/lock/user/alice", HostBoard.Of("mx1", findings, [], Given.Now).Cards[0].Root?.Finding?.Path);
    }

    [Theory]
    [InlineData("held", StepVerb.Nothing)]
    [InlineData("refused", StepVerb.Look)]
    [InlineData("waiting", StepVerb.Look)]
    [InlineData("stale", StepVerb.Look)]
    [InlineData("split-brain", StepVerb.Look)]
    [InlineData("orphan", StepVerb.Look)]
    [InlineData("of a later version", StepVerb.Nothing)]
    public void What_belongs_to_no_mailbox_and_is_not_offered_is_only_looked_at(string verdict, StepVerb step)
    {
        var finding = Given.Blank("x", "/run/x", "pid-file", verdict);

        Assert.Equal(step, NextSteps.Of(finding).Verb);
    }

    [Fact]
    public void A_store_in_an_unusual_place_is_found_by_the_name_of_the_mailbox()
    {
        var held = Given.Held("/data/mail/erin", 60, mailbox: "/data/mail/erin");

        Assert.Equal("/data/mail/erin", WhyFinder.Answer(Question.Of("erin@example.org"), [HostBoard.Of("mx1", [held], [], Given.Now)], Given.Now).Best?.Card.Path);
    }

    [Fact]
    public void A_complaint_about_rights_is_not_blamed_on_a_lock()
    {
        Assert.Contains("This is about owner and mode, not about a stale lock.", Ask("unable to create lock file /var/mail/bob.lock: Permission denied").Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_unknown_is_answered_with_what_was_searched_and_the_nearest_name()
    {
        var answer = Ask("alicia");

        Assert.Equal(WhyVerdict.Unknown, answer.Verdict);
        Assert.Equal("Searched 4 mailboxes and 5 findings on mx1, as they are now.", answer.Searched);
        Assert.Equal(["alice (/var/mail/alice): stuck"], answer.Nearest);
    }

    [Fact]
    public void A_line_whose_lock_is_gone_still_has_its_own_meaning()
    {
        var answer = Ask("postfix/local[303]: AD463A5144: to=<zoe@example.net>, status=deferred (unable to create lock file /var/mail/zoe.lock: File exists)");

        Assert.Equal(WhyVerdict.Unknown, answer.Verdict);
        Assert.Contains("A lock file of that name existed already, and the program gave up on it.", answer.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_in_the_queue_leads_to_the_process_that_delivers_it()
    {
        var spool = Given.Held("/var/spool/exim4/input/1xXOEN-000000000e9-1fab-D", 10, "exim4");

        var answer = WhyFinder.Answer(Question.Of("1xXOEN-000000000e9-1fab"), [HostBoard.Of("mx1", [.. Stuck, spool], [], Given.Now)], Given.Now);

        Assert.Equal(spool.Path, Assert.Single(answer.Others).Path);
    }

    [Fact]
    public void A_host_in_the_line_decides_between_two_mailboxes_of_one_name()
    {
        var hosts = new[] { "mx1", "mx2" }.Select(h => HostBoard.Of(h, [.. Stuck.Select(f => f with { Host = h })], [], Given.Now)).ToList();

        var answer = WhyFinder.Answer(Question.Of("Nov 28 02:14:05 mx2 procmail[1]: Lock failure on \"/var/mail/bob.lock\""), hosts, Given.Now);

        Assert.Equal("mx2", answer.Best?.Card.Host);
        Assert.Equal(2, answer.Candidates.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Waiting for fcntl lock... 5")]
    [InlineData("(((")]
    public void A_text_that_names_nothing_says_so(string text)
    {
        var answer = Ask(text);

        Assert.Equal(WhyVerdict.Unknown, answer.Verdict);
        Assert.Contains("names n", answer.Sentence, StringComparison.Ordinal);
        Assert.Empty(answer.Candidates);
    }

    [Fact]
    public void No_connected_host_is_said_and_not_taken_for_calm()
    {
        Assert.Equal("No host is connected: nothing was searched.", WhyFinder.Answer(Question.Of("alice"), [], Given.Now).Searched);
    }

    [Fact]
    public void Control_characters_of_a_question_are_escaped() =>
        Assert.DoesNotContain('\u001b', Ask("\u001b[31malice\u001b[0m is stuck").Sentence);

    private static WhyAnswer Ask(string text) => WhyFinder.Answer(Question.Of(text), [HostBoard.Of("mx1", Stuck, [], Given.Now)], Given.Now);
}
