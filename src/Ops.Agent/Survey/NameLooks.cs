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

    public NameWatch Watch(Action<StoreChanges> changed)
    {
        if (StoreWatch.Start(stores.Roots, stores.IsCandidate, creators, stores.Silent, clock, Take).TryGet(out var watch, out var error))
        {
            book.Follow(watch.Covers);
            return new NameWatch(watch, () => [.. watch.Unwatched.Select(u => new BlindSpot(Area, $"{u.Path.Display}: {u.Why}: {Cost}"))]);
        }

        IReadOnlyList<BlindSpot> unwatched =
        [
            new(Area, error == Errno.NotPermitted ? $"no right to watch file systems (CAP_SYS_ADMIN): {Cost}" : $"this kernel does not report changes of names ({error}): {Cost}"),
        ];
        return new NameWatch(null, () => unwatched);

        void Take(StoreChanges changes)
        {
            book.Take(changes);
            changed(changes);
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
