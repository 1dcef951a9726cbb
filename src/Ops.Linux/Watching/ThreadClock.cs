namespace Ops.Linux;

/// <summary>What a piece of work costs the machine, however many others want a processor at the same time.</summary>
public static class ThreadClock
{
    /// <summary>Time that the calling thread has spent on a processor since it began.</summary>
    public static TimeSpan Used() => KernelClock.OfThread();
}
