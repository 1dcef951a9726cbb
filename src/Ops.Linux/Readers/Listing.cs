using Ops.Locks;

namespace Ops.Linux;

/// <summary>One name of a directory, good only during the call.</summary>
internal delegate void ListedName(ReadOnlySpan<byte> name, ulong inode, FileKind kind);

/// <summary>Goes through all names of a directory from its start.</summary>
internal static class Listing
{
    private const int BufferBytes = 64 * 1024;

    [ThreadStatic]
    private static Stack<byte[]>? _buffers;

    /// <summary>A listing may be made inside another; what was seen before an error was passed on.</summary>
    public static Errno ForEach(FileDescriptor directory, ListedName see, CancellationToken stop = default)
    {
        if (directory.Rewind() is var error && error != Errno.None)
            return error;
        var buffers = _buffers ??= new Stack<byte[]>();
        if (!buffers.TryPop(out var buffer))
            buffer = new byte[BufferBytes];
        try
        {
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                if (!directory.ReadDirectory(buffer).TryGet(out var filled, out error) || filled == 0)
                    return error;
                var entries = new DirectoryEntries(buffer.AsSpan(0, filled));
                while (entries.MoveNext())
                    see(entries.Name, entries.Inode, entries.Kind);
            }
        }
        finally
        {
            buffers.Push(buffer);
        }
    }
}
