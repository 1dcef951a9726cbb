using Ops.Locks;

namespace Ops.Linux;

/// <summary>Moves a file between a store and a folder of ours that no other user can write to, never over another file. Where the file system cannot refuse to replace
/// (<c>RENAME_NOREPLACE</c>: NFS, some FUSE), the privacy of the folder stands in for it on the way in, and a hard link, or an empty directory, on the way out.</summary>
internal static class PrivateMove
{
    // Owner only, and sticky: no other program makes such a directory, and it marks one that an interrupted attempt left.
    private const uint PlaceholderMode = 0x3C0;

    /// <summary>Whether an answer means that the file system does not know the flags of <c>renameat2</c>.</summary>
    public static bool IsUnknownToFileSystem(Errno error) => error is Errno.InvalidArgument or Errno.NotImplemented or Errno.NotSupported;

    /// <summary>From a store to the folder. <see cref="Errno.Exists"/> when the folder has such a name. An error does not mean that nothing was moved: a file server may have done
    /// it, and its answer been lost. Look.</summary>
    /// <param name="wayBack">Asked where the file system does not know the flag: whether what turns out to be the wrong file could go back. Its error is the answer.</param>
    public static Errno In(FileDescriptor directory, ReadOnlySpan<byte> name, FileDescriptor folder, Func<Errno> wayBack)
    {
        var item = OperationFolder.ItemName;
        var error = FileDescriptor.RenameNoReplace(directory, name, folder, item);
        if (!IsUnknownToFileSystem(error))
            return error;
        if (wayBack() is var none && none != Errno.None)
            return none;
        // No other process makes names in there, so what is free now stays free.
        var there = folder.Stat(item).Error;
        return there switch
        {
            Errno.None => Errno.Exists,
            Errno.NotFound => FileDescriptor.RenameReplacing(directory, name, folder, item),
            _ => there,
        };
    }

    /// <summary>From the folder to a store. <see cref="Errno.Exists"/> when the name is taken; <see cref="Errno.NotPermitted"/> where there are no hard links. Cut off between the
    /// two calls of a link, the file has both names; the next attempt, or recovery, finishes it.</summary>
    public static Errno Out(FileDescriptor folder, FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        var item = OperationFolder.ItemName;
        var error = FileDescriptor.RenameNoReplace(folder, item, directory, name);
        var isLinked = false;
        // That a name is taken the kernel finds before it asks the file system about the flag, so it may be the answer of either call.
        var isLeft = error == Errno.Exists && directory.Stat(name).TryGet(out var there) && IsPlaceholder(there);
        if (IsUnknownToFileSystem(error) || isLeft)
        {
            if (folder.Stat(item).TryGet(out var status) && status.Kind == FileKind.Directory)
                return DirectoryOut(folder, item, directory, name, isLeft);
            error = FileDescriptor.Link(folder, item, directory, name);
            isLinked = error == Errno.None;
        }
        isLinked |= error == Errno.Exists && IsSameFile(folder, item, directory, name);
        if (!isLinked)
            return error;
        // It has its name, whatever becomes of the second one: that is recovery's, if it must be.
        _ = NameExchange.Patiently(() => folder.Unlink(OperationFolder.ItemName));
        return Errno.None;
    }

    /// <summary>Whether something under the name of a directory that is to come back is only the empty place that an attempt made for it which was cut off.</summary>
    public static bool IsPlaceholder(FileStatus status) =>
        status is { Kind: FileKind.Directory, Mode: PlaceholderMode } && status.Uid == Accounts.EffectiveUserId;

    // A plain rename of a directory replaces only an empty directory, so one of ours is put there first. Cut off in between, that stays, empty, for the next attempt.
    private static Errno DirectoryOut(FileDescriptor folder, ReadOnlySpan<byte> item, FileDescriptor directory, ReadOnlySpan<byte> name, bool isThere)
    {
        var error = isThere ? Errno.None : directory.MakeDirectory(name, PlaceholderMode);
        if (error != Errno.None)
            return error;
        error = FileDescriptor.RenameReplacing(folder, item, directory, name);
        if (error != Errno.None)
            _ = directory.RemoveDirectory(name);
        return error == Errno.NotEmpty ? Errno.Exists : error;
    }

    // Two names of one file. Servers without inode numbers of their own give one number to several files: hence the rest.
    private static bool IsSameFile(FileDescriptor folder, ReadOnlySpan<byte> item, FileDescriptor directory, ReadOnlySpan<byte> name) =>
        folder.Stat(item).TryGet(out var ours) && directory.Stat(name).TryGet(out var theirs) && ours.Identity == theirs.Identity
        && ours.LinkCount >= 2 && theirs.LinkCount >= 2 && FileStamp.Of(ours).IsOf(theirs);
}
