namespace Ops.Agent;

/// <summary>Calls for a scan before its time. Rung without end it is heard no more often than scans may be made: the pause after a scan that it called for is kept.</summary>
/// <remarks>May be used from several threads.</remarks>
public sealed class ScanBell(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _rung = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _cutShort;

    public void Ring()
    {
        lock (_gate)
            _rung.TrySetResult();
    }

    /// <summary>A scan begins: it sees whatever was rung for until now.</summary>
    public void Hush()
    {
        lock (_gate)
        {
            if (_rung.Task.IsCompleted)
                _rung = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Waits until it is rung, at most for so long: for a rest that nothing but a change is to end.</summary>
    public Task RestAsync(TimeSpan rest, CancellationToken stop) => rest <= TimeSpan.Zero ? Task.CompletedTask : IsRungWithinAsync(rest, stop);

    /// <summary>Waits for the end of a pause, or until it is rung.</summary>
    public async Task PauseAsync(TimeSpan pause, CancellationToken stop)
    {
        // The scan before this pause was one of its own: another one so soon would be beyond what scans may cost.
        if (_cutShort)
        {
            _cutShort = false;
            await Task.Delay(pause, clock, stop);
            return;
        }
        _cutShort = await IsRungWithinAsync(pause, stop);
    }

    private async Task<bool> IsRungWithinAsync(TimeSpan time, CancellationToken stop)
    {
        Task rung;
        lock (_gate)
            rung = _rung.Task;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var isRung = await Task.WhenAny(rung, Task.Delay(time, clock, ended.Token)) == rung;
        await ended.CancelAsync();
        stop.ThrowIfCancellationRequested();
        return isRung;
    }
}
