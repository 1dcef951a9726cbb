namespace Ops.Linux;

/// <summary>Moves a file between a store and a folder of ours that nobody else can write to, never over another file. Where the file system cannot refuse to replace
/// (<c>RENAME_NOREPLACE</c>: NFS, some FUSE), the privacy of the folder stands in for it on the way in, and a hard link on the way out.</summary>
internal static class PrivateMove
{
    /// <summary>Whether an answer means that the file system does not know the flags of <c>renameat2</c>.</summary>
    public static bool IsUnknownToFileSystem(Errno error) => error is Errno.InvalidArgument or Errno.NotImplemented or Errno.NotSupported;

    /// <summary>From a store to the folder. <see cref="Errno.Exists"/> when the folder has such a name.</summary>
    public static Errno In(FileDescriptor directory, ReadOnlySpan<byte> name, FileDescriptor folder, ReadOnlySpan<byte> item)
    {
        var error = FileDescriptor.RenameNoReplace(directory, name, folder, item);
        if (!IsUnknownToFileSystem(error))
        {
            return error;
        }

        // Nobody else makes names in there, so what is free now stays free.
        var there = folder.Stat(item).Error;
        return there switch
        {
            Errno.None => Errno.Exists,
            Errno.NotFound => FileDescriptor.RenameReplacing(directory, name, folder, item),
            _ => there,
        };
    }

    /// <summary>From the folder to a store. <see cref="Errno.Exists"/> when the name is taken; <see cref="Errno.NotPermitted"/> where there are no hard links, or for
    /// a directory. Cut off between its two calls, the file has both names; the next attempt finishes it.</summary>
    public static Errno Out(FileDescriptor folder, ReadOnlySpan<byte> item, FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        var error = FileDescriptor.RenameNoReplace(folder, item, directory, name);
        var isLinked = false;
        if (IsUnknownToFileSystem(error))
        {
            error = FileDescriptor.Link(folder, item, directory, name);
            isLinked = error == Errno.None;
        }

        // That a name is taken the kernel finds before it asks the file system about the flag, so it may be the answer of either call.
        isLinked |= error == Errno.Exists && IsSameFile(folder, item, directory, name);
        return isLinked ? folder.Unlink(item) : error;
    }

    private static bool IsSameFile(FileDescriptor folder, ReadOnlySpan<byte> item, FileDescriptor directory, ReadOnlySpan<byte> name) =>
        folder.Stat(item).TryGet(out var ours) && directory.Stat(name).TryGet(out var theirs) && ours.Identity == theirs.Identity;
}
