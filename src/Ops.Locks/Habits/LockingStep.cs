namespace Ops.Locks;

/// <summary>A lock that programs take before they write to a mailbox. Programs that take none of the same steps do not keep each other out.</summary>
public enum LockingStep
{
    /// <summary>The file <c>MAILBOX.lock</c>.</summary>
    DotLock,

    /// <summary>A record lock on the mailbox: <c>fcntl</c>, <c>lockf</c>, OFD.</summary>
    Fcntl,

    /// <summary><c>flock</c> on the mailbox.</summary>
    Flock,

    /// <summary>A record lock on the guard of the mailbox, <c>/tmp/.DEV.INO</c>.</summary>
    GuardFcntl,

    /// <summary><c>flock</c> on the guard.</summary>
    GuardFlock,
}

/// <summary>What a program does to write to a mailbox.</summary>
/// <param name="Program">Its name in <c>/proc/PID/comm</c>, or how the mail system calls it.</param>
/// <param name="Steps">In the order in which they are taken.</param>
/// <param name="KeepsWhileWaiting">Whether it keeps what it has while it waits or tries again for the next. One that gives everything back, or gives up, cannot be part of a deadlock.</param>
/// <param name="Source">Program, file and function, or manual.</param>
public sealed record LockingHabit(string Program, IReadOnlyList<LockingStep> Steps, bool KeepsWhileWaiting, string Source);

/// <summary>How two habits get on with each other.</summary>
public enum LockingOutcome
{
    /// <summary>One at a time.</summary>
    Exclusive,

    /// <summary>Each can have one of the locks that both want, and wait for the other.</summary>
    Deadlock,

    /// <summary>Both can be in the mailbox at once.</summary>
    BothInside,
}
