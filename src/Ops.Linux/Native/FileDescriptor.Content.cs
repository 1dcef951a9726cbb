using System.Runtime.InteropServices;

namespace Ops.Linux;

/// <content>Reading and writing what is in a file or directory, and its attributes.</content>
internal sealed unsafe partial class FileDescriptor
{
    private const int FirstChunkBytes = 512, ReadChunkBytes = 64 * 1024;

    /// <summary>Starts a listing again.</summary>
    public Errno Rewind() => Libc.lseek(Number, 0, 0) < 0 ? LastError() : Errno.None;

    /// <summary>Fills <paramref name="buffer"/> with raw directory entries; 0 at the end. Read them with
    /// <see cref="DirectoryEntries"/>.</summary>
    public Result<int> ReadDirectory(Span<byte> buffer) => ReadDirectoryOf(Number, buffer);

    internal static Result<int> ReadDirectoryOf(int directory, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var filled = Libc.syscall(SystemCall.GetDirectoryEntries, directory, (nint)start, buffer.Length, 0);
                if (filled >= 0)
                    return (int)filled;
                if (LastError() is var error && error != Errno.Interrupted)
                    return error;
            }
        }
    }

    /// <summary>Reads at most <paramref name="limitBytes"/> from the start of the file; fewer only at its end. The file
    /// position does not move.</summary>
    public Result<byte[]> ReadUpTo(int limitBytes) => ReadAt(0, limitBytes);

    /// <summary>Reads at most <paramref name="limitBytes"/> from <paramref name="offset"/> on.</summary>
    public Result<byte[]> ReadAt(long offset, int limitBytes)
    {
        // Nearly all that is read here is a note of some bytes.
        var buffer = new byte[Math.Min(limitBytes, FirstChunkBytes)];
        var filled = 0;
        while (filled < limitBytes)
        {
            if (filled == buffer.Length)
                Array.Resize(ref buffer, Math.Min(limitBytes, Math.Max(ReadChunkBytes, buffer.Length * 2)));
            nint got;
            fixed (byte* start = &buffer[filled])
                got = Libc.pread(Number, start, buffer.Length - filled, offset + filled);
            if (got == 0)
                break;
            if (got > 0)
                filled += (int)got;
            else if (LastError() is var error && error != Errno.Interrupted)
                return error;
        }
        return buffer.AsSpan(0, filled).ToArray();
    }

    /// <summary>One read from the current position; 0 at the end. Files of <c>/proc</c> are read with this.</summary>
    public Result<int> Read(Span<byte> buffer) => ReadFrom(Number, buffer);

    private static Result<int> ReadFrom(int file, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var got = Libc.read(file, start, buffer.Length);
                if (got >= 0)
                    return (int)got;
                if (LastError() is var error && error != Errno.Interrupted)
                    return error;
            }
        }
    }

    /// <summary>Opens the file <paramref name="name"/> of <c>/proc</c>, reads it with one call and closes it: what a look does ten thousand times, so without an owner
    /// that has to be made and collected for each.</summary>
    public Result<int> ReadProcFile(ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        Span<byte> terminated = stackalloc byte[NameLimitBytes + 1];
        if (!TryTerminateName(name, terminated))
            return Errno.InvalidArgument;
        int file;
        fixed (byte* path = terminated)
        {
            while ((file = Libc.openat(Number, path, OpenFlag.ReadOnly | OpenFlag.NonBlocking | OpenFlag.NoControllingTerminal | OpenFlag.CloseOnExec, 0)) < 0)
            {
                if (LastError() is var error && error != Errno.Interrupted)
                    return error;
            }
        }
        try
        {
            return ReadFrom(file, buffer);
        }
        finally
        {
            _ = Libc.close(file);
        }
    }

    /// <summary>Writes all of <paramref name="content"/> at the current position, or says why not; then a part may have been
    /// written.</summary>
    public Errno Write(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            nint written;
            fixed (byte* start = content)
                written = Libc.write(Number, start, content.Length);
            if (written >= 0)
                content = content[(int)written..];
            else if (LastError() is var error && error != Errno.Interrupted)
                return error;
        }
        return Errno.None;
    }

    /// <summary>Writes all of <paramref name="content"/> at <paramref name="offset"/>; what is between the end of the file and it reads as zeros.</summary>
    public Errno WriteAt(long offset, ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            nint written;
            fixed (byte* start = content)
                written = Libc.pwrite(Number, start, content.Length, offset);
            if (written >= 0)
            {
                content = content[(int)written..];
                offset += written;
            }
            else if (LastError() is var error && error != Errno.Interrupted)
            {
                return error;
            }
        }
        return Errno.None;
    }

    /// <summary>Sets the size; a longer file reads as zeros from its old end on. Only for files of ours.</summary>
    public Errno Truncate(long size) => ErrnoOf(Libc.ftruncate(Number, size));

    /// <summary>Where data begins, from <paramref name="offset"/> on; null when only a hole follows. Moves the position.
    /// <see cref="Errno.InvalidArgument"/> where the file system does not say.</summary>
    public Result<long?> NextData(long offset)
    {
        var found = Libc.lseek(Number, offset, Libc.SeekData);
        return found >= 0 ? found : LastError() is var error && error == Errno.NoDevice ? (long?)null : error;
    }

    /// <summary>Where the next hole begins, or the end of the file.</summary>
    public Result<long> NextHole(long offset)
    {
        var found = Libc.lseek(Number, offset, Libc.SeekHole);
        return found >= 0 ? found : LastError();
    }

    /// <summary>Makes content (of a file) or names (of a directory) survive a crash of the machine.</summary>
    public Errno Fsync() => ErrnoOf(Libc.fsync(Number));

    /// <summary>The same for a file that .NET has opened.</summary>
    internal static Errno Fsync(SafeHandle file) => ErrnoOf(Libc.fsync((int)file.DangerousGetHandle()));

    /// <summary>Sets the permission bits exactly, without the umask.</summary>
    public Errno SetPermissions(uint permissions) => ErrnoOf(Libc.fchmod(Number, permissions));

    public Errno SetOwner(uint owner, uint group) => ErrnoOf(Libc.fchown(Number, owner, group));

    /// <summary>All extended attributes that may be read: name to value. Empty where the file system has none.</summary>
    public Result<IReadOnlyList<KeyValuePair<byte[], byte[]>>> ReadXattrs()
    {
        var names = ReadGrowing((buffer, size) => Libc.flistxattr(Number, buffer, size));
        if (names.Error == Errno.NotSupported)
            return Array.Empty<KeyValuePair<byte[], byte[]>>();
        if (!names.TryGet(out var list, out var error))
            return error;
        var found = new List<KeyValuePair<byte[], byte[]>>();
        foreach (var range in list.AsSpan().Split((byte)0))
        {
            var name = list.AsSpan(range).ToArray();
            if (name.Length > 0 && ReadXattr(name).TryGet(out var value))
                found.Add(new(name, value));
        }
        return found;
    }

    /// <summary>The lines of <c>/proc/self/fdinfo</c> for this descriptor: <c>pos</c>, <c>flags</c>, <c>mnt_id</c>,
    /// <c>ino</c> and one <c>lock:</c> line for each lock held through it.</summary>
    public Result<byte[]> ReadDescriptorInfo()
    {
        var opened = OpenAt(Libc.AtCurrentDirectory, ProcSelf("fdinfo"), OpenFlag.ReadOnly, 0);
        if (!opened.TryGet(out var info, out var error))
            return error;
        using (info)
            return info.ReadUpTo(1024 * 1024);
    }

    private Result<byte[]> ReadXattr(byte[] name)
    {
        var terminated = Terminate(name)!;
        return ReadGrowing((buffer, size) =>
        {
            fixed (byte* start = terminated)
                return Libc.fgetxattr(Number, start, buffer, size);
        });
    }

    private delegate nint FillBuffer(byte* buffer, nint size);

    private static Result<byte[]> ReadGrowing(FillBuffer fill)
    {
        // 64 KiB is the kernel's own limit for both a list of names and a value.
        var buffer = new byte[64 * 1024];
        nint length;
        fixed (byte* start = buffer)
            length = fill(start, buffer.Length);
        return length < 0 ? LastError() : buffer.AsSpan(0, (int)length).ToArray();
    }
}
