using System.Text;

namespace Ops.Locks.Tests.Mailboxes;

public sealed class MailboxFormatTests
{
    [Theory]
    [InlineData("From a@b Sat", MailboxFormat.Mbox)]
    [InlineData("Fro", MailboxFormat.Mbox)]
    [InlineData("\u0001\u0001\u0001\u0001\nFrom: a", MailboxFormat.Mmdf)]
    [InlineData("BABYL OPTIONS: -*-", MailboxFormat.Babyl)]
    [InlineData("*mbx*\r\n00000000", MailboxFormat.Mbx)]
    [InlineData("From: a@b", MailboxFormat.None)]
    [InlineData("\u0001\u0001\u0001", MailboxFormat.None)]
    [InlineData("", MailboxFormat.None)]
    public void The_first_bytes_of_a_file_show_the_format(string start, MailboxFormat format) => Assert.Equal(format, MailboxFormats.Of(Encoding.Latin1.GetBytes(start)));
}

public sealed class MailboxLookTests
{
    private static readonly FilePath Alice = FilePath.FromText("/var/mail/alice");
    private static readonly ProcessFacts Writer = Given.Process(10, started: Given.Now.AddHours(-1));

    private static MailboxLook Look(MailboxFormat format, long size = 10, string? owner = "mail", TimeSpan? age = null) =>
        new(format, size, owner, FileTime.From(Given.Now - (age ?? TimeSpan.FromHours(2))));

    [Fact]
    public void An_empty_file_with_the_name_of_its_owner_is_a_mailbox()
    {
        Assert.True(Look(MailboxFormat.None, 0, "alice").IsMailboxAt(Alice));
        Assert.False(Look(MailboxFormat.None, 0, "bob").IsMailboxAt(Alice));
        Assert.False(Look(MailboxFormat.None, 10, "alice").IsMailboxAt(Alice));
        Assert.False(Look(MailboxFormat.None, 0, null).IsMailboxAt(Alice));
    }

    [Theory]
    [InlineData("/var/mail/alice.lock")]
    [InlineData("/tmp/.fe00.32")]
    [InlineData("/var/mail/alice.1234567890.mail1.77")]
    public void A_lock_handle_and_a_temporary_file_are_no_mailbox_whatever_they_hold(string path) => Assert.False(Look(MailboxFormat.Mbox).IsMailboxAt(FilePath.FromText(path)));

    [Fact]
    public void A_removed_file_that_is_younger_than_its_writer_may_be_a_scratch_file_unless_it_has_the_name_of_an_account()
    {
        Assert.True(Look(MailboxFormat.Mbox).IsMailboxOlderThan(Writer, Alice));
        Assert.False(Look(MailboxFormat.Mbox, age: TimeSpan.FromMinutes(1)).IsMailboxOlderThan(Writer, Alice));
        Assert.True(Look(MailboxFormat.Mbox, owner: "alice", age: TimeSpan.FromMinutes(1)).IsMailboxOlderThan(Writer, Alice));
    }
}
