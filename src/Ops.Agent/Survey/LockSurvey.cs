using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Looks at the kernel's locks.</summary>
/// <remarks>May be used from several threads.</remarks>
internal sealed class LockSurvey(HostReader reader, WatchedStores stores, KnownMailboxes mailboxes, MailboxLooks looks, FindingFactory factory, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private Dictionary<FileIdentity, LockedFile> _lockedFiles = [];

    /// <summary>The locks and whose they are, without open files.</summary>
    /// <param name="before">The table of the last look, which saves work; null for none.</param>
    public HostFacts Look(LockTable? before = null)
    {
        var processes = reader.Processes.ReadProcesses();
        return looks.AddTo(reader.Look(processes, reader.Processes.ReadLocks(processes, before), OpenFileIndex.Empty));
    }

    /// <inheritdoc cref="Look"/>
    public Survey Survey(LockTable? before, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var started = clock.GetTimestamp();
        var host = Look(before);
        List<KernelLockVerdict> locks = [.. KernelLockClassifier.Classify(host).Order(ByPlace.Instance)];
        return new Survey(
            new AreaScan(ScanArea.KernelLocks, before is null ? FindingsOfOneLook(locks, host) : OnDemand(locks, host), BlindSpots.Of(host), [], clock.GetElapsedTime(started)),
            host, locks, BlindSpots.HasFailed(host), Recheck: null);
    }

    /// <summary>Findings of these locks. They become the locked files that are known: a file is looked at when a lock on it first turns up, since ten thousand files a second would be too many.</summary>
    public IReadOnlyList<Finding> Findings(IReadOnlyList<KernelLockVerdict> locks, HostFacts host) => [.. OnDemand(locks, host)];

    private FindingsOnDemand OnDemand(IReadOnlyList<KernelLockVerdict> locks, HostFacts host)
    {
        lock (_gate)
        {
            var known = new Dictionary<FileIdentity, LockedFile>();
            var reads = MailboxLooks.Limit;
            using var paths = new PathsInTurn();
            foreach (var entry in locks.Select(l => l.Entry))
            {
                if (entry is { File: { } identity, Path: { } path, PathState: PathState.Current } && !known.ContainsKey(identity))
                    known.Add(identity, WithSign(_lockedFiles.TryGetValue(identity, out var last) ? last : LookAtLocked(paths, entry, identity, path), host, ref reads));
            }
            _lockedFiles = known;
            return new FindingsOnDemand(locks, l => OfLock(l, l.Entry is { File: { } file, PathState: PathState.Current } ? known.GetValueOrDefault(file) : null, host), []);
        }
    }

    /// <summary>The same for a look that no other follows: each file is looked at when its finding is made, and nothing is remembered of it.</summary>
    private FindingsOnDemand FindingsOfOneLook(IReadOnlyList<KernelLockVerdict> locks, HostFacts host)
    {
        var paths = new PathsInTurn();
        var reads = MailboxLooks.Limit;
        (FileIdentity File, LockedFile Seen)? last = null;
        return new FindingsOnDemand(locks, Make, []);

        Finding Make(KernelLockVerdict judged)
        {
            if (judged.Entry is not { File: { } identity, Path: { } path, PathState: PathState.Current } entry)
                return OfLock(judged, null, host);
            // Locks of one file follow one another.
            if (last?.File != identity)
                last = (identity, WithSign(LookAtLocked(paths, entry, identity, path), host, ref reads));
            return OfLock(judged, last.Value.Seen, host);
        }
    }

    private Finding OfLock(KernelLockVerdict judged, LockedFile? file, HostFacts host) =>
        factory.OfKernelLock(judged, file?.File, host.Now, MailboxOf(judged.Entry, file?.IsMailbox == true));

    /// <summary>The mailbox that a kernel lock is on, or that its lock file is named after, as far as the last look at the stores knew it.</summary>
    public FilePath? MailboxOf(LockEntry entry) =>
        MailboxOf(entry, entry.File is { } file && _lockedFiles.TryGetValue(file, out var looked) && looked.IsMailbox == true);

    private FilePath? MailboxOf(LockEntry entry, bool isMailbox) =>
        (entry.Path is { } path ? NamedFile.MailboxOfMbxLock(path) : null) is { } named ? mailboxes.PathOf(named)
        : entry.File is not { } file ? null
        : mailboxes.PathOf(file) is { } mailbox ? mailbox
        : isMailbox ? entry.Path : null;

    /// <summary>What kernel locks say together, with the mailbox that an MBX lock is named after.</summary>
    public IEnumerable<Relation> Relations(HostFacts host) => RelationFinder.AmongLocks(host)
        .Select(r => r.Mailbox is null && NamedFile.MailboxOfMbxLock(r.Path) is { } named && mailboxes.PathOf(named) is { } mailbox ? r with { Mailbox = mailbox } : r);

    private static LockedFile LookAtLocked(PathsInTurn paths, LockEntry entry, FileIdentity identity, FilePath path) =>
        entry.Seen is { } seen && seen.Identity == identity ? new(seen, null) : new(paths.Stat(path).TryGet(out var facts) && facts.Identity == identity ? facts : null, null);

    /// <param name="reads">How many files this look may still read the beginning of; the others have their turn in the next.</param>
    private LockedFile WithSign(LockedFile locked, HostFacts host, ref int reads)
    {
        if (locked is not { File: { } file, IsMailbox: null })
            return locked;
        if (file.Kind != FileKind.Regular || !stores.IsBelowRoots(file.Path))
            return locked with { IsMailbox = false };
        // An open would break a lease.
        if (reads == 0 || host.Locks.On(file.Identity).Any(MailboxLooks.IsLease))
            return locked;
        reads--;
        return ArtefactReader.ReadStart(file.Path, MailboxFormats.StartBytes).TryGet(out var start)
            ? locked with { IsMailbox = new MailboxLook(MailboxFormats.Of(start), file.Size, Users.NameOf(file.Uid), file.BornAt).IsMailboxAt(file.Path) }
            : locked;
    }

    /// <summary>Waiters under their holders, and the locks of one directory together.</summary>
    private sealed class ByPlace : IComparer<KernelLockVerdict>
    {
        public static readonly ByPlace Instance = new();

        public int Compare(KernelLockVerdict? a, KernelLockVerdict? b)
        {
            var (left, right) = (a!, b!);
            var order = PathOf(left).CompareTo(PathOf(right));
            if (order == 0)
                order = string.CompareOrdinal(left.Group, right.Group);
            if (order == 0)
                order = left.Entry.Lock.Depth.CompareTo(right.Entry.Lock.Depth);
            return order != 0 ? order : (left.Party?.Process.Pid ?? 0).CompareTo(right.Party?.Process.Pid ?? 0);
        }

        private static FilePath PathOf(KernelLockVerdict judged) => judged.Entry.Path ?? FindingFactory.NameOf(judged.Entry.Lock.Device);
    }

    /// <summary>A file with a kernel lock.</summary>
    /// <param name="File">Null when it could not be examined.</param>
    /// <param name="IsMailbox">Null until its first bytes were looked at.</param>
    private sealed record LockedFile(FileFacts? File, bool? IsMailbox);
}
