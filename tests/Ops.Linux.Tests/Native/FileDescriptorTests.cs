using System.Text;
using Ops.Locks;

namespace Ops.Linux.Tests;

public sealed class FileDescriptorTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly FileDescriptor _directory;

    public FileDescriptorTests() => _directory = _scratch.Open();

    public void Dispose()
    {
        _directory.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void A_directory_behind_a_symbolic_link_is_refused()
    {
        Directory.CreateDirectory(Path.Join(_scratch.Path, "real/inner"));
        Directory.CreateSymbolicLink(Path.Join(_scratch.Path, "link"), "real");

        Assert.Equal(Errno.SymbolicLink, FileDescriptor.OpenDirectory(Encoding.UTF8.GetBytes(_scratch.Path + "/link/inner")).Error);
        Assert.Equal(Errno.SymbolicLink, _directory.OpenDirectoryBelow("link/inner"u8).Error);
        using var followed = FileDescriptor.OpenDirectoryFollowingLinks(Encoding.UTF8.GetBytes(_scratch.Path + "/link/inner")).Value;
        using var direct = _directory.OpenDirectoryBelow("real/inner"u8).Value;
        Assert.Equal(direct.Stat().Value.Identity, followed.Stat().Value.Identity);
    }

    [Fact]
    public void A_path_below_a_root_cannot_leave_it()
    {
        Assert.Equal(Errno.CrossesDevice, _directory.OpenDirectoryBelow("../.."u8).Error);
        Assert.Equal(Errno.CrossesDevice, _directory.OpenDirectoryBelow("/tmp"u8).Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    public void A_name_that_is_not_one_component_is_refused_by_every_call_that_changes_something(string text)
    {
        var name = Encoding.UTF8.GetBytes(text);
        _scratch.Write("other");

        Assert.Equal(Errno.InvalidArgument, _directory.Unlink(name));
        Assert.Equal(Errno.InvalidArgument, _directory.MakeDirectory(name, Modes.O700));
        Assert.Equal(Errno.InvalidArgument, _directory.CreateExclusive(name, Modes.O600).Error);
        Assert.Equal(Errno.InvalidArgument, FileDescriptor.Exchange(_directory, name, _directory, "other"u8));
        Assert.Equal(Errno.InvalidArgument, FileDescriptor.RenameNoReplace(_directory, "other"u8, _directory, name));
        Assert.Equal(Errno.InvalidArgument, FileDescriptor.Link(_directory, "other"u8, _directory, name));
        Assert.True(File.Exists(Path.Join(_scratch.Path, "other")));
    }

    [Fact]
    public void A_new_file_gets_content_and_exact_permissions_and_a_taken_name_is_refused()
    {
        using (var file = _directory.CreateExclusive("lock"u8, Modes.O666).Value)
        {
            Assert.Equal(Errno.None, file.Write("4711\n"u8));
            Assert.Equal(Errno.None, file.SetPermissions(Modes.O666));
            Assert.Equal(Errno.None, file.Fsync());
        }

        Assert.Equal("4711\n", File.ReadAllText(Path.Join(_scratch.Path, "lock")));
        var status = _directory.Stat("lock"u8).Value;
        Assert.Equal((FileKind.Regular, 0x1B6u, 1u, 5L), (status.Kind, status.Mode, status.LinkCount, status.Size));
        Assert.Equal(Errno.Exists, _directory.CreateExclusive("lock"u8, Modes.O600).Error);
    }

    [Fact]
    public void Times_owner_and_identity_are_those_of_the_file()
    {
        var path = _scratch.Write("message", "Subject: x\n");
        var stamp = new DateTime(2024, 2, 29, 12, 34, 56, DateTimeKind.Utc).AddTicks(1234567);
        File.SetLastWriteTimeUtc(path, stamp);

        var status = _directory.Stat("message"u8).Value;

        Assert.Equal(new DateTimeOffset(stamp), status.ModifiedAt.ToDateTimeOffset());
        Assert.Equal(Accounts.EffectiveUserId, status.Uid);
        Assert.NotEqual(0ul, status.Identity.Inode);
        Assert.NotNull(status.MountId);
        Assert.True(status.ChangedAt > status.ModifiedAt);
    }

    [Fact]
    public void A_symbolic_link_is_seen_as_one_and_never_followed()
    {
        _scratch.Write("target", "secret");
        File.CreateSymbolicLink(Path.Join(_scratch.Path, "link"), "target");

        Assert.Equal(FileKind.SymbolicLink, _directory.Stat("link"u8).Value.Kind);
        Assert.Equal("target"u8, _directory.ReadLink("link"u8).Value);
        Assert.Equal(Errno.SymbolicLink, _directory.OpenForReading("link"u8).Error);
        Assert.Equal(Errno.SymbolicLink, _directory.OpenForLocking("link"u8).Error);
        using var reference = _directory.OpenPathOnly("link"u8).Value;
        Assert.Equal(FileKind.SymbolicLink, reference.Stat().Value.Kind);
    }

    [Fact]
    public void A_reference_still_leads_to_its_inode_after_the_name_was_taken_by_another_file()
    {
        _scratch.Write("lock", "old");
        using var reference = _directory.OpenPathOnly("lock"u8).Value;
        File.Delete(Path.Join(_scratch.Path, "lock"));
        _scratch.Write("lock", "new");

        using var reopened = reference.ReopenForReading().Value;

        Assert.Equal("old"u8, reopened.ReadUpTo(100).Value);
        Assert.NotEqual(reference.Stat().Value.Identity, _directory.Stat("lock"u8).Value.Identity);
    }

    [Fact]
    public void Reading_stops_at_the_limit_and_leaves_the_access_time()
    {
        var path = _scratch.Write("big", new string('x', 200_000));
        File.SetLastAccessTimeUtc(path, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var before = _directory.Stat("big"u8).Value;

        using var file = _directory.OpenForReading("big"u8).Value;

        Assert.Equal(65_536, file.ReadUpTo(65_536).Value.Length);
        Assert.Equal(200_000, file.ReadUpTo(1_000_000).Value.Length);
        Assert.Equal("xx"u8, file.ReadAt(199_998, 10).Value);
        Assert.Equal(before.AccessedAt, _directory.Stat("big"u8).Value.AccessedAt);
    }

    [Fact]
    public void An_exchange_swaps_two_names_and_needs_both()
    {
        _scratch.Write("a", "1");
        _scratch.Write("b", "2");

        Assert.Equal(Errno.None, FileDescriptor.Exchange(_directory, "a"u8, _directory, "b"u8));
        Assert.Equal("2", File.ReadAllText(Path.Join(_scratch.Path, "a")));
        Assert.Equal("1", File.ReadAllText(Path.Join(_scratch.Path, "b")));
        Assert.Equal(Errno.NotFound, FileDescriptor.Exchange(_directory, "a"u8, _directory, "gone"u8));
    }

    [Fact]
    public void A_rename_never_replaces_and_a_link_never_either()
    {
        _scratch.Write("a", "1");
        _scratch.Write("b", "2");

        Assert.Equal(Errno.Exists, FileDescriptor.RenameNoReplace(_directory, "a"u8, _directory, "b"u8));
        Assert.Equal(Errno.Exists, FileDescriptor.Link(_directory, "a"u8, _directory, "b"u8));
        Assert.Equal(Errno.None, FileDescriptor.Link(_directory, "a"u8, _directory, "c"u8));
        Assert.Equal(2u, _directory.Stat("a"u8).Value.LinkCount);
        Assert.Equal(Errno.None, FileDescriptor.RenameNoReplace(_directory, "a"u8, _directory, "d"u8));
        Assert.Equal(Errno.NotFound, _directory.Stat("a"u8).Error);
        Assert.Equal(Errno.None, _directory.Unlink("d"u8));
        Assert.Equal("1", File.ReadAllText(Path.Join(_scratch.Path, "c")));
    }

    [Fact]
    public void Names_that_are_not_utf8_work_like_any_other()
    {
        byte[] name = [0xff, 0xfe, (byte)'\n', 0x80];
        _directory.CreateExclusive(name, Modes.O600).Value.Dispose();

        Assert.Equal([name], Names());
        Assert.Equal(Errno.None, _directory.Unlink(name));
        Assert.Empty(Names());
    }

    [Fact]
    public void A_listing_names_kinds_without_looking_at_the_files()
    {
        _scratch.Write("file");
        Directory.CreateDirectory(Path.Join(_scratch.Path, "folder"));
        File.CreateSymbolicLink(Path.Join(_scratch.Path, "link"), "nowhere");

        var kinds = new Dictionary<string, FileKind>();
        var buffer = new byte[4096];
        while (_directory.ReadDirectory(buffer).Value is var filled and > 0)
        {
            var entries = new DirectoryEntries(buffer.AsSpan(0, filled));
            while (entries.MoveNext())
            {
                kinds.Add(Encoding.UTF8.GetString(entries.Name), entries.Kind);
            }
        }

        Assert.Equal(
            new Dictionary<string, FileKind> { ["file"] = FileKind.Regular, ["folder"] = FileKind.Directory, ["link"] = FileKind.SymbolicLink },
            kinds);
    }

    [Fact]
    public void A_damaged_listing_ends_the_walk_instead_of_running_out_of_the_buffer()
    {
        var buffer = new byte[4096];
        _scratch.Write("file");
        var filled = _directory.ReadDirectory(buffer).Value;
        for (var length = 0; length <= filled; length++)
        {
            var entries = new DirectoryEntries(buffer.AsSpan(0, length));
            while (entries.MoveNext())
            {
                Assert.Equal("file"u8, entries.Name);
            }
        }
    }

    [Fact]
    public void The_breaker_mutex_is_refused_while_another_process_holds_it()
    {
        Assert.Equal(Errno.None, _directory.TryFlockExclusive());
        using var second = _scratch.Open();
        Assert.Equal(Errno.TryAgain, second.TryFlockExclusive());
        Assert.Equal(Errno.None, _directory.ReleaseFlock());
        Assert.Equal(Errno.None, second.TryFlockExclusive());
    }

    [Theory]
    [InlineData("posix", "read")]
    [InlineData("posix", "write")]
    [InlineData("ofd", "read")]
    public void A_write_lock_on_the_mailbox_is_refused_while_any_record_lock_is_on_it(string kind, string mode)
    {
        var path = _scratch.Write("mbox", "From x\n");
        using var mailbox = _directory.OpenForLocking("mbox"u8).Value;
        using (LockMaker.Start(kind, mode, path, "0", "1"))
        {
            Assert.Equal(Errno.TryAgain, mailbox.TryOfdWriteLock());
        }

        Assert.Equal(Errno.None, mailbox.TryOfdWriteLock());
        using var second = _directory.OpenForLocking("mbox"u8).Value;
        Assert.Equal(Errno.TryAgain, second.TryOfdWriteLock());
        Assert.Contains("OFDLCK ADVISORY  WRITE -1", Encoding.UTF8.GetString(mailbox.ReadDescriptorInfo().Value), StringComparison.Ordinal);
    }

    [Fact]
    public void A_descriptor_that_was_closed_cannot_act_on_whatever_got_its_number()
    {
        var closed = _scratch.Open();
        closed.Dispose();

        Assert.Throws<ObjectDisposedException>(() => closed.Unlink("x"u8));
    }

    [Fact]
    public void A_made_directory_can_be_entered_and_removed()
    {
        Assert.Equal(Errno.None, _directory.MakeDirectory("quarantine"u8, Modes.O700));
        Assert.Equal(Errno.Exists, _directory.MakeDirectory("quarantine"u8, Modes.O700));
        using (var inner = _directory.OpenSubdirectory("quarantine"u8).Value)
        {
            Assert.Equal(0x1C0u, inner.Stat().Value.Mode);
            Assert.Equal(Errno.None, inner.Fsync());
        }

        Assert.Equal(Errno.None, _directory.RemoveDirectory("quarantine"u8));
    }

    [Fact]
    public void Extended_attributes_are_an_empty_list_where_there_are_none()
    {
        _scratch.Write("plain");
        using var file = _directory.OpenForReading("plain"u8).Value;

        Assert.Empty(file.ReadXattrs().Value);
    }

    private List<byte[]> Names()
    {
        using var directory = _scratch.Open();
        var names = new List<byte[]>();
        var buffer = new byte[4096];
        while (directory.ReadDirectory(buffer).Value is var filled and > 0)
        {
            var entries = new DirectoryEntries(buffer.AsSpan(0, filled));
            while (entries.MoveNext())
            {
                names.Add(entries.Name.ToArray());
            }
        }

        return names;
    }
}
