using System.Text;

namespace Ops.Locks.Tests;

public sealed class ProcFdInfoTests
{
    [Fact]
    public void The_lock_line_of_an_open_file_reads_as_the_row_of_the_list()
    {
        var info = ProcFdInfo.Parse(Captured.Proc("fdinfo-ofd.txt"));
        var listed = ProcLocks.Parse(Captured.Proc("locks-queues.txt")).Rows[0];

        Assert.Equal((27, 11665683ul), (info.MountId, info.Inode));
        Assert.Equal(listed, Assert.Single(info.Locks));
        Assert.True(info.CanWrite);
    }

    [Fact]
    public void Several_locks_and_a_line_we_do_not_know_are_all_kept()
    {
        var info = ProcFdInfo.Parse(Captured.Proc("fdinfo-several.txt"));

        Assert.Equal([LockClass.Flock, LockClass.Posix], info.Locks.Select(l => l.Class));
        Assert.Equal(0, info.Locks[0].Pid);
        Assert.Contains("nonsense", Assert.Single(info.Unparsed), StringComparison.Ordinal);
        Assert.False(info.CanWrite);
    }

    [Fact]
    public void An_inotify_descriptor_names_what_it_watches_by_the_device_of_the_file_system()
    {
        var info = ProcFdInfo.Parse("""
            pos:	0
            flags:	00
            mnt_id:	15
            ino:	2070
            inotify wd:2 ino:2a7 sdev:800013 mask:fce ignored_mask:0 fhandle-bytes:8 fhandle-type:1 f_handle:a702000052bd9ab4
            inotify wd:1 ino:ffffffffffffffff sdev:fe00001 mask:fce
            inotify wd:3 ino:xyz sdev:800013 mask:fce
            inotify wd:4 ino:2a8 mask:fce
            inotify wd:5 ino:2a9 sdev:8000
            """u8);
        Assert.Equal([new FileIdentity(8, 0x13, 0x2a7), new FileIdentity(0xfe, 1, ulong.MaxValue)], info.Watches);
    }

    [Theory]
    [InlineData("0100000", false, false)]
    [InlineData("0100001", true, false)]
    [InlineData("02100002", true, false)]
    [InlineData("012000002", false, true)]
    [InlineData("8", true, false)]
    [InlineData("", true, false)]
    public void Flags_show_who_can_write_and_unreadable_flags_count_as_writing(string flags, bool canWrite, bool isPathOnly)
    {
        var info = ProcFdInfo.Parse(Encoding.UTF8.GetBytes($"pos:\t0\nflags:\t{flags}\n"));

        Assert.Equal((canWrite, isPathOnly), (info.CanWrite, info.IsPathOnly));
    }

    [Fact]
    public void No_damage_makes_the_parser_throw_or_lose_a_whole_lock_line()
    {
        foreach (var damaged in Captured.Damaged(Captured.Proc("fdinfo-several.txt")))
        {
            var info = ProcFdInfo.Parse(damaged);
            Assert.True(info.Locks.Count + info.Unparsed.Count <= 4);
        }
    }
}
