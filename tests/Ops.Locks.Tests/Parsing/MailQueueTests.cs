using System.Globalization;

namespace Ops.Locks.Tests.Parsing;

/// <summary>What <c>postqueue -j</c> of Postfix 3.7 and <c>exim -bpru</c> of Exim 4.96 print.</summary>
public sealed class MailQueueTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_message_of_Postfix_has_its_time_and_those_it_waits_for()
    {
        var message = PostfixQueueList.ParseLine("""
            {"queue_name": "deferred", "queue_id": "ACEF1B28B4D", "arrival_time": 1795989961, "message_size": 124, "forced_expire": false, "sender": "root", "recipients": [{"address": "alice@mail.example.org", "delay_reason": "cannot update mailbox /var/mail/alice for user alice. unable to lock for exclusive access: Resource temporarily unavailable"}, {"address": "bob@mail.example.org"}]}
            """)!;

        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1795989961), message.ArrivedAt);
        Assert.Equal(["alice@mail.example.org", "bob@mail.example.org"], message.Recipients.Select(r => r.Address));
        Assert.StartsWith("cannot update mailbox /var/mail/alice", message.Recipients[0].Reason, StringComparison.Ordinal);
        Assert.Null(message.Recipients[1].Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("postqueue: warning: Mail system is down -- accessing queue directly")]
    [InlineData("[]")]
    [InlineData("{\"queue_name\": \"deferred\"}")]
    [InlineData("{\"queue_id\": \"A\", \"recipients\": [{\"address\": \"\\ud800\"}]}")]
    [InlineData("{\"queue_id\": \"A\"")]
    public void A_line_that_is_no_message_of_Postfix_is_none(string line) => Assert.Null(PostfixQueueList.ParseLine(line));

    [Theory]
    [InlineData("{\"queue_id\": 1, \"arrival_time\": \"now\", \"recipients\": {}}")]
    [InlineData("{\"queue_id\": \"A\", \"arrival_time\": 1e300, \"recipients\": [1, null, {\"address\": 7}, {\"address\": \"\"}]}")]
    [InlineData("{\"queue_id\": \"A\", \"arrival_time\": 9223372036854775807}")]
    public void What_makes_no_sense_in_a_message_is_left_out(string line) => Assert.Equivalent(new QueuedMessage(null, []), PostfixQueueList.ParseLine(line));

    [Fact]
    public void Messages_of_Exim_have_their_age_and_those_that_wait_for_them()
    {
        var messages = ReadExim("""
             0m   289 1xXn1d-0001Si-2k <root@mail.example.org>
                      alice@mail.example.org
                      bob@mail.example.org

            25m  2.9K 0t5C6f-0000c8-00 <alice@wonderland.fict.example>
                    D red.king@looking-glass.fict.example
                      queen@looking-glass.fict.example

             5d   12K 1rQ2sT-0000000AbCd-1xYz <> *** frozen ***
                      alice@mail.example.org
            """);

        Assert.Equal([Now, Now.AddMinutes(-25), Now.AddDays(-5)], messages.Select(m => m.ArrivedAt!.Value));
        Assert.Equal(["alice@mail.example.org bob@mail.example.org", "queen@looking-glass.fict.example", "alice@mail.example.org"], messages.Select(m => string.Join(' ', m.Recipients.Select(r => r.Address))));
    }

    [Fact]
    public void Lines_that_are_no_message_of_Exim_add_none() =>
        Assert.Empty(ReadExim("*** spool read error: No such file or directory ***\n          alice@example.org\n\n99999999999m 1K 1xXn1d\n"));

    [Fact]
    public void A_queue_of_a_hundred_thousand_messages_is_counted()
    {
        var count = new QueueCount(r => r.Address.StartsWith("alice", StringComparison.Ordinal) ? "alice" : null);
        for (var i = 0; i < 100_000; i++)
            count.Add(new(Now.AddSeconds(-i), [new($"user{i}@example.org", null), new(i % 1000 == 0 ? "alice@example.org" : "eve@example.net", i == 5000 ? "locked" : null)]));

        Assert.Equal(100_000, count.Messages);
        Assert.Equal([new("alice", 100, Now.AddSeconds(-99_000), "locked")], count.Users);
    }

    [Fact]
    public void A_message_to_two_addresses_of_a_user_counts_once()
    {
        var count = new QueueCount(static _ => "alice");
        count.Add(new(null, [new("alice", null), new("alice+lists", "full")]));

        Assert.Equal([new("alice", 1, null, "full")], count.Users);
    }

    [Fact]
    public void As_many_users_are_counted_as_are_of_use_and_all_messages()
    {
        var count = new QueueCount(static r => r.Address);
        for (var i = 0; i < 3_000; i++)
            count.Add(new(Now, [new(i.ToString(CultureInfo.InvariantCulture), new string('x', 5_000))]));

        Assert.Equal((3_000, QueueCount.MostUsers), (count.Messages, count.Users.Count));
        Assert.All(count.Users, u => Assert.InRange(u.Reason!.Length, 1, 400));
    }

    internal static List<QueuedMessage> ReadExim(string text)
    {
        var queue = new EximQueueList(Now);
        List<QueuedMessage> messages = [.. text.Split('\n').Select(queue.Take).OfType<QueuedMessage>()];
        if (queue.End() is { } last)
            messages.Add(last);
        return messages;
    }
}
