using System.Globalization;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>When names that changed are looked at, and what is kept of them until then.</summary>
public sealed class NameLoopTests
{
    private static readonly FilePath One = FilePath.FromText("/mail/one.lock");

    [Fact]
    public async Task A_look_that_waits_for_a_processor_is_not_charged_for_the_wait()
    {
        using var stop = new CancellationTokenSource();
        var loop = new NameLoop(TimeProvider.System, static () => TimeSpan.Zero);
        var looks = 0;
        var run = loop.RunAsync(
            (names, _) =>
            {
                stop.Token.WaitHandle.WaitOne(40); // charged by the clock on the wall, thirty of these would rest for 4 seconds and more
                Interlocked.Increment(ref looks);
                return NamesLook.Nothing with { Names = names };
            },
            _ => Task.CompletedTask, e => Assert.Fail(e.Message), stop.Token);
        for (var i = 0; i < 30; i++)
        {
            var before = Volatile.Read(ref looks);
            loop.Look([One]);
            await Testing.Wait.Until(() => Volatile.Read(ref looks) > before, seconds: 3);
        }
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task Looks_that_cost_more_than_their_share_rest_and_gather_names()
    {
        using var stop = new CancellationTokenSource();
        var used = TimeSpan.Zero;
        var loop = new NameLoop(TimeProvider.System, () => used);
        var looks = new List<int>();
        var run = loop.RunAsync(
            (names, _) =>
            {
                used += TimeSpan.FromSeconds(1.01);
                lock (looks)
                    looks.Add(names.Count);
                return NamesLook.Nothing with { Names = names };
            },
            _ => Task.CompletedTask, e => Assert.Fail(e.Message), stop.Token);
        loop.Look([One]);
        await Testing.Wait.Until(() => Looks().Count == 1);
        for (var i = 0; i < 5; i++)
            loop.Look([FilePath.FromText(string.Create(CultureInfo.InvariantCulture, $"/mail/{i}.lock"))]);
        await Testing.Wait.Until(() => Looks().Count == 2);
        Assert.Equal([1, 5], Looks());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);

        List<int> Looks()
        {
            lock (looks)
                return [.. looks];
        }
    }

    [Fact]
    public void Names_of_one_directory_do_not_take_the_room_of_others()
    {
        var pending = new PendingNames();
        var taken = Enumerable.Range(0, 100_000).Count(i => pending.Add(FilePath.FromText(string.Create(CultureInfo.InvariantCulture, $"/flooded/{i}.lock"))));
        Assert.Equal(PendingNames.LimitOfDirectory, taken);
        Assert.True(pending.Add(One));
        var look = pending.Take();
        Assert.Contains(One, look);
        Assert.InRange(look.Count, 2, PendingNames.LimitOfLook);
    }

    [Fact]
    public void All_pending_names_are_handed_out_once()
    {
        var pending = new PendingNames();
        List<FilePath> added = [.. Enumerable.Range(0, 3_000).Select(i => FilePath.FromText(string.Create(CultureInfo.InvariantCulture, $"/mail/{i % 7}/{i}.lock")))];
        Assert.All(added, n => Assert.True(pending.Add(n)));
        List<FilePath> taken = [];
        while (pending.Take() is { Count: > 0 } names)
            taken.AddRange(names);
        Assert.Equal(added.Order(), taken.Order());
        Assert.Equal(0, pending.Count);
    }

    [Fact]
    public void Of_a_flooded_directory_every_name_counts_as_changed_and_of_others_none()
    {
        var touched = new TouchedNames();
        for (var i = 0; i < 100_000; i++)
            touched.Add(FilePath.FromText(string.Create(CultureInfo.InvariantCulture, $"/flooded/{i}.lock")), 50);
        Assert.True(touched.IsSince(FilePath.FromText("/flooded/never-seen.lock"), 50));
        Assert.False(touched.IsSince(One, 1));
        touched.Add(One, 60);
        Assert.True(touched.IsSince(One, 60));
        Assert.False(touched.IsSince(One, 61));
    }

    [Fact]
    public void Changes_that_were_dropped_are_counted_and_ask_for_a_scan_once()
    {
        var loop = new NameLoop(TimeProvider.System);
        loop.Take(new StoreChanges([], "the kernel dropped events", IsDropped: true));
        loop.Take(new StoreChanges([], "a directory was moved"));
        Assert.Equal((1, 2), (loop.Dropped, loop.TakeLost().Count));
        Assert.Empty(loop.TakeLost());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_name_that_is_taken_before_it_was_looked_at_is_looked_at_only_if_something_is_there(bool isThere)
    {
        using var stop = new CancellationTokenSource();
        var loop = new NameLoop(TimeProvider.System, static () => TimeSpan.Zero);
        var (looked, asked) = (new System.Collections.Concurrent.ConcurrentQueue<FilePath>(), new System.Collections.Concurrent.ConcurrentQueue<FilePath>());
        var run = loop.RunAsync(
            (names, _) =>
            {
                foreach (var name in names)
                    looked.Enqueue(name);
                return NamesLook.Nothing with { Names = names };
            },
            _ => Task.CompletedTask, e => Assert.Fail(e.Message), stop.Token,
            existing: (names, _) =>
            {
                foreach (var name in names)
                    asked.Enqueue(name);
                return isThere ? names : [];
            });
        loop.Take(new StoreChanges([One], null) { Given = new HashSet<FilePath> { One }, EventsPerSecond = 10_000 });
        loop.Take(new StoreChanges([One], null) { Removed = new HashSet<FilePath> { One }, EventsPerSecond = 10_000 });
        await Testing.Wait.Until(() => !asked.IsEmpty && (!isThere || !looked.IsEmpty));
        Assert.Equal([One], asked);
        Assert.Equal(isThere ? [One] : [], looked);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task A_name_of_which_something_is_reported_is_looked_at_as_soon_as_it_is_taken()
    {
        using var stop = new CancellationTokenSource();
        var loop = new NameLoop(TimeProvider.System, static () => TimeSpan.Zero);
        var looked = new TaskCompletionSource<IReadOnlyCollection<FilePath>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var run = loop.RunAsync(
            (names, _) =>
            {
                looked.TrySetResult(names);
                return NamesLook.Nothing with { Names = names };
            },
            _ => Task.CompletedTask, e => Assert.Fail(e.Message), stop.Token, existing: static (_, _) => []);
        loop.NoteReported([One]);
        loop.Take(new StoreChanges([One], null) { Removed = new HashSet<FilePath> { One } });
        Assert.Equal([One], await looked.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task Names_of_directories_that_were_moved_are_looked_at()
    {
        using var stop = new CancellationTokenSource();
        var loop = new NameLoop(TimeProvider.System, static () => TimeSpan.Zero);
        var looked = new TaskCompletionSource<IReadOnlyCollection<FilePath>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var run = loop.RunAsync(
            (names, _) =>
            {
                looked.TrySetResult(names);
                return NamesLook.Nothing with { Names = names };
            },
            _ => Task.CompletedTask, e => Assert.Fail(e.Message), stop.Token, list: static (directories, _) => [.. directories.Select(d => d.Path.Join("one.lock"))]);
        loop.Take(new StoreChanges([], null) { Directories = [new ChangedDirectory(One.Parent, IsDeep: true, IsGone: false)] });
        Assert.Equal([One], await looked.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Theory]
    [InlineData(10, 0)]
    [InlineData(1_000, 50)]
    [InlineData(30_000, 100)]
    public void The_more_changes_the_longer_a_new_name_is_left_alone(double eventsPerSecond, int milliseconds) =>
        Assert.Equal(milliseconds, NameLoop.SettleAt(eventsPerSecond).TotalMilliseconds);
}
