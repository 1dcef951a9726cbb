namespace Ops.Linux;

/// <summary>Files by the handles that the kernel gives them.</summary>
internal sealed unsafe partial class FileDescriptor
{
    /// <summary>The number by which fanotify names its file system.</summary>
    public Result<ulong> FileSystemIdentifier()
    {
        FileSystemBuffer raw;
        return Libc.fstatfs(Number, &raw) < 0 ? LastError() : raw.Identifier;
    }

    /// <summary>Refers, without opening it, to the file that a handle of the kernel names, on the file system of this descriptor. <see cref="Errno.Stale"/> once that
    /// file is gone, also when its inode number is in use again. Its path is seen through the mount of this descriptor. Needs <c>CAP_DAC_READ_SEARCH</c>.</summary>
    /// <param name="handle"><c>struct file_handle</c>: length, type, bytes.</param>
    public Result<FileDescriptor> OpenByHandle(ReadOnlySpan<byte> handle)
    {
        fixed (byte* start = handle)
        {
            var descriptor = Libc.open_by_handle_at(Number, start, OpenFlag.PathOnly | OpenFlag.CloseOnExec);
            return descriptor < 0 ? LastError() : new FileDescriptor(descriptor);
        }
    }
}
