using System.Text;
using Ops.Locks;

namespace Ops.Linux.Tests;

public sealed class StoreScannerTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly IReadOnlyList<Mount> _mounts = new MountReader().Read().Mounts;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_dot_lock_is_found_with_its_content_its_mailbox_its_directory_and_its_mount()
    {
        _scratch.Write("mail/alice", "From x\n");
        var path = _scratch.Write("mail/alice.lock", "4711\n");

        var artefact = Assert.Single(Scan().Artefacts);

        Assert.Equal((path, "4711\n"), (artefact.File.Path.Text, Encoding.UTF8.GetString(artefact.File.Content.Bytes!)));
        Assert.Equal((FileKind.Regular, 1u, Accounts.EffectiveUserId), (artefact.File.Kind, artefact.File.LinkCount, artefact.File.Uid));
        Assert.Equal(_scratch.Path + "/mail/alice", artefact.Subject!.Path.Text);
        Assert.Equal(_scratch.Path + "/mail", artefact.Directory.Path.Text);
        Assert.Null(artefact.Directory.ReachedThrough);
        Assert.NotNull(artefact.Mount);
        Assert.NotEmpty(artefact.Matches);
    }

    [Fact]
    public void A_lock_whose_mailbox_is_missing_is_reported_with_what_may_be_the_mailbox()
    {
        _scratch.Write("mail/alice.lock");
        _scratch.Write("mail/bob", "From x\n");
        _scratch.Write("mail/bob.lock");
        var away = _scratch.Write("mail/muGgTHNF", "From x\n");

        var found = Scan().Artefacts.ToDictionary(a => Encoding.UTF8.GetString(a.File.Path.Name));

        Assert.Equal(away, Assert.Single(found["alice.lock"].StandIns!).Path.Text);
        Assert.Empty(found["bob.lock"].StandIns!);
    }

    [Fact]
    public void Only_candidates_are_looked_at_and_all_names_are_counted()
    {
        for (var i = 0; i < 50; i++)
        {
            _scratch.Write($"Maildir/cur/{1000 + i}.M1P2.host:2,S", "Subject: x\n");
        }

        _scratch.Write("mbox.lock");

        var scan = Scan();

        Assert.Equal("mbox.lock", Encoding.UTF8.GetString(Assert.Single(scan.Artefacts).File.Path.Name));
        Assert.Equal((53L, 3L), (scan.Names, scan.Directories));
        Assert.Empty(scan.Gaps);
    }

    [Fact]
    public void Every_kind_of_object_with_the_name_of_a_lock_is_reported_and_none_is_opened()
    {
        File.CreateSymbolicLink(_scratch.Path + "/link.lock", "/etc/passwd");
        File.CreateSymbolicLink(_scratch.Path + "/loop.lock", "loop.lock");
        Directory.CreateDirectory(_scratch.Path + "/dir.lock");
        MakeFifo(_scratch.Path + "/fifo.lock");
        using var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(_scratch.Path + "/sock.lock"));

        var found = Scan().Artefacts.ToDictionary(a => Encoding.UTF8.GetString(a.File.Path.Name), a => a.File);

        Assert.Equal(
            new SortedDictionary<string, FileKind>(StringComparer.Ordinal)
            {
                ["dir.lock"] = FileKind.Directory,
                ["fifo.lock"] = FileKind.Fifo,
                ["link.lock"] = FileKind.SymbolicLink,
                ["loop.lock"] = FileKind.SymbolicLink,
                ["sock.lock"] = FileKind.Socket,
            },
            new SortedDictionary<string, FileKind>(found.ToDictionary(f => f.Key, f => f.Value.Kind), StringComparer.Ordinal));
        Assert.All(found.Values, f => Assert.Null(f.Content.Bytes));
        Assert.Equal("/etc/passwd"u8, found["link.lock"].LinkTarget!);
    }

    [Fact]
    public void Names_that_are_not_utf8_come_back_byte_for_byte()
    {
        byte[] name = [(byte)'b', 0xff, (byte)'\n', .. ".lock"u8];
        using (var directory = _scratch.Open())
        {
            directory.CreateExclusive(name, Modes.O600).Value.Dispose();
        }

        var artefact = Assert.Single(Scan().Artefacts);

        Assert.Equal(name, artefact.File.Path.Name.ToArray());
        using (var directory = _scratch.Open())
        {
            directory.Unlink(name);
        }
    }

    [Fact]
    public void Looking_leaves_the_access_times_of_files_and_directories()
    {
        var path = _scratch.Write("mail/alice.lock", "4711\n");
        var old = new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastAccessTimeUtc(path, old);
        Directory.SetLastAccessTimeUtc(_scratch.Path + "/mail", old);

        Assert.NotNull(Assert.Single(Scan().Artefacts).File.Content.Bytes);

        Assert.Equal(old, File.GetLastAccessTimeUtc(path));
        Assert.Equal(old, Directory.GetLastAccessTimeUtc(_scratch.Path + "/mail"));
    }

    [Fact]
    public void At_most_64_kilobytes_of_a_lock_are_read()
    {
        using (var file = File.Create(_scratch.Path + "/huge.lock"))
        {
            file.SetLength(1L << 30);
        }

        var found = Assert.Single(Scan().Artefacts).File;

        Assert.Equal((1L << 30, FileContent.Limit), (found.Size, found.Content.Bytes!.Length));
    }

    [Fact]
    public void A_large_staging_file_is_mail_and_is_not_read()
    {
        _scratch.Write("Maildir/tmp/1795245953.4711.host", new string('x', 10_000));
        Directory.CreateDirectory(_scratch.Path + "/Maildir/cur");
        Directory.CreateDirectory(_scratch.Path + "/Maildir/new");

        var artefact = Assert.Single(Scan().Artefacts);

        Assert.All(artefact.Matches, m => Assert.IsType<StagingFile>(m.Convention));
        Assert.Null(artefact.File.Content.Bytes);
    }

    [Fact]
    public void A_symbolic_link_to_a_directory_inside_the_roots_is_looked_through_and_said_so()
    {
        _scratch.Write("real/box.lock");
        Directory.CreateSymbolicLink(_scratch.Path + "/via", "real");

        var found = Scan().Artefacts.ToDictionary(a => a.File.Path.Text[_scratch.Path.Length..]);

        Assert.Equal(new SortedSet<string> { "/real/box.lock", "/via/box.lock" }, new SortedSet<string>(found.Keys));
        Assert.Null(found["/real/box.lock"].Directory.ReachedThrough);
        Assert.Equal(_scratch.Path + "/via", found["/via/box.lock"].Directory.ReachedThrough!.Value.Text);
        Assert.Equal(_scratch.Path + "/real", found["/via/box.lock"].Directory.RealPath!.Value.Text);
        Assert.All(found.Values, a => Assert.Empty(a.Twins));
    }

    [Fact]
    public void A_symbolic_link_to_a_directory_outside_the_roots_is_a_gap_and_not_entered()
    {
        using var other = new Scratch();
        other.File("secret.lock");
        Directory.CreateSymbolicLink(_scratch.Path + "/via", other.Path);
        Directory.CreateSymbolicLink(_scratch.Path + "/up", "..");

        var scan = Scan();

        Assert.Empty(scan.Artefacts);
        var gap = Assert.Single(scan.Gaps);
        Assert.Equal(Errno.None, gap.Error);
        Assert.StartsWith("2 symbolic links", gap.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_symbolic_link_to_a_directory_above_it_does_not_make_the_scan_go_in_circles()
    {
        Directory.CreateDirectory(_scratch.Path + "/a/b");
        Directory.CreateSymbolicLink(_scratch.Path + "/a/b/again", "../../a");
        _scratch.Write("a/box.lock");

        var paths = Scan().Artefacts.Select(a => a.File.Path.Text[_scratch.Path.Length..]).Order(StringComparer.Ordinal);

        Assert.Equal(["/a/b/again/box.lock", "/a/box.lock"], paths);
    }

    [Fact]
    public void A_root_that_is_a_symbolic_link_is_a_gap()
    {
        Directory.CreateDirectory(_scratch.Path + "/real");
        Directory.CreateSymbolicLink(_scratch.Path + "/link", "real");

        var scan = new StoreScanner(_mounts).Scan([new ScanRoot(FilePath.FromText(_scratch.Path + "/link"))]);

        Assert.Equal(Errno.SymbolicLink, Assert.Single(scan.Gaps).Error);
    }

    [Fact]
    public void A_root_that_is_missing_is_a_gap_and_the_others_are_scanned()
    {
        _scratch.Write("box.lock");

        var scan = new StoreScanner(_mounts).Scan([new ScanRoot(FilePath.FromText("/no/such/root")), new ScanRoot(FilePath.FromText(_scratch.Path))]);

        Assert.Single(scan.Artefacts);
        Assert.Equal(("/no/such/root", Errno.NotFound), (scan.Gaps[0].Path.Text, Assert.Single(scan.Gaps).Error));
    }

    [Fact]
    public void Only_the_top_of_a_shared_directory_is_scanned()
    {
        _scratch.Write("top.lock");
        _scratch.Write("inner/box.lock");

        var scan = new StoreScanner(_mounts).Scan([new ScanRoot(FilePath.FromText(_scratch.Path), TopLevelOnly: true)]);

        Assert.Equal("/top.lock", Assert.Single(scan.Artefacts).File.Path.Text[_scratch.Path.Length..]);
        Assert.Equal(1, scan.Directories);
    }

    [Fact]
    public void A_tree_deeper_than_we_go_is_a_gap_and_what_is_above_is_scanned()
    {
        var path = _scratch.Path;
        using (var top = _scratch.Open())
        {
            var current = top.OpenDirectoryBelow(default).Value;
            for (var depth = 0; depth < 405; depth++)
            {
                Assert.Equal(Errno.None, current.MakeDirectory("d"u8, Modes.O700));
                var next = current.OpenSubdirectory("d"u8).Value;
                current.Dispose();
                current = next;
            }

            current.Dispose();
        }

        _scratch.Write("d/d/d/box.lock");

        var scan = Scan();

        Assert.Single(scan.Artefacts);
        Assert.Contains("deep", Assert.Single(scan.Gaps).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Our_own_quarantine_is_not_a_find()
    {
        _scratch.Write(".ops-quarantine/42/alice.lock");

        Assert.Empty(Scan().Artefacts);
    }

    [Fact]
    public void A_second_name_in_the_same_directory_is_a_twin_with_what_its_name_means()
    {
        _scratch.Write("alice", "From x\n");
        var post = _scratch.Write("alice.lock.host.5f5f5f5f.00001234");
        Link(post, _scratch.Path + "/alice.lock");

        var found = Scan().Artefacts.ToDictionary(a => Encoding.UTF8.GetString(a.File.Path.Name));
        var twin = Assert.Single(found["alice.lock"].Twins);

        Assert.Equal(post, twin.Path.Text);
        Assert.Contains(twin.Matches, m => m.System.Name == "exim");
        Assert.Equal(_scratch.Path + "/alice.lock", Assert.Single(found["alice.lock.host.5f5f5f5f.00001234"].Twins).Path.Text);
    }

    [Fact]
    public void A_hitching_post_is_a_sibling_of_the_lock_it_was_made_for()
    {
        _scratch.Write("alice.lock");
        var post = _scratch.Write("alice.lock.host.5f5f5f5f.00001234");
        _scratch.Write("bob.lock");

        var found = Scan().Artefacts.ToDictionary(a => Encoding.UTF8.GetString(a.File.Path.Name));

        Assert.Equal(post, Assert.Single(found["alice.lock"].Siblings).Path.Text);
        Assert.Empty(found["bob.lock"].Siblings);
    }

    [Fact]
    public void A_close_look_at_one_path_sees_what_the_scan_saw()
    {
        _scratch.Write("alice", "From x\n");
        var post = _scratch.Write("alice.lock.host.5f5f5f5f.00001234", "4711\n");
        Link(post, _scratch.Path + "/alice.lock");
        var scanned = Scan().Artefacts.Single(a => a.File.Path.Name.SequenceEqual("alice.lock"u8));

        var close = new ArtefactReader(_mounts).Read(FilePath.FromText(_scratch.Path + "/alice.lock")).Value;

        Assert.True(close.File.IsUnchangedSince(scanned.File));
        Assert.Equal(scanned.File.Content.Bytes, close.File.Content.Bytes);
        Assert.Equal(scanned.Directory, close.Directory);
        Assert.Equal(scanned.Subject!.Identity, close.Subject!.Identity);
        Assert.Equal(scanned.Twins.Select(t => t.Path), close.Twins.Select(t => t.Path));
        Assert.Equal(scanned.Siblings.Select(s => s.Path), close.Siblings.Select(s => s.Path));
        Assert.Equal(scanned.Matches.Select(m => m.Convention), close.Matches.Select(m => m.Convention));
        Assert.Equal(scanned.Mount, close.Mount);
    }

    [Fact]
    public void A_close_look_through_a_symbolic_link_names_the_link_and_the_real_place()
    {
        _scratch.Write("real/inner/box.lock");
        Directory.CreateSymbolicLink(_scratch.Path + "/via", "real");

        var close = new ArtefactReader(_mounts).Read(FilePath.FromText(_scratch.Path + "/via/inner/box.lock")).Value;

        Assert.Equal(_scratch.Path + "/via", close.Directory.ReachedThrough!.Value.Text);
        Assert.Equal(_scratch.Path + "/real/inner", close.Directory.RealPath!.Value.Text);
    }

    [Fact]
    public void A_close_look_at_nothing_says_so()
    {
        Assert.Equal(Errno.NotFound, new ArtefactReader(_mounts).Read(FilePath.FromText(_scratch.Path + "/no.lock")).Error);
        Assert.Equal(Errno.NotFound, ArtefactReader.Stat(FilePath.FromText(_scratch.Path + "/no")).Error);
    }

    [Fact]
    public void A_cancelled_scan_ends()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();

        Assert.Throws<OperationCanceledException>(() => new StoreScanner(_mounts).Scan([new ScanRoot(FilePath.FromText(_scratch.Path))], stop.Token));
    }

    [Fact]
    public async Task Locks_that_come_and_go_while_the_scan_runs_are_no_gaps()
    {
        using var stop = new CancellationTokenSource();
        var busy = Task.Run(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i = (i + 1) % 100)
            {
                var name = $"{_scratch.Path}/box{i}.lock";
                File.WriteAllText(name, "1\n");
                File.Delete(name);
                Directory.CreateDirectory($"{_scratch.Path}/d{i}");
                Directory.Delete($"{_scratch.Path}/d{i}");
            }
        });
        for (var round = 0; round < 50; round++)
        {
            Assert.Empty(Scan().Gaps);
        }

        await stop.CancelAsync();
        await busy;
    }

    [Fact]
    public void A_directory_that_is_removed_while_it_is_listed_is_no_gap()
    {
        _scratch.Write("d/box.lock");

        Assert.Empty(ScanRemoving("d", root: _scratch.Path).Gaps);
    }

    [Fact]
    public void A_root_that_is_removed_while_it_is_listed_is_a_gap()
    {
        _scratch.Write("d/box.lock");

        Assert.Equal(Errno.NotFound, Assert.Single(ScanRemoving("d", root: $"{_scratch.Path}/d").Gaps).Error);
    }

    /// <summary>A scan during which the directory goes once its first names were seen.</summary>
    private StoreScan ScanRemoving(string directory, string root)
    {
        var going = $"{_scratch.Path}/{directory}";
        return new StoreScanner(_mounts, (_, name) =>
        {
            if (name.SequenceEqual("box.lock"u8))
            {
                Directory.Delete(going, recursive: true);
            }

            return false;
        }).Scan([new ScanRoot(FilePath.FromText(root))]);
    }

    private StoreScan Scan() => new StoreScanner(_mounts).Scan([new ScanRoot(FilePath.FromText(_scratch.Path))]);

    private static void Link(string from, string to) => Assert.Equal(0, Mono.Unix.Native.Syscall.link(from, to));

    private static void MakeFifo(string path) =>
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(path, Mono.Unix.Native.FilePermissions.S_IRUSR | Mono.Unix.Native.FilePermissions.S_IWUSR));
}
