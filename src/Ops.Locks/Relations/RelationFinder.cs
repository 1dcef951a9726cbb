namespace Ops.Locks;

/// <summary>A file and the verdict on it.</summary>
public sealed record JudgedArtefact(ArtefactFacts Artefact, Verdict Verdict);

/// <summary>What no single file and no single lock shows, only several of them together. Offers no act by itself.</summary>
/// <param name="Kind">What it is, where the verdict alone does not say it.</param>
/// <param name="Path">The name that it is about: of the lock, the mailbox or the directory.</param>
/// <param name="File">What is at that name now, where it was looked at.</param>
/// <param name="Apart">Distinguishes several relations about one name, the same in every scan: pids and inodes.</param>
/// <param name="BlockedBy">For a waiter: pids it waits for.</param>
public sealed record Relation(
    RelationKind Kind, FilePath Path, FileFacts? File, Verdict Verdict, string Apart, IReadOnlyList<int> BlockedBy, DateTimeOffset? Since = null)
{
    /// <summary>The mailbox that it concerns; null when there is none, or when it is not known.</summary>
    public FilePath? Mailbox { get; init; }

    /// <summary>Of the process in the verdict: its descriptor of the file, where one is known.</summary>
    public int? Descriptor { get; init; }

    /// <summary>For a waiter: that it waits is likely, from what it has open and what its program does, and was not seen.</summary>
    public bool IsLikely { get; init; }

    /// <summary>For a deadlock: pids, each of which waits for the next and the last for the first.</summary>
    public IReadOnlyList<int> Cycle { get; init; } = [];
}

/// <summary>Everything that one look at a host says beyond its single findings.</summary>
public static class RelationFinder
{
    /// <summary>What the kernel's locks say together.</summary>
    public static IReadOnlyList<Relation> AmongLocks(HostFacts host) => [.. SplitBrain.Find(host), .. GhostMailbox.OfWaiters(host), .. GuardKinds.Find(host)];

    /// <summary>What the files of the stores and those who have them open say together.</summary>
    /// <param name="artefacts">The files of the look with their verdicts.</param>
    /// <param name="ghosts">Files without a name that a process has open for writing, with what their names lead to now.</param>
    /// <param name="sleepsOnTimer">Whether a process sleeps on a timer now; null when that is not known. Asked only for those in question.</param>
    public static IReadOnlyList<Relation> AmongFiles(IReadOnlyList<JudgedArtefact> artefacts, HostFacts host, IReadOnlyList<GhostFile> ghosts, Func<ProcessFacts, bool?> sleepsOnTimer) =>
    [
        .. DotLockWaiters.Find(artefacts, host, sleepsOnTimer),
        .. GhostMailbox.OfWriters(host, ghosts),
        .. UnlockedWriter.Find(host),
        .. SecondDescriptor.Find(host),
        .. UnsafeDirectory.Find(artefacts, host),
    ];
}
