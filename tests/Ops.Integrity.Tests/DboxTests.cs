namespace Ops.Integrity.Tests;

public sealed class DboxTests
{
    [Fact]
    public void The_head_says_where_the_message_is_and_how_long()
    {
        var head = DboxHead.Parse("2 M1e C5f5e1000\n\u0001\u0002N          000000000000000a\n0123456789"u8).Value;
        Assert.Equal(new DboxHead(2, 30, 46, 10), head);
    }

    [Fact]
    public void The_metadata_gives_guid_and_sizes() =>
        Assert.Equal(new DboxTail("abcdef", 10, 11), DboxTail.Parse("\n\u0001\u0003\nGabcdef\nR5f5e1000\nVb\nZa\n\n"u8).Value);

    [Fact]
    public void What_is_no_dbox_file_is_refused()
    {
        Assert.Equal(FormatFault.UnknownVersion, DboxHead.Parse("1 M1e\nxx"u8).Refusal!.Fault);
        Assert.Equal(FormatFault.ImpossibleSizes, DboxHead.Parse("2 C1\nxx"u8).Refusal!.Fault);
        Assert.Equal(FormatFault.AnotherFormat, DboxTail.Parse("abcdefgh"u8).Refusal!.Fault);
        Assert.Equal(FormatFault.TooShort, DboxTail.Parse("\n\u0001\u0003\nGabc\n"u8).Refusal!.Fault);
    }
}
