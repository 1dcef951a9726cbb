using Ops.Locks;

namespace Ops.Linux;

/// <summary>Reads an index that a server may be writing, without its locks: the same file, of the same size and times, before and after.</summary>
internal static class SteadyFile
{
    /// <summary><see cref="Errno.TryAgain"/> when it changed while it was read, <see cref="Errno.TooBig"/> above the limit, <see cref="Errno.InvalidArgument"/> when it is no regular file.</summary>
    public static Result<byte[]> Read(FileDescriptor directory, ReadOnlySpan<byte> name, int limitBytes)
    {
        // The name is asked first: opening a device acts on it.
        if (!directory.Stat(name).TryGet(out var named, out var error))
            return error;
        if (named.Kind != FileKind.Regular)
            return Errno.InvalidArgument;
        if (!directory.OpenForReading(name).TryGet(out var file, out error))
            return error;
        using (file)
        {
            if (!file.Stat().TryGet(out var before, out error))
                return error;
            if (before.Kind != FileKind.Regular)
                return Errno.InvalidArgument;
            if (before.Size > limitBytes)
                return Errno.TooBig;
            if (!file.ReadAt(0, limitBytes).TryGet(out var bytes, out error))
                return error;
            // The name, too: a repack puts a new file in its place.
            return file.Stat().TryGet(out var after, out error) && directory.Stat(name).TryGet(out named, out error)
                ? Same(before, after) && Same(before, named) && bytes.Length == before.Size ? bytes : Errno.TryAgain
                : error == Errno.NotFound ? Errno.TryAgain : error;
        }
    }

    public static bool Same(FileStatus one, FileStatus other) =>
        one.Identity == other.Identity && one.Size == other.Size && one.ModifiedAt == other.ModifiedAt && one.ChangedAt == other.ChangedAt;
}
