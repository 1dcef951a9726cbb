using Ops.Locks;

namespace Ops.Linux;

/// <summary>Whether anything is at names, and nothing else of it: each directory is opened once.</summary>
public static class ExistingNames
{
    // A directory that holds many times as many names as are asked for is dearer to list than to ask.
    private const int WorthListing = 8, MostListed = 16;

    /// <summary>Whether anything is at one of these paths with <paramref name="ending"/> added. Cheap where paths of one directory follow one another.</summary>
    public static bool IsAnyNextTo(IEnumerable<FilePath> paths, ReadOnlySpan<byte> ending)
    {
        using var inTurn = new PathsInTurn();
        HashSet<FilePath> together = [];
        FilePath directory = default;
        foreach (var path in paths)
        {
            var parent = path.Bytes[..Math.Max(0, path.Bytes.LastIndexOf((byte)'/'))];
            if (together.Count > 0 && !parent.SequenceEqual(directory.Bytes))
            {
                if (IsAny(inTurn, directory, together, ending))
                    return true;
                together.Clear();
            }
            if (together.Count == 0)
                directory = new FilePath(parent);
            together.Add(path);
        }
        return together.Count > 0 && IsAny(inTurn, directory, together, ending);
    }

    private static bool IsAny(PathsInTurn inTurn, FilePath directory, HashSet<FilePath> paths, ReadOnlySpan<byte> ending)
    {
        if (paths.Count >= WorthListing && IsAnyListed(directory, paths, ending) is { } known)
            return known;
        foreach (var path in paths)
        {
            if (inTurn.Exists(FilePath.Owning([.. path.Bytes, .. ending])))
                return true;
        }
        return false;
    }

    /// <summary>Null when the directory is too long, or cannot be listed.</summary>
    private static bool? IsAnyListed(FilePath directory, HashSet<FilePath> paths, ReadOnlySpan<byte> ending)
    {
        if (directory.IsEmpty || !FileDescriptor.OpenDirectoryFollowingLinks(directory.Bytes).TryGet(out var opened))
            return null;
        using (opened)
        {
            var buffer = new byte[32 * 1024];
            var left = paths.Count * MostListed;
            while (opened.ReadDirectory(buffer).TryGet(out var filled))
            {
                if (filled == 0)
                    return false;
                var entries = new DirectoryEntries(buffer.AsSpan(0, filled));
                while (entries.MoveNext())
                {
                    if (--left < 0)
                        return null;
                    if (entries.Name.EndsWith(ending) && paths.Contains(directory.Join(entries.Name[..^ending.Length])))
                        return true;
                }
            }
            return null;
        }
    }

    /// <returns>Those that exist, and those of which it is not known.</returns>
    /// <exception cref="OperationCanceledException">At the next directory after <paramref name="stop"/>.</exception>
    public static List<FilePath> Among(IEnumerable<FilePath> names, CancellationToken stop)
    {
        List<FilePath> existing = [];
        foreach (var group in names.GroupBy(n => n.Parent))
        {
            stop.ThrowIfCancellationRequested();
            if (!FileDescriptor.OpenDirectory(group.Key.Bytes).TryGet(out var directory, out var error))
            {
                if (error is not (Errno.NotFound or Errno.NotADirectory))
                    existing.AddRange(group);
                continue;
            }
            using (directory)
                existing.AddRange(group.Where(n => directory.Stat(n.Name).Error is not (Errno.NotFound or Errno.NotADirectory)));
        }
        return existing;
    }
}
