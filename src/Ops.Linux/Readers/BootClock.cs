namespace Ops.Linux;

/// <summary>Wall time of the boot, the same on every look until the wall clock is stepped: a process must not seem to have started at
/// another time because two clocks were read a microsecond apart.</summary>
internal sealed class BootClock
{
    private static readonly TimeSpan Jitter = TimeSpan.FromMilliseconds(20);
    private readonly Func<DateTimeOffset> _read;
    private DateTimeOffset _boot;

    /// <param name="read">Wall time now less the time since boot.</param>
    public BootClock(Func<DateTimeOffset>? read = null)
    {
        _read = read ?? KernelClock.BootWallTime;
        Earliest = BootedAt();
    }

    /// <summary>The earliest that the boot ever seemed to be, while we looked or an earlier agent of this boot did.</summary>
    public DateTimeOffset Earliest { get; private set; }

    public DateTimeOffset BootedAt()
    {
        var now = _read();
        if ((now - _boot).Duration() > Jitter)
            _boot = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
        Remember(_boot);
        return _boot;
    }

    /// <summary>Takes in what an earlier agent of this boot has seen.</summary>
    public void Remember(DateTimeOffset earliest) => Earliest = Earliest == default || earliest < Earliest ? earliest : Earliest;

    /// <summary>By how much the wall clock has been set forward since it was first looked at: processes and the boot seem younger by that, next to files that
    /// were made before. Zero for less than a second, which is slewing and rounding.</summary>
    public TimeSpan SetForward() => BootedAt() - Earliest is var step && step >= TimeSpan.FromSeconds(1) ? step : TimeSpan.Zero;

    public DateTimeOffset At(ulong startTicks) =>
        BootedAt() + TimeSpan.FromTicks((long)Math.Min(startTicks, long.MaxValue / TimeSpan.TicksPerSecond) * TimeSpan.TicksPerSecond / KernelClock.TicksPerSecond);
}
