namespace Ops.Agent;

/// <summary>Looks at one area again and again, as often as it is cheap.</summary>
public sealed class ScanLoop(TimeProvider clock)
{
    // A look reads the descriptors of every process that may hold a lock: once a second, and once more in between where the list has changed.
    private static readonly TimeSpan LocksPeriod = TimeSpan.FromSeconds(1);
    private const int LocksFactor = 2;

    private static readonly TimeSpan StoresLeast = TimeSpan.FromSeconds(2);
    private const int StoresFactor = 8;

    // A row that was not seen is looked for again at once: what was released must be off the page as soon as what was taken is on it.
    private static readonly TimeSpan DoubtLeast = TimeSpan.FromMilliseconds(250);
    private const int DoubtFactor = 2;

    /// <summary>Pause after a look that took this long: at most a third of one core goes into kernel locks, so that a change among thousands shows within two seconds, and
    /// a ninth into stores.</summary>
    public static TimeSpan PauseAfter(ScanArea area, TimeSpan duration) => area == ScanArea.KernelLocks
        ? Longer(duration * LocksFactor, LocksPeriod - duration)
        : Longer(duration * StoresFactor, StoresLeast);

    /// <summary>Pause before a look that only confirms that something is gone. Every other look at most is one: on a host whose locks change all the time a third of
    /// one core goes into them at most.</summary>
    public static TimeSpan PauseInDoubt(TimeSpan duration) => Longer(duration * DoubtFactor, DoubtLeast);

    private static TimeSpan Longer(TimeSpan first, TimeSpan second) => first > second ? first : second;

    /// <summary>Runs until stopped.</summary>
    /// <param name="deliver">Awaited: while no result is taken, no new one is made. Says whether a second look should follow soon.</param>
    /// <param name="bell">Ends a pause early.</param>
    public async Task RunAsync(
        ScanArea area, Func<CancellationToken, AreaScan> look, Func<AreaScan, Task<bool>> deliver, Action<Exception> failed, CancellationToken stop, ScanBell? bell = null)
    {
        var wasInDoubt = false;
        while (true)
        {
            var started = clock.GetTimestamp();
            AreaScan? scan = null;
            try
            {
                scan = await Task.Run(() => look(stop), stop);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One bad look is reported and the next one tried: a loop that ends would look like "no locks".
                failed(e);
            }
            var duration = clock.GetElapsedTime(started);
            wasInDoubt = scan is not null && await deliver(scan) && !wasInDoubt;
            var pause = wasInDoubt ? PauseInDoubt(duration) : PauseAfter(area, duration);
            // A look that is to confirm that something is gone must not come too soon after the one that missed it.
            await (bell is null || wasInDoubt ? Task.Delay(pause, clock, stop) : bell.PauseAsync(pause, stop));
        }
    }
}
