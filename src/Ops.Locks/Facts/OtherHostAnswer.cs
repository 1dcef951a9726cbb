namespace Ops.Locks;

/// <summary>What is known of a process that a lock names on another host.</summary>
public enum OtherHostState
{
    /// <summary>No agent of that name is connected, or it did not answer.</summary>
    NoAnswer,

    /// <summary>Several hosts report the name, or one that means no host: no answer is taken from any of them.</summary>
    Collision,

    /// <summary>Its agent answered, and could not determine it.</summary>
    Unknown,

    /// <summary>A process or thread has the number there.</summary>
    Alive,

    /// <summary>A process has the number there, and started at another time than the one that was asked for.</summary>
    Reused,

    /// <summary>Its agent's kernel knows neither a process nor a thread of that number.</summary>
    Absent,
}

/// <summary>What the agent of another host said of the process that a lock names, as a console brought it.</summary>
/// <param name="Host">The name of that host as the lock writes it.</param>
/// <param name="Detail">One sentence: the answer, or why there is none.</param>
/// <param name="AnsweredBy">What that host calls itself (<c>uname -n</c>); null without an answer.</param>
/// <param name="BootId">Of the kernel that it runs on; null without an answer.</param>
/// <param name="At">When it was asked, by the clock of this host.</param>
/// <param name="Doubts">Why other hosts on the same kernel may use the file: one has it open, could not determine who has, or did not answer.</param>
public sealed record OtherHostAnswer(string Host, int Pid, OtherHostState State, string Detail, string? AnsweredBy, Guid? BootId, DateTimeOffset At, IReadOnlyList<string> Doubts)
{
    /// <summary>Older than that it counts for nothing.</summary>
    public static readonly TimeSpan ValidFor = TimeSpan.FromSeconds(20);

    /// <summary>Neither too old nor of a time that has not come.</summary>
    public static bool Counts(DateTimeOffset asked, DateTimeOffset now) => asked <= now && now - asked <= ValidFor;

    public string Source => AnsweredBy is null ? "console" : $"agent of {FilePath.Escape(AnsweredBy)}";
}
