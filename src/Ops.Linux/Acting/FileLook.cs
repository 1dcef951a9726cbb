using System.Runtime.InteropServices;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Facts about one file through a descriptor that pins it.</summary>
internal static class FileLook
{
    /// <summary>Facts and, of a regular file, at most <see cref="FileContent.Limit"/> bytes of content. The access time stays.</summary>
    public static Result<FileFacts> At(FileDescriptor pinned, FilePath path)
    {
        if (!pinned.Stat().TryGet(out var status, out var error))
            return error;
        return status.ToFacts(path, status.Kind == FileKind.Regular ? ContentOf(pinned) : FileContent.NotRead("not a regular file"));
    }

    /// <summary>Extended attributes of the pinned file; empty when it cannot be opened for reading.</summary>
    public static IReadOnlyList<KeyValuePair<byte[], byte[]>> XattrsOf(FileDescriptor pinned)
    {
        if (!pinned.ReopenForReading().TryGet(out var file))
            return [];
        using (file)
            return file.ReadXattrs().TryGet(out var found) ? found : [];
    }

    /// <summary>The C library's words for a failure.</summary>
    public static string Words(Errno error) => $"{Marshal.GetPInvokeErrorMessage((int)error)} ({error})";

    private static FileContent ContentOf(FileDescriptor pinned)
    {
        if (!pinned.ReopenForReading().TryGet(out var file, out var error))
            return FileContent.NotRead(Words(error));
        using (file)
            return file.ReadUpTo(FileContent.Limit).TryGet(out var bytes, out error) ? new FileContent(bytes, null) : FileContent.NotRead(Words(error));
    }
}
