using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What one look at some names found.</summary>
/// <param name="Names">All that were looked at: of one without a finding nothing is there that any mail system leaves.</param>
/// <param name="NotLookedAt">Those of which nothing is known: findings there stay as they were.</param>
/// <param name="Rechecks">Names where only the grace period stands in the way of a verdict, and when it ends.</param>
public sealed record NamesLook(
    IReadOnlyCollection<FilePath> Names, IReadOnlyList<Finding> Findings, IReadOnlySet<FilePath> NotLookedAt, IReadOnlyList<(FilePath Name, DateTimeOffset At)> Rechecks)
{
    public static NamesLook Nothing { get; } = new([], [], new HashSet<FilePath>(), []);
}

/// <summary>Looks at single names as they change, and judges them by the same code as a scan does.</summary>
internal sealed class NameLooks(ReaderOptions options, WatchedStores stores, LinkedNames linked, ArtefactJudge judge, CreatorBook creators, CandidateBook book, TimeProvider clock)
{
    private const string Area = "events";
    private const string Cost = "changes there are found by scans only, seconds later or more, and which process made a lock is not seen";
    private const string CostOfRest = "which process made a lock is not seen, and changes elsewhere are found by scans only, seconds later or more";

    public NameWatch Watch(Action<StoreChanges> changed)
    {
        var hasEvents = StoreWatch.Start(stores.Roots, stores.IsCandidate, creators, stores.Silent, clock, Take).TryGet(out var watch, out var error);
        if (watch is not null)
            book.Follow(watch.Covers);
        var single = LockDirectoryWatch.Start(() => LockDirectories(watch), stores.IsCandidate, Take).TryGet(out var started) ? started : null;
        return new NameWatch(hasEvents || single is not null ? new Both(watch, single) : null, () =>
        [
            .. watch?.Unwatched.Select(u => Spot(u.Path.Display + ": " + u.Why, single, IsWatchedSingly(u.Path)))
                ?? [Spot(error == Errno.NotPermitted ? "no right to watch file systems (CAP_SYS_ADMIN)" : $"this kernel does not report changes of names ({error})", single, stores.Roots.Any(r => IsWatchedSingly(r.Path)))],
        ]);

        void Take(StoreChanges changes)
        {
            book.Take(changes);
            changed(changes);
        }
    }

    private static BlindSpot Spot(string why, LockDirectoryWatch? single, bool isWatchedSingly) => new(Area, single is not { Watched: > 0 } || !isWatchedSingly ? $"{why}: {Cost}" :
        $"{why}: the root and directories that hold locks or leftovers are watched one by one (inotify, 1.3 KB of kernel memory each{(single.Left > 0 ? "; not all of them fit fs.inotify.max_user_watches" : "")}); {CostOfRest}");

    /// <summary>Where a watch on a directory sees what happens: other hosts' changes of a shared file system it does not.</summary>
    private bool IsWatchedSingly(FilePath path) => !stores.IsSilent(path) && Mount.At(new MountReader(options).Read().Mounts, path) is { IsLocalDisk: true };

    /// <summary>Of the places that raise no events, the directories where a lock is likely to be made next: the roots, and those where something is now.</summary>
    private IReadOnlyCollection<FilePath> LockDirectories(StoreWatch? watch)
    {
        var unwatched = watch?.Unwatched;
        if (unwatched is { Count: 0 })
            return [];
        var mounts = new MountReader(options).Read().Mounts;
        var silent = stores.Silent(mounts);
        return [.. stores.Roots.Select(r => r.Path).Concat(book.Names().Select(n => n.Parent)).Distinct()
            .Where(d => (unwatched is null || unwatched.Any(u => d.IsAtOrBelow(u.Path))) && Mount.At(mounts, d) is { IsLocalDisk: true } mount && !silent.Contains(mount))];
    }

    private sealed class Both(StoreWatch? whole, LockDirectoryWatch? single) : IDisposable
    {
        public void Dispose()
        {
            whole?.Dispose();
            single?.Dispose();
        }
    }

    /// <inheritdoc cref="IHostWatch.NamesIn"/>
    public IReadOnlyList<FilePath> NamesIn(IReadOnlyCollection<ChangedDirectory> directories, CancellationToken stop)
    {
        var former = directories.Where(d => d.IsGone).SelectMany(d => book.Below(d.Path)).ToList();
        var listed = ListedNames.In(directories, new MountReader(options).Read().Mounts, stores.Roots, stores.IsCandidate, stop);
        listed.ForEach(book.Add);
        return [.. former, .. listed];
    }

    /// <inheritdoc cref="IHostWatch.Existing"/>
    public IReadOnlyCollection<FilePath> Existing(IReadOnlyCollection<FilePath> names, CancellationToken stop)
    {
        var existing = ExistingNames.Among(names, stop);
        existing.ForEach(book.Add);
        return existing;
    }

    /// <inheritdoc cref="IHostWatch.CheckOfBook"/>
    public IBookCheck? CheckOfBook() =>
        stores.Roots.Where(r => book.IsCompleteFor(r.Path)).ToList() is { Count: > 0 } known ? new BookCheck(book, known, stores.IsCandidate, new MountReader(options).Read().Mounts) : null;

    /// <summary>What can be said at once of names that were just given; <see cref="NamesLook.Names"/> leaves out those that take more. It costs the files themselves and no look at
    /// the processes of the host, so it takes as long on a busy host as on an idle one.</summary>
    public NamesLook LookAtOnce(IReadOnlyCollection<FilePath> names, CancellationToken stop)
    {
        var (_, artefacts, unknown) = Read(names, stop);
        var surroundings = stores.Surroundings();
        List<Finding> findings = [];
        HashSet<FilePath> open = [.. unknown];
        foreach (var artefact in artefacts)
        {
            if (judge.AtOnce(artefact, surroundings) is { } finding)
                findings.Add(finding);
            else
                open.Add(artefact.File.Path);
        }
        return NamesLook.Nothing with { Names = [.. names.Where(n => !open.Contains(n))], Findings = findings };
    }

    /// <summary>Names at which nothing is cost no look at the host.</summary>
    public NamesLook LookAt(IReadOnlyCollection<FilePath> names, CancellationToken stop)
    {
        var (mounts, artefacts, unknown) = Read(names, stop);
        if (artefacts.Count == 0)
            return NamesLook.Nothing with { Names = names, NotLookedAt = unknown };
        artefacts = linked.AddTo(artefacts, mounts, stop);
        var host = judge.LookForScan(artefacts);
        var (judged, findings, _) = judge.Judge(artefacts, ref host, stop);
        return new NamesLook(names, findings, unknown, [.. judged.Where(j => j.Verdict.Recheck is not null).Select(j => (j.Artefact.File.Path, j.Verdict.Recheck!.Value))]);
    }

    private (IReadOnlyList<Mount> Mounts, List<ArtefactFacts> Artefacts, HashSet<FilePath> Unknown) Read(IReadOnlyCollection<FilePath> names, CancellationToken stop)
    {
        var mounts = new MountReader(options).Read().Mounts;
        var silent = stores.Silent(mounts);
        bool IsSilent(FilePath name) => silent.Count > 0 && silent.Any(m => name.IsAtOrBelow(m.MountPoint));
        var read = NameReader.Read(stores.Reader(mounts), names.Where(n => !IsSilent(n)), stop);
        // Of a name that was taken and given in one event the book knows only that it was taken.
        foreach (var there in read.Found.Select(a => a.File.Path).Concat(read.Unread))
            book.Add(there);
        return (mounts, [.. read.Found.Select(stores.Ours).OfType<ArtefactFacts>()], [.. read.Unread, .. names.Where(IsSilent)]);
    }
}
