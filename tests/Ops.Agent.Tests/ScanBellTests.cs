namespace Ops.Agent.Tests;

/// <summary>When a scan is made before its time.</summary>
public sealed class ScanBellTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly ScanBell _bell;

    public ScanBellTests() => _bell = new ScanBell(_time);

    [Fact]
    public async Task A_pause_ends_when_it_is_rung()
    {
        var pause = _bell.PauseAsync(Pause, CancellationToken.None);
        Assert.False(pause.IsCompleted);
        _bell.Ring();
        await pause.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task What_was_rung_before_a_scan_began_calls_for_no_second_one()
    {
        _bell.Ring();
        _bell.Hush();
        var pause = _bell.PauseAsync(Pause, CancellationToken.None);
        Assert.False(pause.IsCompleted);
        _time.Advance(Pause);
        await pause.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task What_was_rung_during_a_scan_is_followed_by_another_at_once()
    {
        _bell.Hush();
        _bell.Ring();
        await _bell.PauseAsync(Pause, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Rung_without_end_it_is_heard_every_other_pause_only()
    {
        _bell.Ring();
        await _bell.PauseAsync(Pause, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        var second = _bell.PauseAsync(Pause, CancellationToken.None);
        Assert.False(second.IsCompleted);
        _time.Advance(Pause);
        await second.WaitAsync(TimeSpan.FromSeconds(30));
        await _bell.PauseAsync(Pause, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_rest_ends_each_time_it_is_rung_and_at_its_end()
    {
        for (var i = 0; i < 3; i++)
        {
            _bell.Hush();
            var rest = _bell.RestAsync(Pause, CancellationToken.None);
            Assert.False(rest.IsCompleted);
            _bell.Ring();
            await rest.WaitAsync(TimeSpan.FromSeconds(30));
        }
        _bell.Hush();
        var whole = _bell.RestAsync(Pause, CancellationToken.None);
        _time.Advance(Pause);
        await whole.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_pause_ends_with_the_session()
    {
        using var stop = new CancellationTokenSource();
        var pause = _bell.PauseAsync(Pause, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pause);
    }
}
