namespace Ops.Contracts;

/// <summary>One artefact, one verdict, its evidence: a line of <c>ops scan --json</c>, a row of the console.</summary>
/// <remarks>
/// Readers ignore unknown fields; fields are only ever added. Words are those of the public language: <c>kind</c> and <c>verdict</c> in lower case
/// with hyphens. Times are UTC. Text that came from the host is raw here (JSON escapes it); pages and terminals escape it again.
/// A list that was left out is empty: generated readers set null where an older writer has nothing.
/// </remarks>
public sealed record Finding
{
    /// <summary>Stable across scans of one host for the same artefact: what a delta opens, changes and closes.</summary>
    public required string Key { get; init; }

    public required string Host { get; init; }

    /// <summary>Bytes that are not UTF-8 are U+FFFD here; then <see cref="PathBytes"/> has the truth.</summary>
    public required string Path { get; init; }

    /// <summary>Base64 of the path; only when it is not valid UTF-8.</summary>
    public string? PathBytes { get; init; }

    public required string Kind { get; init; }

    public required string System { get; init; }

    public IReadOnlyList<string> Systems { get; init => field = value ?? []; } = [];

    public required string Verdict { get; init; }

    /// <summary>One sentence for the operator: why this verdict.</summary>
    public required string Summary { get; init; }

    public FindingOwner? Owner { get; init; }

    /// <summary>True, false, or null for "unknown".</summary>
    public bool? OwnerAlive { get; init; }

    public FindingIdentity? Identity { get; init; }

    /// <summary>For what several files, locks or processes say together, which of these it is: <c>dot-lock-waiter</c>, <c>split-brain</c>, <c>deadlock</c>...
    /// Null for a single file or lock.</summary>
    public string? Relation { get; init; }

    /// <summary>Path of the mailbox that a lock protects or a relation concerns; null when there is none, or when it is not known.</summary>
    public string? Mailbox { get; init; }

    public string? User { get; init; }

    /// <summary>Seconds since the younger of ctime and mtime for files, since the holder's start for kernel locks; at the time of the scan.</summary>
    public double? AgeSeconds { get; init; }

    public IReadOnlyList<FindingEvidence> Evidence { get; init => field = value ?? []; } = [];

    /// <summary>What the evidence allows: <c>break</c>, <c>remove</c>, <c>ask</c>, <c>term</c>, <c>kill</c>, <c>rescue</c>; empty when nothing may be done. <c>break</c> and
    /// <c>remove</c> are there only if the host's policy names the verb and the kind, and the place of the file lets it be done: the act refuses neither of them on an idle
    /// store. Of the others the host's policy may allow less.</summary>
    public IReadOnlyList<string> Actions { get; init => field = value ?? []; } = [];

    /// <summary><c>sha256:...</c> over identity and evidence answers; an act carries it and is refused when a fresh look differs.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>True when a break may have to go by the weaker protocol: its file system may not be able to exchange names, and the host's policy allows it. Null otherwise.</summary>
    public bool? Weaker { get; init; }

    /// <summary>When the owning software itself would remove it.</summary>
    public DateTimeOffset? SelfHealsAt { get; init; }

    /// <summary>For kernel locks: class, mode, range and who waits for whom.</summary>
    public FindingLock? Lock { get; init; }

    /// <summary>For a process that polls for a dot lock: pids it waits for. Waiters for kernel locks have theirs in <see cref="Lock"/>.</summary>
    public IReadOnlyList<int> BlockedBy { get; init => field = value ?? []; } = [];

    /// <summary>For a process that writes to a file without a name, or is about to: its descriptor of that file, to rescue it by. For a kernel lock see <see cref="Lock"/>.</summary>
    public int? Descriptor { get; init; }

    /// <summary>For a deadlock: pids, each of which waits for the next and the last for the first.</summary>
    public IReadOnlyList<int> Cycle { get; init => field = value ?? []; } = [];

    /// <summary>The living process behind <see cref="Owner"/>, when it was identified.</summary>
    public FindingProcess? Process { get; init; }

    /// <summary>Set by the agent: when this key was first seen with this verdict.</summary>
    public DateTimeOffset? Since { get; init; }
}

/// <param name="StartTicks">Clock ticks since boot; with boot id and pid the identity of the process.</param>
public sealed record FindingOwner(int? Pid, string? Host, ulong? StartTicks, Guid? BootId, string? Command);

/// <param name="Dev">Major and minor in hex, <c>fe:00</c>.</param>
/// <param name="Mode">Permission bits in octal, four digits.</param>
public sealed record FindingIdentity(
    string Dev, ulong Ino, uint Nlink, long Size, DateTimeOffset Ctime, DateTimeOffset Mtime, string? Mode = null, uint? Uid = null, uint? Gid = null);

/// <param name="Answer"><c>yes</c>, <c>no</c> or <c>unknown</c>.</param>
/// <param name="Blocks">Whether this answer alone forbids to break or remove.</param>
public sealed record FindingEvidence(string Question, string Answer, string Source, string Detail, DateTimeOffset At, bool Blocks = false);

/// <summary>A kernel lock as the operator sees it.</summary>
/// <param name="Class"><c>posix</c>, <c>flock</c>, <c>ofd</c>, <c>lease</c>...</param>
/// <param name="Mode"><c>read</c> or <c>write</c>.</param>
/// <param name="Range"><c>whole file</c>, <c>0-99</c>, <c>100-EOF</c>.</param>
/// <param name="Group">Same for all holders and waiters of one lock, so that a page can put waiters under their blocker.</param>
/// <param name="Depth">0 for a holder, 1 for its waiter, 2 for a waiter behind that waiter...</param>
/// <param name="BlockedBy">Pids that a waiter waits for.</param>
/// <param name="SharedWith">Other pids that hold the same open file description.</param>
/// <param name="Device">Superblock device and inode of the row.</param>
public sealed record FindingLock(
    string Class, string Mode, string Range, string Group, int Depth, int? Descriptor, string? Device,
    IReadOnlyList<int> BlockedBy, IReadOnlyList<int> SharedWith);

/// <summary>A process card.</summary>
/// <param name="Session">Null when it serves no user, when that was not asked, or when it is not certain.</param>
public sealed record FindingProcess(
    int Pid, ulong StartTicks, Guid BootId, int ParentPid, string Command, string CommandLine, string? Executable, uint? Uid, string? User, string? Unit,
    string State, DateTimeOffset StartedAt, IReadOnlyList<int> NamespacePids, FindingSession? Session = null);

/// <summary>Whom a process of a mail server serves, as far as that is proven.</summary>
/// <param name="System">Word of the mail system.</param>
/// <param name="User">As the mail system names the user.</param>
/// <param name="Address">Where the client connects from; null when the mail system does not say.</param>
/// <param name="Service">As the mail system names it; null when it does not say.</param>
/// <param name="Mailbox">The selected mailbox, in the words of the mail system; null when none is, or it does not say.</param>
/// <param name="Source">Where that was read.</param>
/// <param name="At">When.</param>
public sealed record FindingSession(string System, string User, string? Address, string? Service, string? Mailbox, string Source, DateTimeOffset At);

/// <summary>Something that a scan could not see or prove: silence must never look like "no locks".</summary>
/// <param name="Area"><c>processes</c>, <c>kernel-locks</c>, <c>store</c>, <c>privileges</c>...</param>
public sealed record BlindSpot(string Area, string Detail)
{
    /// <summary>Area of a journal that cannot be used: while it says so, the agent refuses every act.</summary>
    public const string Journal = "journal";
}

/// <summary>The words of the public language as used on the wire.</summary>
public static class Words
{
    private static readonly Dictionary<string, VerdictWord> Verdicts = Enum.GetValues<VerdictWord>().ToDictionary(Of, StringComparer.Ordinal);

    /// <summary>Null for a word that this version does not know.</summary>
    public static VerdictWord? Verdict(string word) => Verdicts.TryGetValue(word, out var known) ? known : null;

    /// <summary>Of a word that this version does not know, nothing is assumed.</summary>
    public static VerdictTraits Traits(this Finding finding) => VerdictTraits.Of(Verdict(finding.Verdict) ?? VerdictWord.Refused);

    // Without a default: what is new does not compile until it has its word.
#pragma warning disable CS8524
    public static string Of(VerdictWord word) => word switch
    {
        VerdictWord.Held => "held",
        VerdictWord.Waiting => "waiting",
        VerdictWord.Stale => "stale",
        VerdictWord.Orphan => "orphan",
        VerdictWord.OrphanLinked => "orphan-linked",
        VerdictWord.GhostWrite => "ghost-write",
        VerdictWord.SplitBrain => "split-brain",
        VerdictWord.NotALock => "not-a-lock",
        VerdictWord.Mismatch => "mismatch",
        VerdictWord.Refused => "refused",
    };

    public static string Of(ArtefactKind kind) => kind switch
    {
        ArtefactKind.KernelLock => "kernel-lock",
        ArtefactKind.DotLock => "dot-lock",
        ArtefactKind.MbxLock => "mbx-lock",
        ArtefactKind.LockFile => "lock-file",
        ArtefactKind.PidFile => "pid-file",
        ArtefactKind.StagingFile => "staging-file",
        ArtefactKind.PidLinkedFile => "pid-linked-file",
        ArtefactKind.TempFile => "temp-file",
        ArtefactKind.Mailbox => "mailbox",
        ArtefactKind.Message => "message",
        ArtefactKind.Directory => "directory",
    };

    public static string Of(RelationKind kind) => kind switch
    {
        RelationKind.DotLockWaiter => "dot-lock-waiter",
        RelationKind.SplitBrain => "split-brain",
        RelationKind.GhostWaiters => "ghost-waiters",
        RelationKind.GhostWriters => "ghost-writers",
        RelationKind.UnsafeDirectory => "unsafe-directory",
        RelationKind.Deadlock => "deadlock",
        RelationKind.LockAtRisk => "lock-at-risk",
        RelationKind.LockLost => "lock-lost",
        RelationKind.IncompatibleLocking => "incompatible-locking",
        RelationKind.DeliveryObstacle => "delivery-obstacle",
    };

    public static string Of(Answer answer) => answer switch
    {
        Answer.Yes => "yes",
        Answer.No => "no",
        _ => "unknown",
    };

    public static string Of(OtherHostState state) => state switch
    {
        OtherHostState.NoAnswer => "no-answer",
        OtherHostState.Collision => "collision",
        OtherHostState.Unknown => "unknown",
        OtherHostState.Alive => "alive",
        OtherHostState.Reused => "reused",
        OtherHostState.Absent => "absent",
    };

    /// <summary>Of a word that this version does not know, nothing is assumed.</summary>
    public static OtherHostState OtherHost(string word) => word switch
    {
        "no-answer" => OtherHostState.NoAnswer,
        "collision" => OtherHostState.Collision,
        "alive" => OtherHostState.Alive,
        "reused" => OtherHostState.Reused,
        "absent" => OtherHostState.Absent,
        _ => OtherHostState.Unknown,
    };

    public static string Of(OperatorAction action) => action switch
    {
        OperatorAction.Break => "break",
        OperatorAction.Remove => "remove",
        OperatorAction.Undo => "undo",
        OperatorAction.Ask => "ask",
        OperatorAction.Terminate => "term",
        OperatorAction.Kill => "kill",
        OperatorAction.Rescue => "rescue",
        OperatorAction.Purge => "purge",
    };

#pragma warning restore CS8524

    /// <summary>Null when the word is none of an action's.</summary>
    public static OperatorAction? Action(string word) => word switch
    {
        "break" => OperatorAction.Break,
        "remove" => OperatorAction.Remove,
        "undo" => OperatorAction.Undo,
        "ask" => OperatorAction.Ask,
        "term" => OperatorAction.Terminate,
        "kill" => OperatorAction.Kill,
        "rescue" => OperatorAction.Rescue,
        "purge" => OperatorAction.Purge,
        _ => null,
    };

    public static string Of(LockClass lockClass) => lockClass switch
    {
        LockClass.Posix => "posix",
        LockClass.Flock => "flock",
        LockClass.Ofd => "ofd",
        LockClass.Lease => "lease",
        LockClass.Delegation => "delegation",
        _ => "unknown",
    };

    public static string Of(LockMode mode) => mode switch
    {
        LockMode.Read => "read",
        LockMode.Write => "write",
        LockMode.Unlocked => "unlocked",
        _ => "unknown",
    };
}
