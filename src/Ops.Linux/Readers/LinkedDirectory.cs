using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// A directory of the stores that has a second name in them, by a symbolic link. Its names are looked at a second time under the link, so that a lock an operator asks for by that name gets an
/// answer, which is always a refusal that gives the real name. Only those directly in it, and only if it is inside the roots.
/// </summary>
internal static class LinkedDirectory
{
    /// <summary>All names that may be seen a second time in one walk: a user can make any number of links.</summary>
    public const long NameLimit = 100_000;

    /// <summary>Where a link leads, by its letters only: to follow it could wake an automounter or wait for a dead file server. Null when it cannot be read, or is no link.</summary>
    /// <param name="path">Of the directory that the link is in.</param>
    public static FilePath? TargetOf(FileDescriptor directory, FilePath path, ReadOnlySpan<byte> link) => directory.ReadLink(link).TryGet(out var text) ? path.Resolve(text) : null;

    /// <summary>The directory to which a link at this path leads; null when it is not inside the roots, or cannot be opened without following a further link.</summary>
    /// <param name="real">Its real path.</param>
    public static FileDescriptor? Open(FilePath link, IReadOnlyList<ScanRoot> roots, out FilePath? real)
    {
        real = null;
        if (!FileDescriptor.OpenDirectory(link.Parent.Bytes).TryGet(out var above))
            return null;
        using (above)
            real = TargetOf(above, link.Parent, link.Name);
        return real is { } there && roots.Any(r => r.Holds(there)) && FileDescriptor.OpenDirectory(there.Bytes).TryGet(out var opened) ? opened : null;
    }
}
