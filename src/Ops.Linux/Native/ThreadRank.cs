namespace Ops.Linux;

/// <summary>The rank of a thread among those that want a processor.</summary>
internal static class ThreadRank
{
    /// <summary>Puts the calling thread before ordinary ones; without the right to do so it stays where it is.</summary>
    /// <remarks>On Linux a priority is a thread's own, whatever POSIX says of processes (setpriority(2)).</remarks>
    public static void Raise() => _ = Libc.setpriority(Libc.PriorityOfProcess, 0, -10);

    /// <summary>Puts the calling thread behind all others, with the processor and with the disk: its place among those that read follows from it (ionice(1)).</summary>
    public static void Lower() => _ = Libc.setpriority(Libc.PriorityOfProcess, 0, 19);
}
