namespace Ops.Agent.Tests;

/// <summary>Tables of the command line: what gives way when a terminal is narrow.</summary>
public sealed class TableTests
{
    private sealed record Row(string Verdict, string System, string Owner, string Path);

    private static readonly Column<Row>[] SomeColumns =
    [
        new("VERDICT", r => r.Verdict), new("SYSTEM", r => r.System, Leaves: 1), new("OWNER", r => r.Owner, Leaves: 2), new("PATH", r => r.Path),
    ];

    private static readonly Row[] SomeRows =
    [
        new("stale", "python-mailbox", "1234 (gone)", "/srv/mail/example.org/departments/sales/alice.lock"),
        new("not-a-lock", "cyrus", "", "/var/mail/bob"),
    ];

    [Theory]
    [InlineData("/var/mail/alice.lock", 40, "/var/mail/alice.lock")]
    [InlineData("/srv/mail/example.org/departments/sales/alice.lock", 49, "/srv/mail/…/departments/sales/alice.lock")]
    [InlineData("/srv/mail/example.org/departments/sales/alice.lock", 32, "/srv/mail/…/sales/alice.lock")]
    [InlineData("/srv/mail/example.org/departments/sales/alice.lock", 20, "/srv/…/alice.lock")]
    [InlineData("/srv/mail/example.org/departments/sales/alice.lock", 12, "…/alice.lock")]
    [InlineData("/srv/mail/example.org/departments/sales/alice.lock", 1, "…/alice.lock")]
    [InlineData("/srv/mail/example.org/alice (deleted)", 24, "/srv/…/alice (deleted)")]
    [InlineData("/alice.lock", 5, "/alice.lock")]
    [InlineData("[inode 00:1a:4711]", 5, "[inode 00:1a:4711]")]
    public void A_path_loses_directories_in_its_middle_and_never_its_last_name(string path, int width, string expected)
    {
        var cut = PathText.Cut(path, width);
        Assert.Equal(expected, cut);
    }

    [Fact]
    public void A_wide_terminal_shows_every_column_and_whole_paths()
    {
        var lines = Table.Lines(SomeColumns, SomeRows, 120);
        Assert.Equal("VERDICT     SYSTEM          OWNER        PATH", lines[0]);
        Assert.Equal("stale       python-mailbox  1234 (gone)  /srv/mail/example.org/departments/sales/alice.lock", lines[1]);
        Assert.Equal("not-a-lock  cyrus                        /var/mail/bob", lines[2]);
    }

    [Fact]
    public void A_terminal_of_80_columns_cuts_the_path_and_keeps_the_columns()
    {
        var lines = Table.Lines(SomeColumns, SomeRows, 80);
        Assert.Equal("stale       python-mailbox  1234 (gone)  /srv/mail/…/sales/alice.lock", lines[1]);
        Assert.All(lines, line => Assert.True(line.Length < 80, line));
    }

    [Fact]
    public void Columns_leave_in_their_order_before_paths_become_unreadable()
    {
        Assert.Equal("VERDICT     OWNER        PATH", Table.Lines(SomeColumns, SomeRows, 50)[0]);
        var narrow = Table.Lines(SomeColumns, SomeRows, 36);
        Assert.Equal("VERDICT     PATH", narrow[0]);
        Assert.Equal("stale       /srv/…/sales/alice.lock", narrow[1]);
    }

    [Fact]
    public void Without_a_width_nothing_is_cut() => Assert.EndsWith("/departments/sales/alice.lock", Table.Lines(SomeColumns, SomeRows, null)[1], StringComparison.Ordinal);

    [Fact]
    public void A_last_name_wider_than_the_terminal_is_still_whole()
    {
        var name = new string('x', 100) + ".lock";
        Assert.EndsWith("…/" + name, Table.Lines(SomeColumns, [new("stale", "mutt", "", "/var/mail/" + name)], 60)[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_without_rows_is_its_head() => Assert.Equal(["VERDICT  SYSTEM  OWNER  PATH"], Table.Lines(SomeColumns, [], 80));
}
