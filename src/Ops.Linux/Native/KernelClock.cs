namespace Ops.Linux;

/// <summary>The kernel's clocks and their unit.</summary>
internal static unsafe class KernelClock
{
    /// <summary>Clock ticks a second in <c>/proc/PID/stat</c>: 100 on every machine seen, but a system may differ.</summary>
    public static long TicksPerSecond { get; } = Libc.sysconf(Libc.ClockTicksPerSecond) is var ticks && ticks > 0 ? ticks : 100;

    /// <summary>Time since boot, suspended time included: the clock that process start times count in.</summary>
    public static TimeSpan SinceBoot() => Read(Libc.ClockBootTime);

    /// <summary>Wall time at boot, by the wall clock as it is set now: moves when the clock is stepped. Both clocks are read between
    /// two looks at the boot clock, and the narrowest of some attempts is kept, so it is good to some microseconds.</summary>
    public static DateTimeOffset BootWallTime()
    {
        var (best, width) = (TimeSpan.Zero, TimeSpan.MaxValue);
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var before = SinceBoot();
            var wall = Read(Libc.ClockRealTime);
            var after = SinceBoot();
            if (after - before < width)
                (best, width) = (wall - (before + ((after - before) / 2)), after - before);
        }
        return DateTimeOffset.UnixEpoch + best;
    }

    /// <summary>Time that the calling thread has spent on a processor.</summary>
    public static TimeSpan OfThread() => Read(Libc.ClockOfThread);

    private static TimeSpan Read(int clock)
    {
        KernelTime time;
        return Libc.clock_gettime(clock, &time) == 0
            ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick)
            : throw new PlatformNotSupportedException($"clock {clock} cannot be read");
    }
}
