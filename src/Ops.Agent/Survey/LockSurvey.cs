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
    private Dictionary<LockEntry, Told> _told = new(ReferenceEqualityComparer.Instance);
    private long? _wholeAt;
    private TimeSpan _wholeTook;

    // A look that keeps nothing proves those that do; at most a two-hundredth of one core goes into it.
    private static readonly TimeSpan WholeEvery = TimeSpan.FromMinutes(1);
    private const int WholeFactor = 200;

    /// <summary>The locks and whose they are, without open files.</summary>
    public HostFacts Look() => Look(null, keep: false);

    /// <param name="before">The table of the last look; null for none.</param>
    /// <param name="keep">Whether only what has changed since then is read.</param>
    private HostFacts Look(LockTable? before, bool keep)
    {
        var processes = reader.Processes.ReadProcesses();
        return looks.AddTo(reader.Look(processes, reader.Processes.ReadLocks(processes, before, keep), OpenFileIndex.Empty));
    }

    /// <summary>One look that reads everything.</summary>
    public Survey Survey(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var started = clock.GetTimestamp();
        var host = Look(null, keep: false);
        List<KernelLockVerdict> locks = [.. KernelLockClassifier.Classify(host).Order(ByPlace.Instance)];
        return new Survey(
            new AreaScan(ScanArea.KernelLocks, FindingsOfOneLook(locks, host), BlindSpots.Of(host), [], clock.GetElapsedTime(started)), host, locks, BlindSpots.HasFailed(host), Recheck: null);
    }

    /// <summary>One look of many: reads and judges what has changed since the one before, and everything now and then. For one thread.</summary>
    public Survey SurveyChanges(LockTable before, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var started = clock.GetTimestamp();
        var host = Look(before, keep: true);
        var unnoticed = 0;
        if (_wholeAt is null)
            _wholeAt = started;
        else if (clock.GetElapsedTime(_wholeAt.Value) > (WholeEvery > _wholeTook * WholeFactor ? WholeEvery : _wholeTook * WholeFactor))
            (host, unnoticed) = Proven(host);
        List<KernelLockVerdict> locks = [.. KernelLockClassifier.Classify(host).Order(ByPlace.Instance)];
        var (fresh, unchanged, taken) = Changes(locks, host);
        var scan = new AreaScan(ScanArea.KernelLocks, fresh, BlindSpots.Of(host), [], clock.GetElapsedTime(started)) { Unchanged = unchanged, Taken = taken, Unnoticed = unnoticed };
        return new Survey(scan, host, locks, BlindSpots.HasFailed(host), Recheck: null);
    }

    /// <summary>The same by a look that keeps nothing, and how many of the locks that were kept are not as they were called. What changes while these looks are taken is seen by the last of
    /// them, which no longer keeps it.</summary>
    private (HostFacts Host, int Unnoticed) Proven(HostFacts kept)
    {
        var started = clock.GetTimestamp();
        var whole = Look(kept.Locks, keep: false);
        (_wholeAt, _wholeTook) = (clock.GetTimestamp(), clock.GetElapsedTime(started));
        var doubts = KeptLocks.Differences(kept.Locks, whole.Locks);
        var unnoticed = 0;
        if (doubts.Count > 0)
        {
            var still = Look(kept.Locks, keep: true).Locks.Entries.ToHashSet<LockEntry>(ReferenceEqualityComparer.Instance);
            unnoticed = doubts.Count(still.Contains);
        }
        return (whole with { Locks = whole.Locks with { Released = [.. kept.Locks.Released, .. whole.Locks.Released] } }, unnoticed);
    }

    /// <summary>Splits findings into those that have to be made and those that the last scan that was taken in has made from the same facts.</summary>
    private (FindingsOnDemand Fresh, IReadOnlyCollection<string> Unchanged, Action Taken) Changes(IReadOnlyList<KernelLockVerdict> locks, HostFacts host)
    {
        var known = Known(locks, host);
        List<KernelLockVerdict> fresh = [];
        List<string> unchanged = [];
        var told = new Dictionary<LockEntry, Told>(_told.Count, ReferenceEqualityComparer.Instance);
        LockEntry? last = null;
        foreach (var judged in locks)
        {
            var entry = judged.Entry;
            var file = FileOf(entry, known);
            var mailbox = MailboxOf(entry, file?.IsMailbox == true);
            if (_told.TryGetValue(entry, out var before) && ReferenceEquals(before.File, file) && before.Mailbox == mailbox)
            {
                // Its parties follow one another.
                if (!ReferenceEquals(last, entry))
                    unchanged.AddRange(before.Keys);
                told[entry] = before;
            }
            else
            {
                fresh.Add(judged);
                // Who waits depends on others.
                if (!entry.Lock.IsWaiter && judged.Party is not null)
                    told[entry] = new Told(file, mailbox, [.. told.GetValueOrDefault(entry)?.Keys ?? [], FindingFactory.KeyOf(entry, judged.Party)]);
            }
            last = entry;
        }
        return (new FindingsOnDemand(fresh, l => OfLock(l, FileOf(l.Entry, known), host), []), unchanged, () => _told = told);
    }

    /// <summary>Findings of these locks. They become the locked files that are known: a file is looked at when a lock on it first turns up, since ten thousand files a second would be too many.</summary>
    public IReadOnlyList<Finding> Findings(IReadOnlyList<KernelLockVerdict> locks, HostFacts host)
    {
        var known = Known(locks, host);
        return [.. locks.Select(l => OfLock(l, FileOf(l.Entry, known), host))];
    }

    private Dictionary<FileIdentity, LockedFile> Known(IReadOnlyList<KernelLockVerdict> locks, HostFacts host)
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
            return known;
        }
    }

    private static LockedFile? FileOf(LockEntry entry, Dictionary<FileIdentity, LockedFile> known) =>
        entry is { File: { } file, PathState: PathState.Current } ? known.GetValueOrDefault(file) : null;

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

    /// <summary>What findings of one lock were made from, and what they are called.</summary>
    private sealed record Told(LockedFile? File, FilePath? Mailbox, IReadOnlyList<string> Keys);

    /// <summary>A file with a kernel lock.</summary>
    /// <param name="File">Null when it could not be examined.</param>
    /// <param name="IsMailbox">Null until its first bytes were looked at.</param>
    private sealed record LockedFile(FileFacts? File, bool? IsMailbox);
}
