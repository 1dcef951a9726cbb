using System.Text;

namespace Ops.Integrity.Tests;

public sealed class MaildirTests
{
    private static readonly StoredFile File = new("x", new FileIdentity(8, 1, 2), 1, 20, default, default);

    [Theory]
    [InlineData("1700000000.M1P2.host,S=12,W=13:2,S", "1700000000.M1P2.host,S=12,W=13", 12L, 13L)]
    [InlineData("1700000000.M1P2.host,S=12", "1700000000.M1P2.host,S=12", 12L, null)]
    [InlineData("1700000000.M1P2.host:2,S=", "1700000000.M1P2.host", null, null)]
    [InlineData("1700000000.host,S=12,S=15:2,", "1700000000.host,S=12,S=15", 15L, null)]
    [InlineData("1700000000.host,S=-4", "1700000000.host,S=-4", null, null)]
    [InlineData("1700000000.host,S=99999999999999999999", "1700000000.host,S=99999999999999999999", null, null)]
    public void A_name_says_the_sizes_it_has(string name, string unique, long? size, long? lineSize) =>
        Assert.Equal(new MaildirName(unique, size, lineSize), MaildirName.Parse(Encoding.ASCII.GetBytes(name)));

    [Fact]
    public void A_uid_list_of_version_3_gives_names_uids_and_sizes()
    {
        var list = UidList.Parse("3 V1699999999 N9 G0123abcd\n1 S12 W13 :1700000000.M1P2.host:2,S\n7 Gxyz :1700000001.M1P2.host,S=4\n"u8).Value!;
        Assert.Equal((3, 1699999999u, 9u), (list.Version, list.UidValidity, list.NextUid));
        Assert.Equal([new UidListEntry(1, "1700000000.M1P2.host", 12, 13, null), new UidListEntry(7, "1700000001.M1P2.host,S=4", null, null, "xyz")], list.Entries);
    }

    [Fact]
    public void A_uid_list_of_version_1_is_read_and_a_line_without_an_end_is_left_for_later() =>
        Assert.Equal("b", Assert.Single(UidList.Parse("1 1699999999 9\n4 b:2,S\n5 half"u8).Value!.Entries).Unique);

    [Theory]
    [InlineData("", FormatFault.TooShort)]
    [InlineData("2 1 2\n", FormatFault.UnknownVersion)]
    [InlineData("3 V1\n", FormatFault.BrokenEntries)]
    [InlineData("3 V1 N9\n2 :a\n1 :b\n", FormatFault.BrokenEntries)]
    [InlineData("3 V1 N9\n2 :../a\n", FormatFault.BrokenEntries)]
    [InlineData("3 V1 N9\n0 :a\n", FormatFault.BrokenEntries)]
    public void A_uid_list_that_is_none_is_refused(string text, FormatFault fault) => Assert.Equal(fault, UidList.Parse(Encoding.ASCII.GetBytes(text)).Refusal!.Fault);

    [Fact]
    public void The_lines_of_maildirsize_add_up()
    {
        Assert.Equal(new MaildirSize("1000000S,100C", 1205, 2), MaildirSize.Parse("1000000S,100C\n   1200  2\n10 1\n-5 -1\n"u8).Value);
        Assert.Equal(FormatFault.BrokenEntries, MaildirSize.Parse("1000000S\n12\n"u8).Refusal!.Fault);
    }

    [Fact]
    public void A_size_in_the_name_that_the_file_does_not_have_is_a_suspect()
    {
        Assert.Null(MaildirCheck.Size(new MaildirName("x", 20, null), null, File));
        Assert.Equal((CheckKind.Size, 19ul), MaildirCheck.Size(new MaildirName("x", 19, null), null, File) is { } s ? (s.Kind, s.Claim!.Size!.Value) : default);
        // The list counts where the name is silent, and only there.
        Assert.NotNull(MaildirCheck.Size(new MaildirName("x", null, null), new UidListEntry(3, "x", 19, null, null), File));
        Assert.Null(MaildirCheck.Size(new MaildirName("x", 20, null), new UidListEntry(3, "x", 19, null, null), File));
    }

    [Fact]
    public void A_line_size_that_was_not_counted_is_a_suspect()
    {
        Assert.Null(MaildirCheck.Lines(new MaildirName("x", 20, 22), null, File, 22));
        Assert.Equal(23, MaildirCheck.Lines(new MaildirName("x", 20, 22), null, File, 23)!.LineSize);
    }

    [Theory]
    [InlineData("a\nb\r\n\n", 8)]
    [InlineData("", 0)]
    [InlineData("\n", 2)]
    [InlineData("\r\n", 2)]
    public void Line_ends_count_as_two_bytes_in_whatever_pieces_they_come(string text, long expected)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var count = new LineSizeCount();
            count.Add(bytes.AsSpan(0, cut));
            count.Add(bytes.AsSpan(cut));
            Assert.Equal(expected, count.Bytes);
        }
    }

    [Fact]
    public void Compressed_and_encrypted_messages_are_recognised()
    {
        Assert.True(MaildirCheck.IsEncoded([0x1F, 0x8B, 8]));
        Assert.True(MaildirCheck.IsEncoded([0x28, 0xB5, 0x2F, 0xFD]));
        Assert.True(MaildirCheck.IsEncoded("CRYPTED\x03\x07\x02"u8));
        Assert.False(MaildirCheck.IsEncoded("Return-Path: <a@b>"u8));
    }
}
