namespace Ops.Locks;

/// <summary>One run of one process; a recycled pid never compares equal.</summary>
/// <param name="StartTicks">Field 22 of <c>/proc/PID/stat</c>: clock ticks since boot.</param>
public sealed record ProcessIdentity(Guid BootId, int Pid, ulong StartTicks);

/// <summary>A process as one look at <c>/proc/PID</c> showed it.</summary>
/// <param name="Command">The <c>comm</c> name, at most 15 bytes, chosen by the process itself: show it, do not trust it.</param>
/// <param name="CommandLine">Arguments; empty for kernel threads and zombies, or where it could not be read.</param>
/// <param name="Executable">Target of <c>/proc/PID/exe</c>; null where it could not be read.</param>
/// <param name="Unit">systemd unit from the cgroup path; null outside one.</param>
/// <param name="State">State letter of the thread group leader: R S D T t Z X I.</param>
/// <param name="LiveTasks">Threads that are not zombies. A zombie leader with live threads is a living process.</param>
/// <param name="NamespacePids">The <c>NSpid</c> line: this process's pid in each pid namespace, outermost first.</param>
/// <param name="StartedAt">Wall time of the start, to 10 ms, from the boot clock.</param>
public sealed record ProcessFacts(
    ProcessIdentity Identity,
    int ParentPid,
    string Command,
    IReadOnlyList<string> CommandLine,
    string? Executable,
    uint? EffectiveUid,
    string? User,
    string? Unit,
    char State,
    int LiveTasks,
    IReadOnlyList<int> NamespacePids,
    DateTimeOffset StartedAt,
    bool IsKernelThread)
{
    public int Pid => Identity.Pid;

    /// <summary>Whether it can still do anything, such as release a lock. A zombie without living threads cannot.</summary>
    public bool IsAlive => State is not ('Z' or 'X') || LiveTasks > 0;

    /// <summary>Whether another look at it has nothing new to say: it runs and sleeps in turns all the time, and only a process that is stopped, waits for a disk or has ended says something.</summary>
    public bool SaysTheSame(ProcessFacts other) => ReferenceEquals(this, other)
        || Identity == other.Identity && ParentPid == other.ParentPid && Command == other.Command && Executable == other.Executable && EffectiveUid == other.EffectiveUid && Unit == other.Unit
        && Mood(State) == Mood(other.State) && CommandLine.SequenceEqual(other.CommandLine);

    private static char Mood(char state) => state is 'R' or 'I' ? 'S' : state;
}

/// <summary>A thread whose number a file claims: a program may write <c>gettid()</c>, and <c>kill</c> and <c>/proc/N</c> answer for it as for a process.</summary>
/// <param name="Number">Its number in our own pid namespace.</param>
/// <param name="Process">The process that it belongs to: the owner to be judged.</param>
/// <param name="StartedAt">Wall time of the start of the thread itself: its number may be a later one than that of its process.</param>
public sealed record ThreadFacts(int Number, ProcessFacts Process, DateTimeOffset StartedAt);

/// <summary>What the kernel answered when it was asked for one number by itself, since a listing of processes shows no threads.</summary>
/// <param name="Exists">Yes also where it may not be looked into (EPERM); No only where the kernel knows no such process or thread (ESRCH).</param>
/// <param name="Threads">The threads that carry it, in any pid namespace, and a process that came after the listing.</param>
public sealed record AskedNumber(Answer Exists, IReadOnlyList<ThreadFacts> Threads)
{
    public static AskedNumber Absent { get; } = new(Answer.No, []);

    public static AskedNumber NotAsked { get; } = new(Answer.Unknown, []);
}
