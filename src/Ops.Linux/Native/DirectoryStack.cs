using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// The open directories from a root down to the one that is listed, each opened once, by its name in the one above. A store has hundreds of thousands of directories: none of them takes an
/// object with a finalizer. For one thread.
/// </summary>
internal sealed unsafe class DirectoryStack : IDisposable
{
    private int[] _numbers = new int[16];
    private int _count;

    /// <summary>Goes on from this directory, which belongs to the stack from now on.</summary>
    public void Push(FileDescriptor directory) => Add(directory.Release());

    /// <summary>Opens the directory <paramref name="terminatedName"/>, one component and a NUL, in the topmost one. Follows no symbolic link.</summary>
    /// <param name="mayCrossMount">If not, <see cref="Errno.CrossesDevice"/> where another mount begins.</param>
    public Errno Enter(ReadOnlySpan<byte> terminatedName, bool mayCrossMount)
    {
        var name = terminatedName[..^1];
        if (terminatedName[^1] != 0 || name.IsEmpty || name.ContainsAny((byte)'/', (byte)0) || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            return Errno.InvalidArgument;
        var error = FileDescriptor.OpenDirectoryNumber(Top, terminatedName, mayCrossMount ? Resolve.None : Resolve.NoMountCrossing, out var number);
        if (error == Errno.None)
            Add(number);
        return error;
    }

    /// <summary>Closes the topmost directory.</summary>
    public void Leave() => _ = Libc.close(_numbers[--_count]);

    /// <summary>The next entries of the topmost directory; see <see cref="FileDescriptor.ReadDirectory"/>.</summary>
    public Result<int> Read(Span<byte> buffer) => FileDescriptor.ReadDirectoryOf(Top, buffer);

    /// <summary>The topmost directory, or the one that is <paramref name="above"/> it: good until it is left.</summary>
    public FileDescriptor Borrow(int above = 0) => FileDescriptor.Borrowed(_numbers[_count - 1 - above]);

    /// <summary>What the topmost directory was last changed at; null where the kernel does not say all of it.</summary>
    public DirectoryStamp? Stamp() => Stamp([0], Libc.AtEmptyPath);

    /// <summary>The same for the directory <paramref name="terminatedName"/> in it, without opening that. Wakes no automounter.</summary>
    public DirectoryStamp? Stamp(ReadOnlySpan<byte> terminatedName) => Stamp(terminatedName, Libc.AtSymlinkNoFollow | Libc.AtNoAutomount);

    public void Dispose()
    {
        while (_count > 0)
            Leave();
    }

    private int Top => _numbers[_count - 1];

    private DirectoryStamp? Stamp(ReadOnlySpan<byte> terminated, int flags)
    {
        StatxBuffer raw;
        fixed (byte* start = terminated)
        {
            return Libc.statx(Top, start, flags, StatxBuffer.KindAndInode | StatxBuffer.ChangeTimes | StatxBuffer.MountId, &raw) >= 0
                && (raw.Mask & (StatxBuffer.ChangeTimes | StatxBuffer.MountId)) == (StatxBuffer.ChangeTimes | StatxBuffer.MountId) && FileStatus.KindOf(raw.Mode) == FileKind.Directory
                    ? new DirectoryStamp(raw.Inode, raw.MountIdentifier, FileStatus.TimeOf(raw.ModificationTime), FileStatus.TimeOf(raw.ChangeTime))
                    : null;
        }
    }

    private void Add(int number)
    {
        if (_count == _numbers.Length)
            Array.Resize(ref _numbers, 2 * _count);
        _numbers[_count++] = number;
    }
}

/// <summary>Which directory it is, and when names in it were last made, removed or renamed: whichever of these happens, mtime and ctime both move.</summary>
internal readonly record struct DirectoryStamp(ulong Inode, ulong MountId, FileTime ModifiedAt, FileTime ChangedAt);
