using Ops.Linux;

namespace Ops.Agent;

/// <summary>Looks at one area again and again, as often as it is cheap.</summary>
public sealed class ScanLoop(TimeProvider clock)
{
    // A look reads the descriptors of every process that may hold a lock: once a second, and once more in between where the list has changed.
    private static readonly TimeSpan LocksPeriod = TimeSpan.FromSeconds(1);
    private const int LocksFactor = 2;

    private static readonly TimeSpan StoresLeast = TimeSpan.FromSeconds(2), StoresMost = TimeSpan.FromSeconds(30);
    private const int StoresFactor = 8;

    // Half a hundredth of one core while something changes, a quarter of that while nothing does: there are two of these loops, and other things to do.
    private const int KnownFactor = 200, RestFactor = 800;
    private static readonly TimeSpan LocksRestLeast = TimeSpan.FromSeconds(2), LocksRestMost = TimeSpan.FromSeconds(10), StoresRestLeast = TimeSpan.FromSeconds(5);

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

    /// <summary>Pause after a look at names that are known: it judges again what events and the looks that follow them have judged already, for what several files say together.</summary>
    /// <param name="used">Processor time of the look.</param>
    public static TimeSpan PauseWhileKnown(TimeSpan used) => Shorter(Longer(used * KnownFactor, StoresLeast), StoresMost);

    /// <summary>How long a look may be left out while nothing changes that events or the list of locks would show: what other processes have open is seen by a look only.</summary>
    /// <param name="used">Processor time of the look.</param>
    /// <param name="slowdown">1, or more while the agent uses more than it may.</param>
    public static TimeSpan RestAfter(ScanArea area, TimeSpan used, double slowdown = 1) => area == ScanArea.KernelLocks
        ? Shorter(Longer(used * RestFactor * slowdown, LocksRestLeast), LocksRestMost)
        : Shorter(Longer(used * RestFactor * slowdown, StoresRestLeast), StoresMost);

    private static TimeSpan Shorter(TimeSpan first, TimeSpan second) => first < second ? first : second;

    private static TimeSpan Longer(TimeSpan first, TimeSpan second) => first > second ? first : second;

    /// <summary>Runs until stopped.</summary>
    /// <param name="deliver">Awaited: while no result is taken, no new one is made. Says whether a second look should follow soon.</param>
    /// <param name="bell">Ends a pause early.</param>
    /// <param name="quiet">Where nothing has to be looked at before something changes; null: nowhere.</param>
    public async Task RunAsync(
        ScanArea area, Func<CancellationToken, AreaScan> look, Func<AreaScan, Task<bool>> deliver, Action<Exception> failed, CancellationToken stop, ScanBell? bell = null, QuietTime? quiet = null)
    {
        var wasInDoubt = false;
        while (true)
        {
            var started = clock.GetTimestamp();
            AreaScan? scan = null;
            try
            {
                scan = await Task.Run(() => Measured(look, stop), stop);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One bad look is reported and the next one tried: a loop that ends would look like "no locks".
                failed(e);
            }
            var duration = clock.GetElapsedTime(started);
            wasInDoubt = scan is not null && await deliver(scan) && !wasInDoubt;
            var pause = wasInDoubt ? PauseInDoubt(duration) : scan is { Area: ScanArea.Stores, IsWhole: false, IsPartlyWalked: false } ? PauseWhileKnown(scan.Used) : PauseAfter(area, duration);
            // A look that is to confirm that something is gone must not come too soon after the one that missed it.
            await (bell is null || wasInDoubt ? Task.Delay(pause, clock, stop) : bell.PauseAsync(pause, stop));
            if (scan is not null && !wasInDoubt && quiet?.MayRest(scan) == true)
                await quiet.Changed.RestAsync(RestAfter(area, scan.Used, quiet.Slowdown()) - pause, stop);
        }
    }

    private static AreaScan Measured(Func<CancellationToken, AreaScan> look, CancellationToken stop)
    {
        var before = ThreadClock.Used();
        var scan = look(stop);
        return scan with { Used = ThreadClock.Used() - before };
    }
}

/// <summary>When a loop of looks has nothing to look at.</summary>
/// <param name="Changed">Rung when something changes that a look would show.</param>
/// <param name="MayRest">Whether, after that look, whatever changes will ring.</param>
/// <param name="Slowdown">See <see cref="ScanLoop.RestAfter"/>.</param>
public sealed record QuietTime(ScanBell Changed, Func<AreaScan, bool> MayRest, Func<double> Slowdown);
