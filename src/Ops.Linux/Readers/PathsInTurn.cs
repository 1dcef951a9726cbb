using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// What is at many paths, asked one after the other. Those of one directory mostly come together: from the second on the directory is asked for the name alone, which saves the
/// walk along its path. A directory that is renamed in between keeps being asked, so keep this for the time of one look. Not for several threads.
/// </summary>
/// <remarks>A symbolic link at the end of a path is not followed, those before it are. The caller leaves out paths on file systems that may not answer.</remarks>
public sealed class PathsInTurn : IDisposable
{
    private static readonly FileContent NotAskedFor = FileContent.NotRead("not asked for");

    private byte[] _path = [];
    private FileDescriptor? _directory;

    /// <summary>What is at this path, without content.</summary>
    public Result<FileFacts> Stat(FilePath path) =>
        (DirectoryOf(path.Bytes) is { } directory ? directory.Stat(path.Name) : FileDescriptor.StatAt(path.Bytes)).TryGet(out var status, out var error)
            ? status.ToFacts(path, NotAskedFor) : error;

    /// <summary>Whether something is at this path, if only a symbolic link.</summary>
    public bool Exists(FilePath path) => Identity(path.Bytes).Succeeded;

    public void Dispose() => _directory?.Dispose();

    internal Result<FileReference> Identity(ReadOnlySpan<byte> path) =>
        DirectoryOf(path) is { } directory ? directory.Identity(path[(path.LastIndexOf((byte)'/') + 1)..]) : FileDescriptor.IdentityAt(path);

    /// <summary>The directory of this path when the path before was in it too; null otherwise.</summary>
    private FileDescriptor? DirectoryOf(ReadOnlySpan<byte> path)
    {
        var slash = path.LastIndexOf((byte)'/');
        if (slash <= 0)
            return null;
        if (!path[..slash].SequenceEqual(_path))
        {
            _path = path[..slash].ToArray();
            _directory?.Dispose();
            _directory = null;
            return null;
        }
        return _directory ??= FileDescriptor.OpenPathFollowingLinks(_path).TryGet(out var opened) ? opened : null;
    }
}
