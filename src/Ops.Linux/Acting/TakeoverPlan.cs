using Ops.Locks;

namespace Ops.Linux;

/// <summary>One stale dot lock to take over: what was decided, and on which file.</summary>
public sealed record TakeoverPlan
{
    /// <summary>The configured store root that the lock is in. Nothing outside is touched; links in the root's own path are followed,
    /// because an administrator named it, none below it is.</summary>
    public required FilePath Root { get; init; }

    /// <summary>The stale lock as the verdict saw it, with its absolute path at or below <see cref="Root"/>.</summary>
    public required FileFacts Expected { get; init; }

    /// <summary>Other names of the same inode that are known (hitching posts). The link count must be 1 + their number.</summary>
    public IReadOnlyList<FilePath> Twins { get; init; } = [];

    /// <summary>What our own lock looks like: content and mode that this mail system writes, naming our living process.</summary>
    public required LockLooks Ours { get; init; }

    /// <summary>The mailbox that the lock protects, as it was seen, by its real path; null when there is none.</summary>
    public FileFacts? Mailbox { get; init; }

    /// <summary>The store root of the mailbox, where a symbolic link led to another one than <see cref="Root"/>.</summary>
    public FilePath? MailboxRoot { get; init; }

    /// <summary>Whether the mailbox is in mbox format, so that its end can be checked.</summary>
    public bool MailboxIsMbox { get; init; }

    /// <summary>Also the name of the folder in the quarantine; an id that was used before is refused.</summary>
    public required Guid OperationId { get; init; }

    public required string Actor { get; init; }

    public required string Reason { get; init; }

    /// <summary>This host, for the record and for the temporary name.</summary>
    public required string HostName { get; init; }

    /// <summary>How long to wait for another break in the same directory.</summary>
    public TimeSpan MutexWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the name is watched after the release. Zero: one look.</summary>
    public TimeSpan SettlePeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Called when the lock is released: from then on the takeover only watches the name.</summary>
    public Action? Released { get; init; }

    /// <summary>Whether the lock may be renamed away where its file system cannot exchange names: the administrator of the host has said so.</summary>
    public bool MayBeRenamedAway { get; init; }

    /// <summary>Called before each system call that matters; tests stop or end the process there.</summary>
    internal Action<TakeoverPoint>? Before { get; init; }

    /// <summary>What the system call at a point answers in place of being done; tests make file systems fail that way.</summary>
    internal Func<TakeoverPoint, Errno>? Fault { get; init; }

    /// <summary>Recovery takes over our own dead lock: that is not worth keeping, and no record of it is needed afterwards.</summary>
    internal bool DiscardsTakenFile { get; init; }

    /// <summary>See <see cref="NameExchange"/>.</summary>
    internal TimeSpan GiveUpAfter { get; init; } = NameExchange.DefaultPatience;

    /// <summary>The same for the weaker protocol.</summary>
    internal Action<QuarantinePoint>? BeforeWeaker { get; init; }

    internal Func<QuarantinePoint, Errno>? FaultWeaker { get; init; }

    internal int MoveBackAttempts { get; init; } = NameExchange.Attempts;

    internal Errno Attempt(TakeoverPoint point, Func<Errno> call) => Fault?.Invoke(point) is { } fault and not Errno.None ? fault : call();
}

/// <summary>Places in a takeover between which the world may change. The order is that of an undisturbed takeover; the ones after
/// <see cref="Settle"/> are on side ways.</summary>
internal enum TakeoverPoint
{
    OpenDirectory,
    Mutex,
    Identify,
    Verify,
    HoldMailbox,
    WriteManifest,
    CreateOwn,
    ProbeQuarantine,
    RecordOwn,
    Exchange,
    Inspect,
    Record,
    Recheck,
    MoveToQuarantine,
    CheckBoundary,
    Release,
    Finish,
    Settle,
    ExchangeBack,
    InspectBack,
    DropTemporary,
    RemoveRecord,
}
