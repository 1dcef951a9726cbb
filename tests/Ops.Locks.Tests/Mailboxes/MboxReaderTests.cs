using System.Text;

namespace Ops.Locks.Tests.Mailboxes;

public sealed class MboxReaderTests
{
    private const string First = "From a@x Sat Nov 21 07:16:37 2026\nFrom: A <a@x>\nMessage-ID: <1@x>\nSubject: one\n two\nDate: today\n\nHello\n\n";
    private const string Second = "From b@x Sat Nov 21 07:16:38 2026\nMessage-Id: <2@x>\n\n>From here on\nFrom inside a paragraph\n\n";

    private static List<MboxMessage> Read(string text, int piece = int.MaxValue)
    {
        var found = new List<MboxMessage>();
        using var reader = new MboxReader(found.Add);
        foreach (var part in Encoding.UTF8.GetBytes(text).Chunk(piece))
            reader.Read(part);
        reader.End();
        Assert.Equal(found.Count, reader.Count);
        return found;
    }

    [Fact]
    public void Messages_are_split_and_their_headers_unfolded()
    {
        var found = Read(First + Second);
        Assert.Equal(2, found.Count);
        Assert.Equal(("A <a@x>", "<1@x>", "one two", "today"), (found[0].From, found[0].MessageId, found[0].Subject, found[0].Date));
        Assert.Equal((First.Length, Second.Length), ((int)found[0].Bytes, (int)found[1].Bytes));
        Assert.Equal((null, "<2@x>"), (found[1].From, found[1].MessageId));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void How_the_file_is_cut_into_pieces_changes_nothing(int piece) => Assert.Equal(Read(First + Second), Read(First + Second, piece));

    [Fact]
    public void A_From_line_within_a_paragraph_begins_no_message() => Assert.Single(Read(Second));

    [Fact]
    public void Flags_line_ends_quoting_and_empty_lines_at_the_end_do_not_make_another_message()
    {
        var flagged = First.Replace("Date: today\n", "Date: today\nStatus: RO\nX-UID: 7\n", StringComparison.Ordinal);
        Assert.Equal(Read(First)[0].Key, Read(flagged + "\n\n")[0].Key);
        Assert.Equal(Read(First)[0].Key, Read(First.Replace("\n", "\r\n", StringComparison.Ordinal))[0].Key);
        Assert.Equal(Read(Second)[0].Key, Read(Second.Replace(">From", ">>From", StringComparison.Ordinal))[0].Key);
    }

    [Fact]
    public void Another_body_or_another_id_is_another_message()
    {
        Assert.NotEqual(Read(First)[0].Key, Read(First.Replace("Hello", "Hullo", StringComparison.Ordinal))[0].Key);
        Assert.NotEqual(Read(First)[0].Key, Read(First.Replace("<1@x>", "<3@x>", StringComparison.Ordinal))[0].Key);
        Assert.NotEqual(Read(First)[0].Key, Read(First.Replace("Hello\n", "Hel", StringComparison.Ordinal))[0].Key);
    }

    [Fact]
    public void A_file_that_does_not_begin_as_an_mbox_has_no_messages() => Assert.Empty(Read("cyrus\0index\nFrom x\n"));

    [Fact]
    public void A_line_of_any_length_is_read()
    {
        var huge = First.Replace("Hello", new string('x', 200_000), StringComparison.Ordinal) + Second;
        Assert.Equal(2, Read(huge).Count);
        Assert.Equal(Read(huge), Read(huge, 1000));
    }

    [Fact]
    public void Copies_are_matched_one_by_one()
    {
        var comparison = new MailboxComparison();
        var message = Read(First)[0];
        comparison.Add(message);
        Assert.True(comparison.TryMatch(message));
        Assert.False(comparison.TryMatch(message));
    }
}
