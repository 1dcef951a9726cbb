namespace Ops.Linux;

/// <summary>Keeps reading below a rate, so that the mail server finds the disk free. Waits before more is read than the rate allows.</summary>
internal sealed class ReadBudget(AuditOptions options, TimeProvider clock, CancellationToken stop)
{
    // Shorter waits cost more than they spare.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);
    private long _freeAt = clock.GetTimestamp();

    /// <exception cref="OperationCanceledException">Stopped while it waited.</exception>
    public void Spend(int bytes, int messages) =>
        Spend(Math.Max(options.BytesPerSecond is { } most ? bytes / (double)most : 0, options.MessagesPerSecond is { } count ? messages / (double)count : 0));

    /// <summary>For a file that is looked at and not opened.</summary>
    /// <exception cref="OperationCanceledException">Stopped while it waited.</exception>
    public void SpendLook() => Spend(options.FilesPerSecond is { } files ? 1 / (double)files : 0);

    private void Spend(double seconds)
    {
        stop.ThrowIfCancellationRequested();
        var now = clock.GetTimestamp();
        // What was not used is not saved up: a pause is no reason for a burst.
        _freeAt = Math.Max(_freeAt, now) + (long)(seconds * clock.TimestampFrequency);
        if (clock.GetElapsedTime(now, _freeAt) is var ahead && ahead > Shortest)
            Wait(ahead);
    }

    public void Wait(TimeSpan time)
    {
        if (time > TimeSpan.Zero)
            Task.Delay(time, clock, stop).GetAwaiter().GetResult();
    }
}
