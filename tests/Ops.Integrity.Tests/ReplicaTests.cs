namespace Ops.Integrity.Tests;

/// <summary>Two hosts, compared by what their indexes say.</summary>
public sealed class ReplicaTests
{
    private const string Other = "mx2";
    private static readonly DateTimeOffset Taken = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Equal_mailboxes_have_no_difference_and_cost_nothing_in_an_answer()
    {
        var (here, there) = (Digest(Box("a", 9, Message(1), Message(9))), Digest(Box("a", 9, Message(1), Message(9))));
        Assert.Equal((0, 1, 2L), Counts(here, there));
        Assert.Empty(ReplicaCompare.Answer(here, there).Mailboxes);
    }

    [Fact]
    public void Another_hash_under_one_UID_is_content_with_both_records()
    {
        var difference = Assert.Single(Compare(Digest(Box("a", 9, Message(1), Message(5, digest: 7))), Digest(Box("a", 9, Message(1), Message(5, digest: 8)))));
        Assert.Equal((ReplicaCheck.Content, 5u, 7ul, 8ul), (difference.Check, difference.Uid!.Value, difference.Here!.Value.Digest.First, difference.There!.Value.Digest.First));
    }

    [Fact]
    public void A_GUID_that_one_host_does_not_keep_is_no_difference_and_another_size_is()
    {
        Assert.Empty(Compare(Digest(Box("a", 9, Message(5, digest: 7))), Digest(Box("a", 9, Message(5, digest: 0)))));
        Assert.Equal(ReplicaCheck.Content, Assert.Single(Compare(Digest(Box("a", 9, Message(5, 10, 7))), Digest(Box("a", 9, Message(5, 11, 0))))).Check);
    }

    [Fact]
    public void A_message_above_the_last_UID_of_the_other_host_is_on_its_way_and_below_it_is_missing()
    {
        var (here, there) = (Digest(Box("a", 9, Message(1), Message(9))), Digest(Box("a", 8, Message(1))));
        var comparison = ReplicaCompare.Compare(here, there);
        Assert.Empty(comparison.Differences);
        Assert.Equal((1L, 1), (comparison.Newer, comparison.Equal));

        there = Digest(Box("a", 9, Message(1)));
        Assert.Equal((ReplicaCheck.OnlyHere, 9u), Assert.Single(Compare(here, there).Select(d => (d.Check, d.Uid!.Value))));
        Assert.Equal((ReplicaCheck.OnlyThere, 9u), Assert.Single(Compare(there, here).Select(d => (d.Check, d.Uid!.Value))));
    }

    [Fact]
    public void An_expunged_record_that_one_host_has_cleaned_up_is_no_difference()
    {
        var gone = Message(5) with { IsGone = true };
        Assert.Equal((0, 1, 1L), Counts(Digest(Box("a", 9, Message(1), gone)), Digest(Box("a", 9, Message(1)))));
        Assert.Equal((0, 1, 2L), Counts(Digest(Box("a", 9, Message(1), Message(5))), Digest(Box("a", 9, Message(1), gone))));
        // A whole block of them, too.
        Assert.Equal((0, 1, 1L), Counts(Digest(Box("a", 900, Message(1), Message(800) with { IsGone = true })), Digest(Box("a", 900, Message(1)))));
    }

    [Fact]
    public void Mailboxes_of_one_host_alone_are_named_only_where_the_other_one_saw_all()
    {
        var (here, there) = (Digest(Box("a", 1, Message(1)), Box("b", 1, Message(1))), Digest(Box("a", 1, Message(1)), Box("c", 1, Message(1))));
        Assert.Equal([(ReplicaCheck.MailboxOnlyHere, "b"), (ReplicaCheck.MailboxOnlyThere, "c")], Compare(here, there).Select(d => (d.Check, d.UniqueId)));
        Assert.Equal([(ReplicaCheck.MailboxOnlyThere, "c")], Compare(here, there with { NotSeen = 1 }).Select(d => (d.Check, d.UniqueId)));
        Assert.Equal([(ReplicaCheck.MailboxOnlyHere, "b")], Compare(here with { NotSeen = 1 }, there).Select(d => (d.Check, d.UniqueId)));
    }

    [Fact]
    public void Differences_are_in_the_order_of_mailbox_and_UID_whatever_the_order_of_the_directories()
    {
        var here = Digest(Box("c", 9, Message(1, 11)), Box("a", 9, Message(2, 11), Message(5, 11)), Box("d", 1, Message(1)));
        var there = Digest(Box("a", 9, Message(2), Message(5)), Box("b", 1, Message(1)), Box("c", 9, Message(1)));
        Assert.Equal([("user.a", 2u), ("user.a", 5u), ("user.b", null), ("user.c", 1u), ("user.d", null)], Compare(here, there).Select(d => (d.Mailbox, d.Uid)));
    }

    [Fact]
    public void Another_UID_validity_is_one_difference_and_no_messages_are_compared() =>
        Assert.Equal(ReplicaCheck.UidValidity, Assert.Single(Compare(Digest(Box("a", 9, Message(1))), Digest(ReplicaHash.Mailbox("a", "user.a", 8, 9, [Message(2)])))).Check);

    [Fact]
    public void Hashes_first_then_records_of_what_differs_give_the_same_as_whole_digests()
    {
        ReplicaRecord[] messages = [.. Enumerable.Range(1, 2000).Select(i => Message((uint)i))];
        ReplicaRecord[] others = [.. messages.Where(m => m.Uid != 1500).Select(m => m.Uid == 700 ? m with { Size = 11 } : m)];
        var (here, there) = (Digest(Box("a", 2000, messages), Box("b", 2000, messages), Box("only-here", 1, Message(1))), Digest(Box("a", 2000, others), Box("b", 2000, messages)));

        // This host gives hashes, the other answers with its records, and this host compares.
        var question = Reread(here, withRecords: false);
        var answer = Reread(ReplicaCompare.Answer(there, question), withRecords: true);

        Assert.Equal([2, 0], [.. answer.Mailboxes.Select(m => m.Blocks.Count), answer.Mailboxes.Count - 1]);
        Assert.Equal([(ReplicaCheck.Content, 700u), (ReplicaCheck.OnlyHere, 1500u)], Compare(here, answer).Select(d => (d.Check, d.Uid!.Value)));
        Assert.Equal([(ReplicaCheck.Block, 512u), (ReplicaCheck.Block, 1280u)], Compare(there, question).Where(d => d.Check == ReplicaCheck.Block).Select(d => (d.Check, d.Uid!.Value)));
        Assert.Equal(Compare(here, there).Where(d => d.Uid is not null), Compare(here, answer));
    }

    [Fact]
    public void Messages_that_only_the_asking_host_has_are_found_from_an_answer_without_any()
    {
        var (here, there) = (Digest(Box("a", 900, Message(1), Message(800))), Digest(Box("a", 900, Message(1))));
        var answer = Reread(ReplicaCompare.Answer(there, Reread(here, withRecords: false)), withRecords: true);
        Assert.Equal([(ReplicaCheck.OnlyHere, 800u)], Compare(here, answer).Select(d => (d.Check, d.Uid!.Value)));
    }

    [Fact]
    public void Only_what_a_second_look_sees_in_the_same_way_is_confirmed()
    {
        var there = Digest(Box("a", 9, Message(1), Message(2), Message(3)));
        var first = ReplicaCompare.Compare(Digest(Box("a", 9, Message(1, 11), Message(2, 12))), there);
        var second = ReplicaCompare.Compare(Digest(Box("a", 9, Message(1, 11), Message(2), Message(3))), there);
        Assert.Equal(3, first.Differences.Count);
        Assert.Equal([1u], ReplicaCompare.Confirmed(first, second).Select(d => d.Uid!.Value));
    }

    [Fact]
    public void A_flag_that_is_set_between_two_looks_leaves_the_difference_confirmed()
    {
        var there = Digest(Box("a", 9, Message(1)));
        var first = ReplicaCompare.Compare(Digest(Box("a", 9, Message(1, 11))), there);
        var second = ReplicaCompare.Compare(Digest(Box("a", 9, Message(1, 11) with { Updated = 777 })), there);
        Assert.Equal(777, Assert.Single(ReplicaCompare.Confirmed(first, second)).Here!.Value.Updated);
    }

    [Fact]
    public void Only_a_later_whole_digest_of_the_same_host_confirms()
    {
        var first = Digest(Box("a", 9, Message(1)));
        var later = first with { TakenAt = first.TakenAt.AddMinutes(10) };
        Assert.Null(ReplicaCompare.WhyNoConfirmation(first, later));
        Assert.Equal("the second one was not taken later than the first", ReplicaCompare.WhyNoConfirmation(later, first));
        Assert.Equal("the second one was not taken later than the first", ReplicaCompare.WhyNoConfirmation(first, first));
        Assert.StartsWith("one is of ", ReplicaCompare.WhyNoConfirmation(first, later with { Host = "mx3" }), StringComparison.Ordinal);
        var brief = later with { Mailboxes = [.. later.Mailboxes.Select(m => m with { Blocks = [.. m.Blocks.Select(b => b with { Records = null })] })] };
        Assert.StartsWith("both have to be whole", ReplicaCompare.WhyNoConfirmation(first, brief), StringComparison.Ordinal);
        Assert.StartsWith("both have to be whole", ReplicaCompare.WhyNoConfirmation(first, later with { IsWhole = false }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_arrived_before_1970_is_read_from_its_digest()
    {
        using var text = new StringWriter();
        DigestText.Write(text, Digest(Box("a", 9, Message(1) with { InternalDate = -5 })), withRecords: true);
        Assert.Equal(-5, DigestText.Read(new StringReader(text.ToString())).Value!.Mailboxes[0].Blocks[0].Records![0].InternalDate);
    }

    [Theory]
    [InlineData(1, 2, 2, 100, RightSide.There, "By hash: the bytes here are what the index of mx2 says, and not what the index here says.")]
    [InlineData(1, 2, 1, 100, RightSide.Unknown, "By hash: the bytes here are what the index here says. After reconstruct they would be, too.")]
    [InlineData(1, 2, 1, 101, RightSide.There, "By time: the file was written 1970-01-01 00:01:41Z, and the message arrived 1970-01-01 00:01:40Z.")]
    [InlineData(1, 2, 3, 100, RightSide.Neither, "which the index here does not say.")]
    [InlineData(1, 0, 3, 100, RightSide.Unknown, "which the index here does not say.")]
    public void The_right_side_follows_from_the_bytes_and_then_from_the_time(int mine, int theirs, int bytes, long modified, RightSide right, string evidence)
    {
        var difference = new ReplicaDifference(ReplicaCheck.Content, "a", "user.a", 5, Message(5, digest: (ulong)mine), Message(5, digest: (ulong)theirs));
        var judged = ReplicaJudge.Of(difference, new ReplicaFile(FilePath.FromText("/x/5."), new StoredFile("5.", new FileIdentity(1, 1, 5), 1, 10, new FileTime(0, 0), new FileTime(modified, 0)), Guid((ulong)bytes)), Other);
        Assert.Equal(right, judged.Right);
        Assert.Contains(judged.Evidence, e => e.EndsWith(evidence, StringComparison.Ordinal));
    }

    [Fact]
    public void A_digest_is_read_as_it_was_written_and_a_part_of_it_is_refused()
    {
        var digest = Digest(Box("a\tb\n", 9, Message(1), Message(9) with { IsGone = true }), Box("c", 300, Message(300)));
        var text = Text(digest, withRecords: true);
        var read = DigestText.Read(new StringReader(text)).Value!;
        Assert.Equal((Other, Taken, true, 0, 2), (read.Host, read.TakenAt, read.IsWhole, read.NotSeen, read.Mailboxes.Count));
        Assert.Equal(text, Text(read, withRecords: true));
        Assert.Empty(Compare(digest with { Mailboxes = [digest.Mailboxes[1]] }, read with { Mailboxes = [read.Mailboxes[1]] }));
        for (var length = 0; length < text.Length; length++)
            Assert.NotNull(DigestText.Read(new StringReader(text[..length])).Refusal);
    }

    [Fact]
    public void A_hash_that_is_not_that_of_its_records_is_refused()
    {
        var text = Text(Digest(Box("a", 9, Message(1))), withRecords: true);
        Assert.Equal(FormatFault.BrokenEntries, DigestText.Read(new StringReader(text.Replace("u\t1\t10\t", "u\t1\t11\t", StringComparison.Ordinal))).Refusal!.Fault);
        Assert.Equal(FormatFault.BrokenEntries, DigestText.Read(new StringReader(text), mostMessages: 1).Refusal!.Fault);
    }

    [Fact]
    public void Changed_bytes_of_a_digest_are_answered()
    {
        const string Signs = "\t\n0123456789-abmuend\0\uFFFF";
        var random = new Random(20261129);
        var good = Text(Digest(Box("a", 9, Message(1), Message(9)), Box("c", 300, Message(300))), withRecords: true);
        for (var round = 0; round < 20_000; round++)
        {
            var changed = good.ToCharArray();
            for (var change = random.Next(1, 4); change > 0; change--)
                changed[random.Next(changed.Length)] = Signs[random.Next(Signs.Length)];
            var reading = DigestText.Read(new StringReader(new string(changed)));
            Assert.True(reading.Value is not null != reading.Refusal is not null);
        }
    }

    private static ReplicaRecord Message(uint uid, ulong size = 10, ulong digest = 1) => new(uid, size, Guid(digest), 200, 100, false);

    private static MessageGuid Guid(ulong number) => number == 0 ? default : new(number, 2, 3);

    private static ReplicaMailbox Box(string id, uint lastUid, params ReplicaRecord[] records) => ReplicaHash.Mailbox(id, "user." + id, 7, lastUid, records);

    private static ReplicaDigest Digest(params ReplicaMailbox[] mailboxes) => new(Other, Taken, true, 0, mailboxes);

    private static IReadOnlyList<ReplicaDifference> Compare(ReplicaDigest here, ReplicaDigest there) => ReplicaCompare.Compare(here, there).Differences;

    private static (int, int, long) Counts(ReplicaDigest here, ReplicaDigest there)
    {
        var comparison = ReplicaCompare.Compare(here, there);
        return (comparison.Differences.Count, comparison.Equal, comparison.Messages);
    }

    private static string Text(ReplicaDigest digest, bool withRecords)
    {
        var text = new StringWriter();
        DigestText.Write(text, digest, withRecords);
        return text.ToString();
    }

    private static ReplicaDigest Reread(ReplicaDigest digest, bool withRecords) => DigestText.Read(new StringReader(Text(digest, withRecords))).Value!;
}
