namespace Ops.Contracts;

/// <summary>Asks an agent about processes that locks seen on another host name.</summary>
/// <param name="BootId">The boot that is meant: an agent of another boot cannot answer. Null asks only for its clock and name.</param>
/// <param name="Files">Files that these processes may use; a number of a device means something on one kernel only.</param>
public sealed record ProcessQuestion(Guid? BootId, IReadOnlyList<AskedProcess> Processes, IReadOnlyList<AskedFile> Files)
{
    /// <summary>An agent answers about so many of each at most.</summary>
    public const int Most = 64;
}

/// <param name="StartTicks">Clock ticks since boot, where it is known which process of that number is meant.</param>
public sealed record AskedProcess(int Pid, ulong? StartTicks = null);

/// <param name="Dev">Major and minor in hex, <c>fe:00</c>.</param>
public sealed record AskedFile(string Dev, ulong Ino);

/// <param name="HostName">What the host calls itself (<c>uname -n</c>), whatever name its agent reports.</param>
/// <param name="At">By the clock of that host, before it looked.</param>
public sealed record ProcessAnswer(string HostName, Guid BootId, DateTimeOffset At, IReadOnlyList<ProcessWord> Processes, IReadOnlyList<FileWord> Files);

/// <param name="State"><c>alive</c>, <c>absent</c>, <c>reused</c> (another process has the number since) or <c>unknown</c>.</param>
/// <param name="Detail">One sentence.</param>
public sealed record ProcessWord(int Pid, string State, string Detail);

/// <param name="Used"><c>yes</c>, <c>no</c> or <c>unknown</c>.</param>
public sealed record FileWord(string Dev, ulong Ino, string Used, string Detail);

/// <summary>What a console heard about processes that locks of a host name.</summary>
public sealed record OtherHostReport(IReadOnlyList<OtherHostWord> Words);

/// <param name="Host">As the lock writes it.</param>
/// <param name="State">A word of <see cref="ProcessWord.State"/>, or <c>no-answer</c>, or <c>collision</c> (several hosts report that name).</param>
/// <param name="AnsweredBy">What the host that answered calls itself; null without an answer.</param>
/// <param name="BootId">Of the host that answered.</param>
/// <param name="AskedAt">By the clock of the agent that this is for: <see cref="ProcessAnswer.At"/> of an answer that it gave before the other one was asked.</param>
/// <param name="Doubts">Why other hosts on that kernel may use the file.</param>
public sealed record OtherHostWord(string Host, int Pid, string State, string Detail, string? AnsweredBy, Guid? BootId, DateTimeOffset AskedAt, IReadOnlyList<string> Doubts);
