namespace Ops.Locks.Tests;

public sealed class FilePathTests
{
    [Theory]
    [InlineData("/var/mail", "box", "/var/mail/box")]
    [InlineData("/var/mail", "./box/", "/var/mail/box")]
    [InlineData("/var/mail", "../spool//mail", "/var/spool/mail")]
    [InlineData("/var/mail", "../../../../etc", "/etc")]
    [InlineData("/var/mail", "/srv/mail/.", "/srv/mail")]
    [InlineData("/", "..", "/")]
    [InlineData("/var/mail", "", "/var/mail")]
    public void A_link_is_resolved_by_its_letters(string directory, string text, string expected) =>
        Assert.Equal(expected, FilePath.FromText(directory).Resolve(System.Text.Encoding.UTF8.GetBytes(text)).Text);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("new\nline", "new\\nline")]
    [InlineData("esc\u001b[2J", "esc\\x1b[2J")]
    [InlineData("rtl\u202egnp", "rtl\\u{202e}gnp")]
    [InlineData("back\\slash", "back\\\\slash")]
    [InlineData("nbsp\u00a0", "nbsp\\xa0")]
    [InlineData("zero\u200bwidth", "zero\\u{200b}width")]
    [InlineData("é日本", "é日本")]
    public void What_could_fool_a_reader_is_escaped(string text, string expected) => Assert.Equal(expected, FilePath.FromText(text).Display);

    [Fact]
    public void Bytes_that_are_not_utf8_keep_their_values()
    {
        var path = new FilePath([.. "bad"u8, 0xff, 0xc3, .. "("u8]);
        Assert.Equal("bad\\xff\\xc3(", path.Display);
        Assert.False(path.IsUtf8);
        Assert.NotEqual(path, new FilePath([.. "bad"u8, 0xfe, 0xc3, .. "("u8]));
    }

    [Theory]
    [InlineData("/var/mail", "/var/mail", true)]
    [InlineData("/var/mail/a", "/var/mail", true)]
    [InlineData("/var/mailbox", "/var/mail", false)]
    [InlineData("/anything", "/", true)]
    [InlineData("/var/mail/a", "/var/mail/", true)]
    public void A_root_covers_what_is_below_it_by_whole_names(string path, string root, bool covered) =>
        Assert.Equal(covered, FilePath.FromText(path).IsAtOrBelow(FilePath.FromText(root)));
}
