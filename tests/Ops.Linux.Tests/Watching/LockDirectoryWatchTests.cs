using System.Collections.Concurrent;
using System.Globalization;
using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>Real changes of names in single directories, as a process without privileges sees them.</summary>
public sealed class LockDirectoryWatchTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly ConcurrentQueue<StoreChanges> _changes = new();
    private readonly ManualResetEventSlim _goOn = new(initialState: true);
    private LockDirectoryWatch? _watch;

    [Fact]
    public void A_lock_that_is_made_moved_and_removed_is_reported_and_other_names_are_not()
    {
        Start(_scratch.Path);
        _scratch.Write("mail");
        var path = _scratch.Write("box.lock");
        Eventually(() => _changes.Any(c => c.Given.Contains(FilePath.FromText(path))));
        File.Move(path, Path.Join(_scratch.Path, "other.lock"));
        Eventually(() => _changes.Any(c => c.Removed.Contains(FilePath.FromText(path))));
        Eventually(() => _changes.Any(c => c.Given.Contains(FilePath.FromText(path).Parent.Join("other.lock"))));
        File.Delete(Path.Join(_scratch.Path, "other.lock"));
        Eventually(() => _changes.Any(c => c.Removed.Contains(FilePath.FromText(path).Parent.Join("other.lock"))));
        Assert.DoesNotContain(_changes.SelectMany(c => c.Names), n => n.Name.SequenceEqual("mail"u8));
        Assert.All(_changes, c => Assert.Null(c.Lost));
    }

    [MountFact]
    public async Task A_link_in_the_middle_of_a_path_is_not_followed_to_a_server_that_does_not_answer()
    {
        using var dead = new DeadMount(Inside("dead"));
        File.CreateSymbolicLink(Path.Join(_scratch.Path, "user"), "dead");
        var (behind, other) = (Path.Join(_scratch.Path, "user", "box"), Inside("other"));
        _watch = await Task.Run(() => LockDirectoryWatch.Start(() => [FilePath.FromText(behind), FilePath.FromText(other)], static (_, _) => true, _changes.Enqueue).Value).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, _watch.Watched);
    }

    [Fact]
    public void Directories_for_which_there_is_no_room_are_counted()
    {
        var (first, second) = (Inside("first"), Inside("second"));
        _watch = LockDirectoryWatch.Start(() => [FilePath.FromText(first), FilePath.FromText(second)], static (_, _) => true, _changes.Enqueue, most: 1).Value;
        Assert.Equal((1, 1), (_watch.Watched, _watch.Left));
        File.WriteAllText(Path.Join(second, "unseen.lock"), "");
        var seen = Path.Join(first, "seen.lock");
        File.WriteAllText(seen, "");
        Eventually(() => _changes.Any(c => c.Given.Contains(FilePath.FromText(seen))));
        Assert.All(_changes.SelectMany(c => c.Names), n => Assert.True(n.IsAtOrBelow(FilePath.FromText(first))));
    }

    [Fact]
    public void A_directory_that_is_moved_is_no_longer_watched_and_calls_for_a_scan()
    {
        var directory = Inside("store");
        Start(directory);
        Directory.Move(directory, directory + ".old");
        Eventually(() => _changes.Any(c => c.Lost is not null));
        Assert.Equal(0, _watch!.Watched);
    }

    [Fact]
    public void A_directory_that_is_removed_is_no_longer_watched()
    {
        var directory = Inside("store");
        Start(directory);
        Directory.Delete(directory);
        Eventually(() => _watch!.Watched == 0);
    }

    [Fact]
    public void More_changes_than_the_queue_of_the_kernel_holds_call_for_a_scan()
    {
        Start(_scratch.Path);
        _goOn.Reset();
        _scratch.Write("first.lock");
        Eventually(() => !_changes.IsEmpty);
        // The watch waits in its report: nothing is read from the queue.
        var holds = int.Parse(File.ReadAllText("/proc/sys/fs/inotify/max_queued_events"), CultureInfo.InvariantCulture);
        for (var at = 0; at <= holds / 2; at++)
        {
            var path = _scratch.Write(string.Create(CultureInfo.InvariantCulture, $"{at}.lock"));
            File.Delete(path);
        }
        _goOn.Set();
        Eventually(() => _changes.Any(c => c is { Lost: not null, IsDropped: true }));
    }

    public void Dispose()
    {
        _goOn.Set();
        _watch?.Dispose();
        _goOn.Dispose();
        _scratch.Dispose();
    }

    private void Start(string directory)
    {
        _watch = LockDirectoryWatch.Start(() => [FilePath.FromText(directory)], static (_, name) => name.EndsWith(".lock"u8), changes =>
        {
            _changes.Enqueue(changes);
            _goOn.Wait();
        }).Value;
        Assert.Equal((1, 0), (_watch.Watched, _watch.Left));
    }

    private string Inside(string name) => Directory.CreateDirectory(Path.Join(_scratch.Path, name)).FullName;

    private static void Eventually(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(60)), "What is waited for has not happened.");
}
