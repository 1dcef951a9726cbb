namespace Ops.Linux;

/// <summary>Wall time of the boot, the same on every look until somebody steps the wall clock: a process must not seem to have started at
/// another time because two clocks were read a microsecond apart.</summary>
internal sealed class BootClock
{
    private static readonly TimeSpan s_jitter = TimeSpan.FromMilliseconds(20);
    private DateTimeOffset _boot;

    public DateTimeOffset BootedAt()
    {
        var now = KernelClock.BootWallTime();
        if ((now - _boot).Duration() > s_jitter)
        {
            _boot = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
        }

        return _boot;
    }

    public DateTimeOffset At(ulong startTicks) =>
        BootedAt() + TimeSpan.FromTicks((long)Math.Min(startTicks, long.MaxValue / TimeSpan.TicksPerSecond) * TimeSpan.TicksPerSecond / KernelClock.TicksPerSecond);
}
