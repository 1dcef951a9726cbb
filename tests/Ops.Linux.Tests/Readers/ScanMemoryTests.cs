using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>What a scan may take from the one before. Each test compares with a scan that remembers nothing.</summary>
public sealed class ScanMemoryTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _root;
    private readonly string _probe;
    // An hour ahead: all that is on disk is old.
    private readonly ManualClock _clock = new(DateTimeOffset.UtcNow.AddHours(1));
    private readonly IReadOnlyList<Mount> _mounts;
    private readonly ScanMemory _memory;

    public ScanMemoryTests()
    {
        _root = _scratch.Sub("store");
        _probe = _scratch.Sub("probe");
        // Where the tests run on another file system it is taken for one whose times can be trusted: what is done here moves them on every one.
        _mounts = OnFileSystem("ext4");
        _memory = new ScanMemory(_clock);
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_directory_in_which_no_name_changed_is_not_listed_again()
    {
        _scratch.Write("store/a/b/1.");
        _scratch.Write("store/a/c/2.");
        Assert.Equal(4, Scan().Listed);

        var again = Scan();

        Assert.Equal((0, 4, 5), (again.Listed, again.Directories, again.Names));
    }

    [Fact]
    public void A_new_lock_is_found_and_only_its_directory_and_those_in_it_are_listed()
    {
        _scratch.Write("store/a/b/c/1.");
        _scratch.Write("store/d/2.");
        Scan();
        AfterTheClockTicked();
        _scratch.Write("store/a/box.lock");

        var scan = Scan();

        Assert.Equal("/a/box.lock", Assert.Single(Paths(scan)));
        Assert.Equal(2, scan.Listed);
    }

    [Fact]
    public void A_lock_that_only_changes_its_text_is_read_each_time()
    {
        _scratch.Write("store/a/box.lock", "1\n");
        Scan();
        _scratch.Write("store/a/box.lock", "2\n");

        Assert.Equal("2\n"u8.ToArray(), Assert.Single(Scan().Artefacts).File.Content.Bytes!);
    }

    [Fact]
    public void A_directory_that_takes_the_name_of_another_is_not_taken_for_it()
    {
        _scratch.Write("store/a/x/1.");
        _scratch.Write("store/c/x/box.lock");
        Scan();
        AfterTheClockTicked();
        Directory.Move(_root + "/a", _root + "/b");
        Directory.Move(_root + "/c", _root + "/a");

        Assert.Equal("/a/x/box.lock", Assert.Single(Paths(Scan())));
    }

    [Fact]
    public void A_new_neighbour_that_makes_a_directory_a_maildir_changes_what_its_old_names_mean()
    {
        _scratch.Write("store/box/tmp/1700000000.M1P1.mail");
        Assert.Empty(Scan().Artefacts);
        AfterTheClockTicked();
        _scratch.Sub("store/box/cur");
        _scratch.Sub("store/box/new");

        Assert.Equal("/box/tmp/1700000000.M1P1.mail", Assert.Single(Paths(Scan())));
    }

    [Fact]
    public void A_file_that_was_not_sought_before_is_found_in_a_directory_that_did_not_change()
    {
        var path = FilePath.FromText(_scratch.Write("store/a/mail"));
        Scan();
        var file = ArtefactReader.Stat(path).Value.Identity;

        Assert.Equal(path, Scan([file]).Found[file]);
        Assert.Equal(path, Scan([file]).Found[file]);
    }

    [Fact]
    public void A_sought_file_that_lost_the_name_it_was_found_by_is_found_by_another()
    {
        _scratch.Sub("store/b");
        var first = FilePath.FromText(_scratch.Write("store/a/mail"));
        Assert.Equal(0, Mono.Unix.Native.Syscall.link(_root + "/a/mail", _root + "/b/mail"));
        var file = ArtefactReader.Stat(first).Value.Identity;
        var found = Scan([file]).Found[file];
        AfterTheClockTicked();
        File.Delete(found.Text);

        Assert.NotEqual(found, Scan([file]).Found[file]);
    }

    [Fact]
    public void What_changed_a_second_ago_is_listed_again()
    {
        _scratch.Write("store/a/1.");
        var memory = new ScanMemory(new ManualClock(ArtefactReader.Stat(FilePath.FromText(_root + "/a")).Value.ChangedAt.ToDateTimeOffset().AddSeconds(1)));
        Scan(memory, _mounts);

        Assert.Equal(2, Scan(memory, _mounts).Listed);
    }

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("nfs4")]
    [InlineData("overlay")]
    public void On_a_file_system_whose_times_may_lag_everything_is_listed_again(string fileSystem)
    {
        _scratch.Write("store/a/1.");
        var mounts = OnFileSystem(fileSystem);
        Scan(_memory, mounts);

        Assert.Equal(2, Scan(_memory, mounts).Listed);
    }

    [Fact]
    public void After_an_hour_everything_is_listed_again()
    {
        _scratch.Write("store/a/1.");
        Scan();
        _clock.Advance(TimeSpan.FromMinutes(61));

        Assert.Equal(2, Scan().Listed);
    }

    [Fact]
    public void A_scan_that_was_cancelled_leaves_nothing_to_believe()
    {
        _scratch.Write("store/a/box.lock");
        _scratch.Write("store/b/1.");
        Scan();
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => new StoreScanner(_mounts, (_, _) =>
        {
            stop.Cancel();
            return true;
        }, memory: _memory).Scan([Root], stop.Token));

        Assert.Equal(3, Scan().Listed);
    }

    /// <summary>Names come and go at random; after each round both scans must see the same.</summary>
    [Fact]
    public void A_scan_with_a_memory_sees_what_one_without_it_sees()
    {
        var random = new Random(11);
        List<string> directories = [_root];
        for (var round = 0; round < 60; round++)
        {
            for (var change = random.Next(4); change > 0; change--)
            {
                Change(random, directories);
            }

            var (scan, whole) = (Scan(), Scan(null, _mounts));
            Assert.Equal(Paths(whole).Order(), Paths(scan).Order());
            Assert.Equal((whole.Names, whole.Directories), (scan.Names, scan.Directories));
            AfterTheClockTicked();
        }
    }

    private void Change(Random random, List<string> directories)
    {
        var directory = directories[random.Next(directories.Count)];
        var other = directories[random.Next(directories.Count)];
        var name = random.Next(1000);
        switch (random.Next(6))
        {
            case 0 or 1:
                directories.Add(Directory.CreateDirectory(Path.Join(directory, name % 5 == 0 ? "tmp" : name % 5 == 1 ? "cur" : name % 5 == 2 ? "new" : $"d{name}")).FullName);
                break;
            case 2:
                File.WriteAllText(Path.Join(directory, $"box{name}.lock"), "");
                break;
            case 3:
                File.WriteAllText(Path.Join(directory, $"17{name:00000000}.M1P1.mail"), "");
                break;
            case 4 when Directory.GetFiles(directory) is [var file, ..]:
                File.Delete(file);
                break;
            case 5 when directory != _root && !other.StartsWith(directory, StringComparison.Ordinal) && Path.Join(other, Path.GetFileName(directory)) is var to && !Path.Exists(to):
                Directory.Move(directory, to);
                directories.RemoveAll(d => d != _root && !Directory.Exists(d));
                directories.Add(to);
                break;
            default:
                break;
        }

        directories.RemoveAll(d => !Directory.Exists(d));
        directories.Sort(StringComparer.Ordinal);
    }

    /// <summary>Kernels before 6.13 stamp changes with a clock that moves every few milliseconds: the next one has to come later than all so far. In life, two seconds see to that.</summary>
    private void AfterTheClockTicked()
    {
        var newest = Directory.GetDirectories(_root, "*", SearchOption.AllDirectories).Append(_root).Max(d => ArtefactReader.Stat(FilePath.FromText(d)).Value.ChangedAt);
        do
        {
            File.WriteAllText(_probe + "/tick", "");
            File.Delete(_probe + "/tick");
        }
        while (ArtefactReader.Stat(FilePath.FromText(_probe)).Value.ChangedAt <= newest);
    }

    private ScanRoot Root => new(FilePath.FromText(_root));

    private StoreScan Scan(params FileIdentity[] sought) => new StoreScanner(_mounts, static (_, _) => true, sought: sought.ToHashSet(), memory: _memory).Scan([Root]);

    private StoreScan Scan(ScanMemory? memory, IReadOnlyList<Mount> mounts) => new StoreScanner(mounts, static (_, _) => true, memory: memory).Scan([Root]);

    private IEnumerable<string> Paths(StoreScan scan) => scan.Artefacts.Select(a => a.File.Path.Text[_root.Length..]);

    private static List<Mount> OnFileSystem(string fileSystem) => [.. new MountReader().Read().Mounts.Select(m => m with { FileSystem = fileSystem })];
}
