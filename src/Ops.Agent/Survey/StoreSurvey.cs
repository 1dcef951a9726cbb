using System.Diagnostics;
using Ops.Contracts;
using Ops.Incidents;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Looks at everything below the roots: files first, then processes, locks and open files, so that an owner who takes its lock in between is seen.</summary>
internal sealed class StoreSurvey(
    HostReader reader, ReaderOptions options, WatchedStores stores, UnsharedMounts unshared, KnownMailboxes mailboxes, MailboxLooks looks, LockMemory memory, LinkedNames linked,
    ArtefactJudge judge, DeliveryObstacles obstacles, LockSurvey locks, Waits waits, FindingFactory factory, CandidateBook book, TimeProvider clock)
{
    private const int MostGapsTried = 50;

    private readonly SessionLocks _sessions = new(stores, reader.Processes);
    private readonly Lock _gate = new();
    private readonly Lock _scanning = new();

    // Only for walks that come again and again: the one walk of a command lists everything.
    private ScanMemory? _memory;
    private bool _hasScanned;

    // What the last walk says of what the book of candidates does not: places that it could not see, and files that it was asked for.
    private IReadOnlyList<ScanGap> _gaps = [];
    private HashSet<FileIdentity> _sought = [];
    private Dictionary<FileIdentity, FilePath> _found = [];
    private List<FileIdentity?> _rootsThere = [];

    /// <summary>Files alone: locks have a loop of their own. Where the names in the stores are known, no walk is made.</summary>
    /// <param name="lastLocks">The table of the last look at the locks.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public (Survey Survey, StoresLook Look) Files(LockTable lastLocks, CancellationToken stop)
    {
        var started = clock.GetTimestamp();
        var seen = Look([], lastLocks, isResident: true, stop);
        var look = LookOf(seen);
        return (Report(seen, [.. look.Findings.OrderBy(f => FindingWords.PathOf(f))], [], started), look);
    }

    /// <summary>Files, and the kernel locks that concern them.</summary>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public (Survey Survey, StoresLook Look) FilesAndLocks(CancellationToken stop)
    {
        var started = clock.GetTimestamp();
        var sessions = _sessions.OutsideRoots();
        var seen = Look(sessions, reader.Processes.ReadLocks(reader.Processes.ReadProcesses()), isResident: false, stop);
        var host = seen.Host;
        var judged = KernelLockClassifier.Classify(host);
        var mbx = _sessions.OfStores(host, seen.Scan.Found);
        var below = judged.Where(l => l.Entry.Path is { } path && (stores.IsBelowRoots(l.Entry) || mbx.Contains(path))).ToList();
        seen.Findings.AddRange(locks.Relations(host).Where(r => stores.IsBelowRoots(r.Path) || mbx.Contains(r.Path)).Select(r => factory.OfRelation(r, host.Now)));
        var look = LookOf(seen);
        var deadlocks = waits.DeadlockFindings(host, judged, look, stop).Where(f => stores.IsBelowRoots(FindingWords.PathOf(f)));
        var files = look.Findings.Concat(deadlocks).OrderBy(f => FindingWords.PathOf(f));
        var ofLocks = locks.Findings(below, host).OrderBy(f => FindingWords.PathOf(f)).ThenBy(f => f.Lock!.Depth);
        return (Report(seen, [.. files, .. ofLocks], judged, started), look);
    }

    private Seen Look(Dictionary<FileIdentity, List<FilePath>> sessions, LockTable lockTable, bool isResident, CancellationToken stop)
    {
        var mounts = new MountReader(options).Read().Mounts;
        // Locked session locks too whose name has gone: two holders of such a one are what a mailbox is in danger of.
        HashSet<FileIdentity> sought = [.. sessions.Keys, .. SessionLocks.MailboxesOf(lockTable).Select(x => x.Mailbox)];
        var files = stores.Reader(mounts);
        IReadOnlyList<FilePath> vanished = [];
        IReadOnlyList<ScanRoot> unknown = stores.Roots;
        var scan = (isResident ? Known(mounts, files, sought, stop, out vanished, out unknown) : null) ?? Walk(mounts, sought, stop);
        List<ArtefactFacts> artefacts =
        [
            .. scan.Artefacts.Select(stores.Ours).OfType<ArtefactFacts>(),
            .. scan.Found.Keys.Where(sessions.ContainsKey).SelectMany(mailbox => sessions[mailbox]).Select(path => files.Read(path)).Where(r => r.Succeeded).Select(r => unshared.Of(r.Value)),
        ];
        artefacts = linked.AddTo(artefacts, mounts, stop);
        var host = judge.LookForScan(artefacts);
        var (judged, findings, recheck) = judge.Judge(artefacts, ref host, stop);
        mailboxes.Replace(Mailboxes(judged, scan));
        var relations = Relations(judged, host);
        findings.AddRange(relations.Select(r => factory.OfRelation(r, host.Now)));
        return new Seen(scan, host, judged, findings, relations, recheck, unknown.Count, vanished);
    }

    private StoreScan Walk(IReadOnlyList<Mount> mounts, HashSet<FileIdentity> sought, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        var roots = RootsThere();
        var scan = Scan(mounts, stores.Roots, sought, stop);
        lock (_gate)
            (_gaps, _sought, _found, _rootsThere) = (scan.Gaps, sought, new(scan.Found), roots);
        book.Fill([.. scan.Artefacts.Select(a => a.File.Path)], began);
        return scan;
    }

    /// <summary>The same as a walk would find, from the names that are known and a walk through those roots that raise no events; null where only a walk can say.</summary>
    /// <param name="unknown">The roots that had to be walked.</param>
    private StoreScan? Known(
        IReadOnlyList<Mount> mounts, ArtefactReader files, HashSet<FileIdentity> sought, CancellationToken stop, out IReadOnlyList<FilePath> vanished, out IReadOnlyList<ScanRoot> unknown)
    {
        vanished = [];
        unknown = stores.Roots;
        var (began, started) = (Stopwatch.GetTimestamp(), clock.GetTimestamp());
        IReadOnlyList<ScanGap> gaps;
        Dictionary<FileIdentity, FilePath> found;
        var there = RootsThere();
        var walked = Unknown(there);
        bool IsKnown(FilePath path) => !walked.Any(r => path.IsAtOrBelow(r.Path));
        lock (_gate)
        {
            // A root may come and go without an event: what is above it is not watched.
            if (walked.Count == stores.Roots.Count || !sought.IsSubsetOf(_sought) || !_rootsThere.SequenceEqual(there))
                return null;
            (gaps, found) = ([.. _gaps.Where(g => g.Path.IsEmpty || IsKnown(g.Path))], _found.Where(f => IsKnown(f.Value)).ToDictionary());
        }
        // A file that was somewhere else is sought again; what could not be entered may have been opened since.
        if (gaps.Any(g => g.Error == Errno.TimedOut) || found.Any(f => sought.Contains(f.Key) && !IsThere(f.Key, f.Value)) || gaps.Where(g => g.Error != Errno.None).Take(MostGapsTried).Any(g => ArtefactReader.CanList(g.Path)))
            return null;
        var read = CandidateReader.Read(files, book.Names().Where(IsKnown), stores.Roots, stop);
        foreach (var name in read.Gone)
            book.Drop(name, began);
        vanished = read.Removed;
        unknown = walked;
        var rest = walked.Count > 0 ? Scan(mounts, walked, sought, stop) : null;
        var all = found.Where(f => sought.Contains(f.Key)).ToDictionary();
        foreach (var (identity, path) in rest?.Found ?? new Dictionary<FileIdentity, FilePath>())
            all.TryAdd(identity, path);
        return new StoreScan([.. read.Found, .. rest?.Artefacts ?? []], [.. gaps, .. read.Gaps, .. rest?.Gaps ?? []], rest?.Names ?? 0, rest?.Directories ?? 0, clock.GetElapsedTime(started))
        {
            Found = all,
        };
    }

    /// <summary>The roots whose names are not known, and those on a file system that such a one is on as well: two names of one file may be in both.</summary>
    private List<ScanRoot> Unknown(List<FileIdentity?> there)
    {
        var unknown = stores.Roots.Where(r => !book.IsCompleteFor(r.Path)).ToHashSet();
        var devices = stores.Roots.Zip(there).Where(r => unknown.Contains(r.First) && r.Second is not null).Select(r => (r.Second!.Value.Major, r.Second.Value.Minor)).ToHashSet();
        return [.. stores.Roots.Zip(there).Where(r => unknown.Contains(r.First) || r.Second is { } root && devices.Contains((root.Major, root.Minor))).Select(r => r.First)];
    }

    private List<FileIdentity?> RootsThere() =>
        [.. stores.Roots.Select(r => !stores.IsSilent(r.Path) && ArtefactReader.Stat(r.Path).TryGet(out var there) ? there.Identity : (FileIdentity?)null)];

    private static bool IsThere(FileIdentity file, FilePath path) => ArtefactReader.Stat(path).TryGet(out var now) && now.Identity == file;

    private StoreScan Scan(IReadOnlyList<Mount> mounts, IReadOnlyList<ScanRoot> roots, IReadOnlySet<FileIdentity> sought, CancellationToken stop)
    {
        // One at a time shares the memory; who comes in between does not wait for it.
        var isAlone = _scanning.TryEnter();
        try
        {
            if (isAlone && _hasScanned)
                _memory ??= new ScanMemory(clock);
            var scan = new StoreScanner(mounts, stores.IsCandidate, stores.Silent(mounts), sought, isAlone ? _memory : null).Scan(stores.Roots, roots, stop);
            _hasScanned |= isAlone;
            return scan;
        }
        finally
        {
            if (isAlone)
                _scanning.Exit();
        }
    }

    private IReadOnlyList<Relation> Relations(IReadOnlyList<JudgedArtefact> judged, HostFacts host)
    {
        var ghosts = host.OpenFiles.Nameless.Select(o => looks.GhostOf(o, host)).OfType<GhostFile>().ToList();
        var among = RelationFinder.AmongFiles(judged, host, ghosts, waits.SleepsOnTimer);
        return [.. among, .. memory.LostLocks(host), .. memory.Habits(judged, among, host), .. obstacles.Find(judged, host)];
    }

    private static Dictionary<FileIdentity, FilePath> Mailboxes(IReadOnlyList<JudgedArtefact> judged, StoreScan scan)
    {
        var found = judged.Select(j => j.Artefact.Subject).OfType<FileFacts>().Where(f => f.Kind == FileKind.Regular).DistinctBy(f => f.Identity).ToDictionary(f => f.Identity, f => f.Path);
        foreach (var (identity, path) in scan.Found)
            found.TryAdd(identity, path);
        return found;
    }

    private StoresLook LookOf(Seen seen) =>
        new(clock.GetTimestamp(), [.. seen.Findings], seen.Relations, HeldDotLock.Among(seen.Judged, seen.Host));

    private Survey Report(Seen seen, IReadOnlyList<Finding> findings, IReadOnlyList<KernelLockVerdict> judged, long started)
    {
        var gaps = seen.Scan.Gaps;
        List<BlindSpot> spots = [.. gaps.Select(g => new BlindSpot("store", g.Path.IsEmpty ? g.Why : $"{g.Path.Display}: {g.Why}")), .. BlindSpots.Of(seen.Host)];
        var scan = new AreaScan(ScanArea.Stores, findings, spots, [.. gaps.Where(g => !g.Path.IsEmpty).Select(g => g.Path)], clock.GetElapsedTime(started))
        {
            IsWhole = seen.RootsWalked == stores.Roots.Count,
            IsPartlyWalked = seen.RootsWalked > 0 && seen.RootsWalked < stores.Roots.Count,
            Vanished = seen.Vanished,
            Rechecks = [.. seen.Judged.Where(j => j.Verdict.Recheck is not null).Select(j => (j.Artefact.File.Path, j.Verdict.Recheck!.Value))],
        };
        // What is left out by rule (a link out of the store) is reported, but nothing has failed.
        return new Survey(scan, seen.Host, judged, gaps.Any(g => g.Error != Errno.None) || BlindSpots.HasFailed(seen.Host), seen.Recheck);
    }

    private sealed record Seen(
        StoreScan Scan, HostFacts Host, List<JudgedArtefact> Judged, List<Finding> Findings, IReadOnlyList<Relation> Relations, DateTimeOffset? Recheck,
        int RootsWalked, IReadOnlyList<FilePath> Vanished);
}

/// <summary>What a look at the stores found, for looks at the kernel's locks in between.</summary>
/// <param name="At">Timestamp of the clock.</param>
internal sealed record StoresLook(long At, IReadOnlyList<Finding> Findings, IReadOnlyList<Relation> Relations, IReadOnlyList<HeldDotLock> DotLocks);
