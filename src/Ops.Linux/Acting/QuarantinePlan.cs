using Ops.Locks;

namespace Ops.Linux;

/// <summary>One leftover to take away: what was decided, and on which file.</summary>
public sealed record QuarantinePlan
{
    /// <summary>The configured store root that it is in. Nothing outside is touched.</summary>
    public required FilePath Root { get; init; }

    /// <summary>The leftover as the verdict saw it: a file of any kind, a symbolic link or a directory. Other names of its inode stay.</summary>
    public required FileFacts Expected { get; init; }

    /// <summary>Also the name of the folder in the quarantine; an id that was used before is refused.</summary>
    public required Guid OperationId { get; init; }

    public required string Actor { get; init; }

    public required string Reason { get; init; }

    /// <summary>This host, for the record.</summary>
    public required string HostName { get; init; }

    /// <summary>The lock of its own programs that is held while the name is removed (<see cref="StagingFile.FamilyLock"/>); null when there is none.</summary>
    public FilePath? FamilyLock { get; init; }

    /// <summary>How long to wait for another act in the same directory.</summary>
    public TimeSpan MutexWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For a dot lock that is renamed away (<see cref="Takeover.RunWeaker"/>); null for a leftover.</summary>
    internal RenamedLock? Lock { get; init; }

    /// <summary>How often the way back is tried, 50 ms apart.</summary>
    internal int MoveBackAttempts { get; init; } = NameExchange.Attempts;

    /// <summary>Called before each system call that matters; tests stop or end the process there.</summary>
    internal Action<QuarantinePoint>? Before { get; init; }

    /// <summary>What the system call at a point answers in place of being done; tests make file systems fail that way.</summary>
    internal Func<QuarantinePoint, Errno>? Fault { get; init; }

    internal Errno Attempt(QuarantinePoint point, Func<Errno> call) => Fault?.Invoke(point) is { } fault and not Errno.None ? fault : call();
}

/// <summary>What the weaker protocol does besides a removal.</summary>
/// <param name="Released">See <see cref="TakeoverPlan.Released"/>.</param>
/// <param name="MailboxRoot">See <see cref="TakeoverPlan.MailboxRoot"/>.</param>
/// <param name="Recheck">Just before the rename, with the mailbox locked by us: afterwards the name is free, and a process that is seen may have taken it rightly.</param>
internal sealed record RenamedLock(FileFacts? Mailbox, bool MailboxIsMbox, Func<BreakDecision.Refused?> Recheck, TimeSpan SettlePeriod, FilePath? MailboxRoot, Action? Released);

/// <summary>Places in a removal between which the world may change. <see cref="HoldMailbox"/>, <see cref="ProbeLink"/> and <see cref="Recheck"/> are those of a lock.</summary>
internal enum QuarantinePoint
{
    Mutex,
    Identify,
    Verify,
    HoldMailbox,
    WriteManifest,
    ProbeLink,
    Recheck,
    HoldFamily,
    Move,
    Inspect,
    MoveBack,
    RemoveRecord,
}

public abstract partial record ActOutcome
{
    /// <summary>The file is in quarantine.</summary>
    /// <param name="Warnings">For a lock: what an administrator should look at.</param>
    /// <param name="SettledWith">For a lock: who had it next.</param>
    public sealed record Quarantined(TakenFile File, FilePath QuarantinePath, IReadOnlyList<string> Warnings, IReadOnlyList<LockSighting> SettledWith) : ActOutcome;

    /// <summary>An undo: the file has its name again.</summary>
    public sealed record PutBack(FilePath Path) : ActOutcome;

    /// <summary>A purge: the file and its record are gone.</summary>
    public sealed record Purged(FilePath Path) : ActOutcome;
}

public enum QuarantineState
{
    /// <summary>The file is in quarantine and can be put back.</summary>
    Held,

    /// <summary>The file was put back.</summary>
    Undone,

    /// <summary>At work, or left by a crash; <see cref="Recovery"/> settles the latter.</summary>
    Unfinished,
}

/// <summary>One operation in a quarantine.</summary>
/// <param name="Action"><c>break</c> or <c>remove</c>.</param>
/// <param name="Path">Where the file was.</param>
/// <param name="At">When it was removed.</param>
/// <param name="Item">The file as it is there now; null when it does not.</param>
/// <param name="UndoneBy">Operation that put it back; null when none did, or its mark does not say.</param>
public sealed record QuarantinedFile(
    Guid OperationId, string Action, FilePath Path, FileKind Kind, FileIdentity Identity, long Size, DateTimeOffset At, string Actor, string Reason,
    string Host, QuarantineState State, FileFacts? Item, Guid? UndoneBy = null);

/// <param name="Purged">Operations whose file is gone for good now.</param>
/// <param name="Problems">What could not be purged, and why.</param>
public sealed record PurgeResult(IReadOnlyList<Guid> Purged, IReadOnlyList<string> Problems);
