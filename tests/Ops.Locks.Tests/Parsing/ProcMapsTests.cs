namespace Ops.Locks.Tests;

public sealed class ProcMapsTests
{
    [Fact]
    public void Mapped_files_are_read_and_memory_without_a_file_is_not_one()
    {
        var maps = ProcMaps.Parse(Captured.Proc("maps.txt"));

        Assert.Empty(maps.Unparsed);
        Assert.Equal([921ul, 11666154, 11666155, 257, 1024], maps.Mappings.Select(m => m.Device.Inode));
        Assert.Equal(new FileIdentity(0xfe, 0, 11666154), maps.Mappings[1].Device);
        Assert.Equal((0x7feb83c3d000ul, 0x7feb83c3e000ul), (maps.Mappings[1].Start, maps.Mappings[1].End));
    }

    [Fact]
    public void Only_a_shared_writable_mapping_writes_to_the_file()
    {
        var maps = ProcMaps.Parse(Captured.Proc("maps.txt")).Mappings;

        Assert.Equal([11666154ul, 1024], maps.Where(m => m.CanWrite).Select(m => m.Device.Inode));
    }

    [Fact]
    public void Names_with_blanks_and_line_feeds_stay_whole()
    {
        var mapping = Assert.Single(ProcMaps.Parse(Captured.Proc("maps.txt"), new HashSet<ulong> { 257 }).Mappings);

        Assert.Equal("/var/mail/with blanks\nand line feed (deleted)", mapping.Path.Text);
    }

    [Fact]
    public void A_line_that_was_cut_off_is_kept_as_text()
    {
        var maps = ProcMaps.Parse("7feb83c3d000-7feb83c3e000 rw-s 00000000 fe:00 1166"u8);

        Assert.Empty(maps.Mappings);
        Assert.Single(maps.Unparsed);
    }

    [Fact]
    public void No_damage_makes_the_parser_throw()
    {
        foreach (var damaged in Captured.Damaged(Captured.Proc("maps.txt")))
            Assert.True(ProcMaps.Parse(damaged) is var maps && maps.Mappings.Count + maps.Unparsed.Count <= 8);
    }
}
