namespace Ops.Locks;

/// <summary>What a relation is about: the closed list of what several files, locks and processes can say together.</summary>
public enum RelationKind
{
    /// <summary>A living process tries again and again to take a dot lock that another has, or that a dead one left.</summary>
    DotLockWaiter,

    /// <summary>Two living holders who each believe that they have the lock.</summary>
    SplitBrain,

    /// <summary>Processes that wait for a lock on a file that its path no longer names.</summary>
    GhostWaiters,

    /// <summary>Processes that can write to a file that its path no longer names.</summary>
    GhostWriters,

    /// <summary>A directory with locks in which others can swap names.</summary>
    UnsafeDirectory,

    /// <summary>Processes each of which waits for the next, and the last for the first.</summary>
    Deadlock,

    /// <summary>A holder that will lose its lock by an act of its own, such as closing a second descriptor of the same file.</summary>
    LockAtRisk,

    /// <summary>A process that still writes after the lock it wrote under has gone.</summary>
    LockLost,

    /// <summary>Programs that lock one mailbox in ways that do not keep each other out.</summary>
    IncompatibleLocking,

    /// <summary>What stops delivery besides a lock: rights, owner, space.</summary>
    DeliveryObstacle,
}
