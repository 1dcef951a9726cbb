using System.Buffers.Text;

namespace Ops.Integrity;

/// <summary>How the kernel gives out process numbers: upwards from the last one, and from 300 again after the highest.</summary>
/// <param name="Highest">One less than <c>/proc/sys/kernel/pid_max</c>.</param>
/// <param name="Last">The number given out last (<c>/proc/loadavg</c>).</param>
/// <param name="ForksPerSecond">Measured; threads count, they take numbers too.</param>
/// <remarks>Source: Linux kernel/pid.c: alloc_pid, RESERVED_PIDS; fs/proc/loadavg.c; fs/proc/stat.c (processes).</remarks>
public sealed record PidCycle(int Highest, int Last, double ForksPerSecond)
{
    private const int FirstAfterTheEnd = 300;

    /// <summary>Time until the number comes round, at the measured rate; null when nothing was started while it was measured, or when the number is never given out.</summary>
    public TimeSpan? Until(int pid)
    {
        if (ForksPerSecond <= 0 || pid > Highest || pid < FirstAfterTheEnd)
            return null;
        var steps = pid > Last ? pid - Last : Highest - Last + pid - FirstAfterTheEnd + 1;
        return TimeSpan.FromSeconds(Math.Min(steps / ForksPerSecond, TimeSpan.MaxValue.TotalSeconds / 2));
    }

    /// <summary>The part of all numbers that come round within the time: 1 when it is a whole cycle. How likely it is that a number of unknown distance comes.</summary>
    public double ShareWithin(TimeSpan time) => Math.Clamp(time.TotalSeconds * ForksPerSecond / Math.Max(1, Highest - FirstAfterTheEnd + 1), 0, 1);

    /// <summary>The number given out last, the fifth word of <c>/proc/loadavg</c>.</summary>
    public static int? LastGiven(ReadOnlySpan<byte> loadAverage)
    {
        var at = loadAverage.LastIndexOf((byte)' ');
        return at >= 0 && Utf8Parser.TryParse(loadAverage[(at + 1)..], out int last, out _) ? last : null;
    }
}
