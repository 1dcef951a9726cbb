namespace Ops.Locks;

/// <summary>The process that gave a file the name it has (made it, linked it or moved it there), as the kernel reported it at that moment. Seen, not claimed: no text and no name of a file says it.</summary>
/// <param name="Pid">Its pid; it may have ended since.</param>
/// <param name="Process">What was read of it at once; null when it had ended before it could be read.</param>
/// <param name="Parent">The process that started it, as it was then; null when that could not be read.</param>
public sealed record Creator(int Pid, ProcessFacts? Process, ProcessFacts? Parent, DateTimeOffset SeenAt)
{
    /// <summary>Start times are cut to 10 ms, file times to a tick of at most 10 ms.</summary>
    public static TimeSpan Grain { get; } = TimeSpan.FromMilliseconds(10);
}
