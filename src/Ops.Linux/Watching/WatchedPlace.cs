using Ops.Locks;

namespace Ops.Linux;

/// <summary>A directory through which events of its file system become paths: a store root, or a mount point below one.</summary>
/// <param name="HasSubvolumes">A directory can be there with all that is in it at once: a snapshot.</param>
internal sealed record WatchedPlace(FilePath Path, ulong FileSystem, bool HasSubvolumes)
{
    private const ulong InodeOfSubvolume = 256; // BTRFS_FIRST_FREE_OBJECTID

    /// <summary>Whether a directory of a place with subvolumes is the topmost one of a subvolume.</summary>
    public static bool IsSubvolume(FileIdentity directory) => directory.Inode == InodeOfSubvolume;
}

/// <summary>A directory in which names are watched.</summary>
internal sealed class WatchedDirectory(FilePath path, PlaceFacts place)
{
    private const int Limit = 2_000;
    private static readonly ByteKeys Keys = new();
    private Dictionary<byte[], FilePath>? _candidates;

    public FilePath Path => path;

    public PlaceFacts Place => place;

    /// <summary>The path of a candidate that was met before: a name that comes and goes again and again costs no memory each time.</summary>
    public bool TryFind(ReadOnlySpan<byte> name, out FilePath candidate)
    {
        candidate = default;
        return _candidates?.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out candidate) == true;
    }

    /// <summary>The path of a candidate; null when the name is none.</summary>
    public FilePath? Candidate(ReadOnlySpan<byte> name, CandidateFilter isCandidate) =>
        TryFind(name, out var known) ? known : isCandidate(place, name) ? _candidates?.Count >= Limit ? path.Join(name) : Keep(name) : null;

    public FilePath Keep(ReadOnlySpan<byte> name)
    {
        var candidate = path.Join(name);
        (_candidates ??= new(Keys)).Add(name.ToArray(), candidate);
        return candidate;
    }
}

/// <summary>From the handles of directories in events to paths below the roots. Kept until a directory is moved: then any path may have changed.</summary>
internal sealed class DirectoryPaths(IReadOnlyList<ScanRoot> roots)
{
    private const int Limit = 20_000;

    private readonly Dictionary<byte[], WatchedDirectory?> _known = new(new ByteKeys());
    private int _names;
    private readonly Dictionary<FilePath, FileDescriptor?> _opened = [];

    /// <summary>Whether a place was not where it is known to be, so that directories in it were taken for gone.</summary>
    public bool IsPlaceMissing { get; set; }

    /// <summary>Null when the directory is outside the roots, or is gone.</summary>
    public WatchedDirectory? Find(ReadOnlySpan<byte> key, IReadOnlyList<WatchedPlace> places)
    {
        var known = _known.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (known.TryGetValue(key, out var directory))
            return directory;
        if (!TryResolve(key, places, out directory, out _))
            return null;
        if (_known.Count >= Limit)
            _known.Clear();
        _known.Add(key.ToArray(), directory);
        return directory;
    }

    /// <summary>The path of a candidate in a watched directory; null when the name is none.</summary>
    public FilePath? Candidate(WatchedDirectory directory, ReadOnlySpan<byte> name, CandidateFilter isCandidate)
    {
        if (directory.TryFind(name, out var known))
            return known;
        if (!isCandidate(directory.Place, name))
            return null;
        if (++_names > Limit)
            Forget();
        return directory.Keep(name);
    }

    /// <summary>The path of a directory, be it watched or not; null when it is gone.</summary>
    public FilePath? PathOf(ReadOnlySpan<byte> key, IReadOnlyList<WatchedPlace> places) => TryResolve(key, places, out _, out var path) ? path : null;

    public void Forget()
    {
        _known.Clear();
        _names = 0;
    }

    /// <summary>A place that stays open would keep its file system from being unmounted.</summary>
    public void CloseAll()
    {
        foreach (var place in _opened.Values)
            place?.Dispose();
        _opened.Clear();
    }

    /// <summary>Refers to a file by its key; null when it is gone.</summary>
    public FileDescriptor? Open(ReadOnlySpan<byte> key, IReadOnlyList<WatchedPlace> places)
    {
        foreach (var place in places)
        {
            if (place.FileSystem == FanotifyEvents.FileSystemOf(key) && OpenPlace(place.Path) is { } mount)
                return mount.OpenByHandle(FanotifyEvents.HandleOf(key)).TryGet(out var file) ? file : null;
        }
        return null;
    }

    /// <returns>Whether the answer holds until a directory is moved.</returns>
    private bool TryResolve(ReadOnlySpan<byte> key, IReadOnlyList<WatchedPlace> places, out WatchedDirectory? found, out FilePath? real)
    {
        found = null;
        real = null;
        foreach (var place in places)
        {
            if (place.FileSystem != FanotifyEvents.FileSystemOf(key))
                continue;
            if (OpenPlace(place.Path) is not { } mount || !mount.OpenByHandle(FanotifyEvents.HandleOf(key)).TryGet(out var directory))
                return false;
            using (directory)
            {
                // Through another mount of the same file system it has another path, or none.
                if (directory.ReadPath().TryGet(out var bytes) && (real = new FilePath(bytes)) is { } path && IsWatched(path))
                {
                    found = new WatchedDirectory(path, ArtefactReader.PlaceOf(path));
                    return true;
                }
            }
        }
        return true;
    }

    private bool IsWatched(FilePath path) =>
        roots.Any(r => r.Holds(path)) && path.Bytes.IndexOf("/.ops-quarantine"u8) < 0;

    private FileDescriptor? OpenPlace(FilePath path)
    {
        if (!_opened.TryGetValue(path, out var place))
            _opened.Add(path, place = FileDescriptor.OpenDirectory(path.Bytes).TryGet(out var opened) ? opened : null);
        IsPlaceMissing |= place is null;
        return place;
    }
}

/// <summary>Compares keys by their bytes, and finds them without an array of their own.</summary>
internal sealed class ByteKeys : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public bool Equals(byte[]? a, byte[]? b) => a.AsSpan().SequenceEqual(b);

    public int GetHashCode(byte[] key) => GetHashCode(key.AsSpan());

    public bool Equals(ReadOnlySpan<byte> a, byte[] b) => a.SequenceEqual(b);

    public int GetHashCode(ReadOnlySpan<byte> key)
    {
        var hash = new HashCode();
        hash.AddBytes(key);
        return hash.ToHashCode();
    }

    public byte[] Create(ReadOnlySpan<byte> key) => key.ToArray();
}
