using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>When a look at the kernel locks is made before its time.</summary>
public sealed class LockWatchTests : IDisposable
{
    private static readonly LockListMark One = new(1, false, 11), Other = new(1, false, 12), Long = new(LockWatch.MostRows + 1, false, 13);
    private readonly CancellationTokenSource _stop = new();

    public void Dispose() => _stop.Dispose();

    [Fact]
    public void The_list_is_read_more_often_while_a_process_waits_and_seldom_while_it_is_long()
    {
        Assert.True(LockWatch.PauseAfter(One with { HasWaiters = true }) < LockWatch.PauseAfter(One));
        Assert.True(LockWatch.PauseAfter(One) < LockWatch.PauseAfter(Long));
        Assert.Equal(LockWatch.PauseAfter(Long), LockWatch.PauseAfter(Long with { HasWaiters = true }));
        Assert.Equal(LockWatch.PauseAfter(Long), LockWatch.PauseAfter(null));
    }

    [Fact]
    public async Task A_look_is_called_for_when_the_list_has_changed_and_only_then()
    {
        Assert.Equal(2, await CallsAsync(One, One, Other, Other, One, One));
    }

    [Fact]
    public async Task A_list_that_cannot_be_read_or_is_long_calls_for_no_look()
    {
        Assert.Equal(0, await CallsAsync(One, null, null, Other, Long, Long with { Sum = 14 }));
    }

    [Fact]
    public void A_real_lock_changes_the_mark_of_the_list()
    {
        using var store = new Store();
        var survey = new HostSurvey(store.Settings(), TimeProvider.System);
        var before = survey.MarkLocks();
        using var holder = LockMaker.Start("posix", "write", store.Write("alice"));

        Assert.NotNull(before);
        Assert.NotEqual(before, survey.MarkLocks());
    }

    /// <summary>How often a look was called for while these marks were read, in this order.</summary>
    private async Task<int> CallsAsync(params LockListMark?[] marks)
    {
        var (time, calls, read) = (new FakeTimeProvider(Samples.Now), 0, 0);
        var watch = new LockWatch(time, () => marks[Math.Min(read++, marks.Length - 1)], () => calls++);
        var running = watch.RunAsync(_stop.Token);
        while (Volatile.Read(ref read) < marks.Length + 1)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        return calls;
    }
}
