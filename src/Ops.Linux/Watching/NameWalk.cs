using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// A walk through stores by names alone, one directory at a time, that can rest between any two of them: nothing stays open in a rest, so that no file system is kept from being
/// unmounted. It looks at no file. Not for several threads.
/// </summary>
/// <param name="mounts">Our own mount table.</param>
/// <param name="roots">Links that lead out of them are not followed.</param>
public sealed class NameWalk(IReadOnlyList<Mount> mounts, IReadOnlyList<ScanRoot> roots, CandidateFilter isCandidate)
{
    private readonly Dictionary<int, Mount> _mounts = mounts.DistinctBy(m => m.Id).ToDictionary(m => m.Id);
    private readonly Stack<Level> _levels = [];
    private readonly Queue<FilePath> _starts = [];

    // Directories that are still to be entered, of all levels.
    private readonly NameStack _inner = new();
    private readonly NameStack _links = new();
    private readonly List<FilePath> _found = [];
    private long _aliasNames;

    /// <summary>Names of any kind that were seen.</summary>
    public long Names { get; private set; }

    public long Directories { get; private set; }

    /// <summary>A root, or a directory below one, is to be walked with all that is below it.</summary>
    public void Start(FilePath directory) => _starts.Enqueue(directory);

    /// <summary>Lists one directory more.</summary>
    /// <param name="found">The candidates in it, by their paths; those that were reached through a symbolic link have the path of the link.</param>
    /// <returns>False when there was none left.</returns>
    public bool Step(out IReadOnlyList<FilePath> found)
    {
        _found.Clear();
        found = _found;
        while (true)
        {
            if (_levels.TryPeek(out var level))
            {
                if (level.Next < level.End)
                {
                    var at = level.Next;
                    level.Next = _inner.After(at);
                    Visit(level.Path.Join(_inner[at]), level.MountId);
                    return true;
                }
                _inner.CutTo(level.Begin);
                _levels.Pop();
            }
            else if (_starts.TryDequeue(out var start))
            {
                Visit(start, null);
                return true;
            }
            else
            {
                return false;
            }
        }
    }

    private void Visit(FilePath path, ulong? mountAbove)
    {
        // Deeper ones are left out, as in a scan.
        if (_levels.Count >= StoreWalk.DepthLimit || !FileDescriptor.OpenDirectory(path.Bytes).TryGet(out var directory))
            return;
        using (directory)
        {
            if (!directory.Stat().TryGet(out var status))
                return;
            if (mountAbove is { } above && status.MountId is { } mount && mount != above && _mounts.TryGetValue((int)mount, out var other) && !other.MayHoldStores)
                return;
            var topLevelOnly = roots.Any(r => r.TopLevelOnly && r.Path == path) && !roots.Any(r => !r.TopLevelOnly && path.IsAtOrBelow(r.Path));
            var begin = _inner.End;
            List(directory, path, withInner: !topLevelOnly);
            for (var at = 0; at < _links.End; at = _links.After(at))
                VisitThrough(directory, path, _links[at]);
            _links.CutTo(0);
            if (_inner.End > begin)
                _levels.Push(new Level(path, status.MountId, begin, _inner.End));
        }
    }

    private void VisitThrough(FileDescriptor directory, FilePath path, ReadOnlySpan<byte> link)
    {
        if (_aliasNames >= LinkedDirectory.NameLimit || LinkedDirectory.TargetOf(directory, path, link) is not { } real
            || !roots.Any(r => r.Holds(real)) || !FileDescriptor.OpenDirectory(real.Bytes).TryGet(out var opened))
        {
            return;
        }
        using (opened)
        {
            var before = Names;
            List(opened, path.Join(link), withInner: false);
            _aliasNames += Names - before;
        }
    }

    private void List(FileDescriptor directory, FilePath path, bool withInner)
    {
        Directories++;
        var place = ArtefactReader.PlaceOf(path);
        Listing.ForEach(directory, (name, _, listed) =>
        {
            Names++;
            var kind = listed == FileKind.Unknown && withInner && directory.Stat(name).TryGet(out var status) ? status.Kind : listed;
            if (kind == FileKind.Directory && name.SequenceEqual(".ops-quarantine"u8))
                return;
            if (kind == FileKind.Directory && withInner)
                _inner.Push(name);
            else if (kind == FileKind.SymbolicLink && withInner)
                _links.Push(name);
            if (isCandidate(place, name))
                _found.Add(path.Join(name));
        });
    }

    /// <param name="Begin">Where its directories are among those that are to be entered, up to <paramref name="End"/>.</param>
    private sealed record Level(FilePath Path, ulong? MountId, int Begin, int End)
    {
        public int Next { get; set; } = Begin;
    }
}
