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
    /// <summary>Deeper ones are left out, as in a scan.</summary>
    private const int DepthLimit = 400;
    private const long AliasNameLimit = 100_000;

    private readonly Dictionary<int, Mount> _mounts = mounts.DistinctBy(m => m.Id).ToDictionary(m => m.Id);
    private readonly byte[] _entries = new byte[64 * 1024];
    private readonly Stack<Level> _levels = [];
    private readonly Queue<FilePath> _starts = [];
    private readonly NameList _inner = new();
    private readonly NameList _links = new();
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
                if (level.Inner.TryTake(out var name))
                {
                    Visit(level.Path.Join(name), level.MountId);
                    return true;
                }
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
        if (_levels.Count >= DepthLimit || !FileDescriptor.OpenDirectory(path.Bytes).TryGet(out var directory))
            return;
        using (directory)
        {
            if (!directory.Stat().TryGet(out var status))
                return;
            if (mountAbove is { } above && status.MountId is { } mount && mount != above && _mounts.TryGetValue((int)mount, out var other) && !other.MayHoldStores)
                return;
            var topLevelOnly = roots.Any(r => r.TopLevelOnly && r.Path == path) && !roots.Any(r => !r.TopLevelOnly && path.IsAtOrBelow(r.Path));
            _inner.Clear();
            _links.Clear();
            List(directory, path, withInner: !topLevelOnly);
            while (_links.TryTake(out var link))
                VisitThrough(directory, path, link);
            if (_inner.Count > 0)
                _levels.Push(new Level(path, status.MountId, _inner.Copy()));
        }
    }

    private void VisitThrough(FileDescriptor directory, FilePath path, ReadOnlySpan<byte> link)
    {
        if (_aliasNames >= AliasNameLimit || !directory.ReadLink(link).TryGet(out var text))
            return;
        // By its letters only, as a scan does: to follow the link could wake an automounter.
        var real = path.Resolve(text);
        if (!roots.Any(r => r.TopLevelOnly ? real == r.Path : real.IsAtOrBelow(r.Path)) || !FileDescriptor.OpenDirectory(real.Bytes).TryGet(out var opened))
            return;
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
        while (directory.ReadDirectory(_entries).TryGet(out var filled) && filled > 0)
        {
            var entries = new DirectoryEntries(_entries.AsSpan(0, filled));
            while (entries.MoveNext())
            {
                Names++;
                var kind = entries.Kind == FileKind.Unknown && withInner && directory.Stat(entries.Name).TryGet(out var status) ? status.Kind : entries.Kind;
                if (kind == FileKind.Directory && entries.Name.SequenceEqual(".ops-quarantine"u8))
                    continue;
                if (kind == FileKind.Directory && withInner)
                    _inner.Add(entries.Name);
                else if (kind == FileKind.SymbolicLink && withInner)
                    _links.Add(entries.Name);
                if (isCandidate(place, entries.Name))
                    _found.Add(path.Join(entries.Name));
            }
        }
    }

    private sealed record Level(FilePath Path, ulong? MountId, NameList Inner);

    /// <summary>Names one after the other in one array: a directory may have a hundred thousand.</summary>
    private sealed class NameList
    {
        private byte[] _bytes = [];
        private int _end, _at;

        public int Count { get; private set; }

        public void Add(ReadOnlySpan<byte> name)
        {
            if (_end + name.Length + 1 > _bytes.Length)
                Array.Resize(ref _bytes, Math.Max(256, Math.Max(_bytes.Length * 2, _end + name.Length + 1)));
            name.CopyTo(_bytes.AsSpan(_end));
            _bytes[_end + name.Length] = 0;
            _end += name.Length + 1;
            Count++;
        }

        public bool TryTake(out ReadOnlySpan<byte> name)
        {
            name = default;
            if (_at >= _end)
                return false;
            var rest = _bytes.AsSpan(_at, _end - _at);
            name = rest[..rest.IndexOf((byte)0)];
            _at += name.Length + 1;
            Count--;
            return true;
        }

        public NameList Copy() => new() { _bytes = _bytes.AsSpan(_at, _end - _at).ToArray(), _end = _end - _at, Count = Count };

        public void Clear() => (_end, _at, Count) = (0, 0, 0);
    }
}
