namespace Ops.Incidents.Tests;

public sealed class MailQueueTests
{
    private static readonly IReadOnlyCollection<string> Local = ["mail.example.org", "localhost"];

    private static IReadOnlyList<Finding> Findings =>
    [
        Given.DotLock("/var/mail/alice.lock", "stale", 77, isAlive: false),
        Given.DotLock("/srv/vmail/example.org/carol.lock", "stale", 78, isAlive: false),
        Given.Held("/var/mail/bob", 5),
    ];

    [Theory]
    [InlineData("alice", null, "alice")]
    [InlineData("Alice@MAIL.example.org", null, "alice")]
    [InlineData("alice+lists@localhost", null, "alice")]
    [InlineData("carol@example.org", null, "carol@example.org")]
    [InlineData("carol+x@example.org", null, "carol@example.org")]
    [InlineData("alice@example.org", "cannot update mailbox /var/mail/alice for user alice. unable to lock for exclusive access", "alice")]
    // They may be mailboxes of another host.
    [InlineData("alice@example.net", "Connection timed out", null)]
    [InlineData("carol", null, null)]
    // Nothing is in the way of this one.
    [InlineData("bob", null, null)]
    [InlineData("@", null, null)]
    [InlineData("", null, null)]
    public void A_recipient_is_the_user_of_a_mailbox_only_where_that_is_certain(string address, string? reason, string? user) =>
        Assert.Equal(user, MailQueues.UserOf(new(address, reason), MailQueues.AskedFor(Findings, Given.Now), Local));

    [Fact]
    public void The_answer_says_how_many_messages_wait_since_when_and_why()
    {
        QueueReport[] queues =
        [
            new("postfix", Given.Now.AddSeconds(-20), 5000, null, [new("alice", 14, Given.Now.AddMinutes(-22), "unable to lock\u001b[2J"), new("bob", 3, Given.Now.AddMinutes(-1), null)]),
            new("exim", Given.Now.AddMinutes(-9), 1, null, [new("alice", 1, null, null)]),
        ];

        var answer = WhyFinder.Answer(Question.Of("alice"), [HostBoard.Of("mx1", Findings, [], Given.Now, queues)], Given.Now);

        Assert.Contains("14 messages wait in the queue of postfix for alice, the oldest for 22 min. Postfix says: Unable to lock\\x1b[2J.", answer.Chain);
        Assert.Contains("1 message waits in the queue of exim for alice. That was 9 min ago.", answer.Chain);
        Assert.DoesNotContain(WhyFinder.Answer(Question.Of("bob"), [HostBoard.Of("mx1", Findings, [], Given.Now, queues)], Given.Now).Chain, l => l.Contains("queue", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_an_answer_of_a_queue_nothing_is_said_of_it() =>
        Assert.DoesNotContain(WhyFinder.Answer(Question.Of("alice"), [HostBoard.Of("mx1", Findings, [], Given.Now)], Given.Now).Chain, l => l.Contains("queue", StringComparison.Ordinal));
}
