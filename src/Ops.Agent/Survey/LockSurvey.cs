using Ops.Contracts;
using Ops.Incidents;
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
        var locks = KernelLockClassifier.Classify(host);
        var findings = Findings(locks, host)
            .OrderBy(f => FindingWords.PathOf(f)).ThenBy(f => f.Lock!.Group, StringComparer.Ordinal).ThenBy(f => f.Lock!.Depth).ThenBy(f => f.Process?.Pid ?? 0).ToList();
        return new Survey(
            new AreaScan(ScanArea.KernelLocks, findings, BlindSpots.Of(host), [], clock.GetElapsedTime(started)), host, locks, BlindSpots.HasFailed(host), Recheck: null);
    }

    /// <summary>Findings of these locks. They become the locked files that are known: a file is looked at when a lock on it first turns up, since ten thousand files a second would be too many.</summary>
    public IReadOnlyList<Finding> Findings(IReadOnlyList<KernelLockVerdict> locks, HostFacts host)
    {
        lock (_gate)
        {
            var known = new Dictionary<FileIdentity, LockedFile>();
            var reads = MailboxLooks.Limit;
            foreach (var (identity, path) in locks.Where(l => l.Entry is { File: not null, Path: not null, PathState: PathState.Current }).Select(l => (l.Entry.File!.Value, l.Entry.Path!.Value)))
            {
                if (!known.ContainsKey(identity))
                    known.Add(identity, WithSign(_lockedFiles.TryGetValue(identity, out var last) ? last : LookAtLocked(identity, path), host, ref reads));
            }
            _lockedFiles = known;
            return [.. locks.Select(l => factory.OfKernelLock(l, l.Entry is { File: { } file, PathState: PathState.Current } ? known.GetValueOrDefault(file)?.File : null, host.Now, MailboxOf(l.Entry)))];
        }
    }

    /// <summary>The mailbox that a kernel lock is on, or that its lock file is named after, as far as the last look at the stores knew it.</summary>
    public FilePath? MailboxOf(LockEntry entry) =>
        (entry.Path is { } path ? NamedFile.MailboxOfMbxLock(path) : null) is { } named ? mailboxes.PathOf(named)
        : entry.File is not { } file ? null
        : mailboxes.PathOf(file) is { } mailbox ? mailbox
        : _lockedFiles.TryGetValue(file, out var looked) && looked.IsMailbox == true ? entry.Path : null;

    /// <summary>What kernel locks say together, with the mailbox that an MBX lock is named after.</summary>
    public IEnumerable<Relation> Relations(HostFacts host) => RelationFinder.AmongLocks(host)
        .Select(r => r.Mailbox is null && NamedFile.MailboxOfMbxLock(r.Path) is { } named && mailboxes.PathOf(named) is { } mailbox ? r with { Mailbox = mailbox } : r);

    private static LockedFile LookAtLocked(FileIdentity identity, FilePath path) =>
        new(ArtefactReader.Stat(path).TryGet(out var facts) && facts.Identity == identity ? facts : null, null);

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

    /// <summary>A file with a kernel lock.</summary>
    /// <param name="File">Null when it could not be examined.</param>
    /// <param name="IsMailbox">Null until its first bytes were looked at.</param>
    private sealed record LockedFile(FileFacts? File, bool? IsMailbox);
}
