using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>An open file, directory or O_PATH reference. Owns its descriptor; the number never leaves this folder.
/// Paths and names are bytes, because file names need not be UTF-8. A <c>name</c> is always one component below a
/// directory: empty, ".", "..", or one with a slash or NUL is refused with <see cref="Errno.InvalidArgument"/>, so
/// no call here can reach out of the directory it was given. Every descriptor is close-on-exec; no call follows a symbolic
/// link in a name.</summary>
internal sealed unsafe class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    private const int ReadChunkBytes = 64 * 1024;
    private const int NameLimitBytes = 255;

    private FileDescriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Opens the directory at <paramref name="path"/> (absolute, or relative to the working directory) without
    /// passing through any symbolic link. Such a link anywhere gives <see cref="Errno.SymbolicLink"/>. Reading it does not
    /// change its access time where we are allowed to ask for that.</summary>
    public static Result<FileDescriptor> OpenDirectory(ReadOnlySpan<byte> path) =>
        OpenWalking(Libc.AtCurrentDirectory, path, OpenFlag.ReadOnly | OpenFlag.Directory, Resolve.NoSymlinks | Resolve.NoMagicLinks);

    /// <summary>Opens the directory at <paramref name="path"/> and follows symbolic links: only for roots that an
    /// administrator named, never for what was found inside one.</summary>
    public static Result<FileDescriptor> OpenDirectoryFollowingLinks(ReadOnlySpan<byte> path) =>
        OpenWalking(Libc.AtCurrentDirectory, path, OpenFlag.ReadOnly | OpenFlag.Directory, Resolve.None);

    /// <summary>Opens a file for reading by its path; for files of <c>/proc</c> and fixtures of them. Follows links.</summary>
    public static Result<FileDescriptor> OpenForReadingFollowingLinks(ReadOnlySpan<byte> path)
    {
        var terminated = Terminate(path);
        return terminated is null
            ? Errno.InvalidArgument
            : OpenAt(Libc.AtCurrentDirectory, terminated, OpenFlag.ReadOnly | OpenFlag.NonBlocking | OpenFlag.NoControllingTerminal, 0);
    }

    /// <summary>Opens a directory below this one. <paramref name="relativePath"/> may have several components, but cannot leave this
    /// directory (<see cref="Errno.CrossesDevice"/>) or pass a symbolic link (<see cref="Errno.SymbolicLink"/>).
    /// An empty path opens this directory again.</summary>
    public Result<FileDescriptor> OpenDirectoryBelow(ReadOnlySpan<byte> relativePath) =>
        OpenWalking(Number, relativePath.IsEmpty ? "."u8 : relativePath, OpenFlag.ReadOnly | OpenFlag.Directory,
            Resolve.Beneath | Resolve.NoSymlinks | Resolve.NoMagicLinks);

    /// <summary>Opens the sub-directory <paramref name="name"/> for listing. One component, so cheaper than
    /// <see cref="OpenDirectoryBelow"/>.</summary>
    public Result<FileDescriptor> OpenSubdirectory(ReadOnlySpan<byte> name) =>
        OpenName(name, OpenFlag.ReadOnly | OpenFlag.Directory | OpenFlag.NoFollow | OpenFlag.NoAccessTime, retryWithoutNoAccessTime: true);

    /// <summary>Refers to whatever <paramref name="name"/> is (a symbolic link or FIFO too) without opening it: no
    /// lease is disturbed, no device is touched, nothing can be read through it. It pins the inode.</summary>
    public Result<FileDescriptor> OpenPathOnly(ReadOnlySpan<byte> name) => OpenName(name, OpenFlag.PathOnly | OpenFlag.NoFollow);

    /// <summary>Opens for reading without waiting (FIFO) and without changing the access time. Not being allowed to keep the
    /// access time is <see cref="Errno.NotPermitted"/>: the caller decides whether the content is worth the change.</summary>
    public Result<FileDescriptor> OpenForReading(ReadOnlySpan<byte> name) =>
        OpenName(name, OpenFlag.ReadOnly | OpenFlag.NoFollow | OpenFlag.NonBlocking | OpenFlag.NoControllingTerminal | OpenFlag.NoAccessTime);

    /// <summary>Opens an existing file for reading and writing, without creating or truncating it; for taking locks on a mailbox.
    /// The caller checks by <see cref="Stat()"/> that it is the regular file it means.</summary>
    public Result<FileDescriptor> OpenForLocking(ReadOnlySpan<byte> name) =>
        OpenName(name, OpenFlag.ReadWrite | OpenFlag.NoFollow | OpenFlag.NonBlocking | OpenFlag.NoControllingTerminal);

    /// <summary>Opens for reading exactly the inode this descriptor refers to, whatever its name means by now; the access
    /// time stays. Needs <c>/proc</c>. Only for regular files: check <see cref="Stat()"/> first, since opening a device acts
    /// on it.</summary>
    public Result<FileDescriptor> ReopenForReading() => Reopen(OpenFlag.ReadOnly | OpenFlag.NoAccessTime);

    /// <summary>Opens for reading and writing exactly the inode this descriptor refers to. Needs <c>/proc</c>. Only for
    /// regular files.</summary>
    public Result<FileDescriptor> ReopenForLocking() => Reopen(OpenFlag.ReadWrite);

    /// <summary>Creates a new file and opens it for reading and writing; <see cref="Errno.Exists"/> if the name is taken, by whatever.
    /// The permissions pass through the umask; use <see cref="SetPermissions"/> for exact ones.</summary>
    public Result<FileDescriptor> CreateExclusive(ReadOnlySpan<byte> name, uint permissions)
    {
        var terminated = TerminateName(name);
        return terminated is null
            ? Errno.InvalidArgument
            : OpenAt(Number, terminated, OpenFlag.ReadWrite | OpenFlag.Create | OpenFlag.Exclusive | OpenFlag.NoFollow, permissions);
    }

    /// <summary>Facts about the object this descriptor refers to.</summary>
    public Result<FileStatus> Stat() => Statx(Number, [0], Libc.AtEmptyPath);

    /// <summary>Facts about what <paramref name="name"/> is now; of a symbolic link, about the link.</summary>
    public Result<FileStatus> Stat(ReadOnlySpan<byte> name)
    {
        var terminated = TerminateName(name);
        return terminated is null ? Errno.InvalidArgument : Statx(Number, terminated, Libc.AtSymlinkNoFollow);
    }

    /// <summary>Facts about what <paramref name="path"/> leads to; follows links (also those of <c>/proc/PID/fd</c>).</summary>
    public static Result<FileStatus> StatFollowingLinks(ReadOnlySpan<byte> path)
    {
        var terminated = Terminate(path);
        return terminated is null ? Errno.InvalidArgument : Statx(Libc.AtCurrentDirectory, terminated, 0);
    }

    /// <summary>Facts about what <paramref name="name"/> leads to, links followed (those of <c>/proc/PID/fd</c> too). Never asks a file server.</summary>
    internal Result<FileStatus> StatFollowing(ReadOnlySpan<byte> name)
    {
        var terminated = TerminateName(name);
        return terminated is null ? Errno.InvalidArgument : Statx(Number, terminated, Libc.AtDoNotSync);
    }

    /// <summary>Identity of what <paramref name="name"/> leads to, links followed (those of <c>/proc/PID/fd</c> too). Never asks a file
    /// server: a dead one would keep us waiting for ever.</summary>
    public Result<FileReference> IdentityFollowingLinks(ReadOnlySpan<byte> name)
    {
        Span<byte> terminated = stackalloc byte[NameLimitBytes + 1];
        if (!TryTerminateName(name, terminated))
            return Errno.InvalidArgument;
        fixed (byte* start = terminated)
            return IdentityAt(Number, start, Libc.AtDoNotSync);
    }

    /// <summary>Identity of what is at <paramref name="path"/>; a symbolic link at its end is not followed, those before it are.</summary>
    public static Result<FileReference> IdentityAt(ReadOnlySpan<byte> path)
    {
        var terminated = Terminate(path);
        if (terminated is null)
            return Errno.InvalidArgument;
        fixed (byte* start = terminated)
            return IdentityAt(Libc.AtCurrentDirectory, start, Libc.AtDoNotSync | Libc.AtSymlinkNoFollow);
    }

    /// <summary>Opens for reading whatever <paramref name="name"/> leads to; for files of <c>/proc</c>, where nothing waits and nobody but
    /// the kernel makes names.</summary>
    public Result<FileDescriptor> OpenProcFile(ReadOnlySpan<byte> name) =>
        OpenName(name, OpenFlag.ReadOnly | OpenFlag.NonBlocking | OpenFlag.NoControllingTerminal);

    /// <summary>Opens for reading the file behind a descriptor of another process, in its <c>fd</c> directory, without changing the access time where we may ask for
    /// that. Only for regular files: check with <see cref="IdentityFollowingLinks"/> first, since opening a device acts on it.</summary>
    public Result<FileDescriptor> OpenBehindDescriptor(ReadOnlySpan<byte> name) =>
        OpenName(name, OpenFlag.ReadOnly | OpenFlag.NonBlocking | OpenFlag.NoControllingTerminal | OpenFlag.NoAccessTime, retryWithoutNoAccessTime: true);

    /// <summary>Whether names may be made and taken away in this directory with the rights that we have: the kernel's own answer, which knows read-only mounts
    /// (<see cref="Errno.ReadOnlyFileSystem"/>), immutable directories (<see cref="Errno.NotPermitted"/>), modes and access lists (<see cref="Errno.AccessDenied"/>). Nothing is tried.</summary>
    public Errno MayChangeNames() => Access(Number, [0], Libc.AccessWrite | Libc.AccessExecute, Libc.AtEmptyPath);

    /// <summary>The same for reading and writing what is at <paramref name="path"/>; a symbolic link at its end is not followed.</summary>
    public static Errno MayReadAndWrite(ReadOnlySpan<byte> path) =>
        Terminate(path) is { } terminated ? Access(Libc.AtCurrentDirectory, terminated, Libc.AccessRead | Libc.AccessWrite, Libc.AtSymlinkNoFollow) : Errno.InvalidArgument;

    /// <summary>How much room its file system has, for us and for root.</summary>
    public Result<VolumeStatus> Volume()
    {
        VolumeBuffer raw;
        return Libc.fstatvfs(Number, &raw) < 0 ? LastError() : VolumeStatus.From(raw);
    }

    /// <summary>Where the symbolic link <paramref name="name"/> points; <see cref="Errno.InvalidArgument"/> if it is none.</summary>
    public Result<byte[]> ReadLink(ReadOnlySpan<byte> name)
    {
        var terminated = TerminateName(name);
        return terminated is null ? Errno.InvalidArgument : ReadLinkAt(Number, terminated);
    }

    /// <summary>Where the link at <paramref name="path"/> points; links in the directories before it are followed.</summary>
    public static Result<byte[]> ReadLinkAt(ReadOnlySpan<byte> path)
    {
        var terminated = Terminate(path);
        return terminated is null ? Errno.InvalidArgument : ReadLinkAt(Libc.AtCurrentDirectory, terminated);
    }

    /// <summary>The path by which the kernel knows this object now, from our root on; " (deleted)" is added once its name is gone. Needs
    /// <c>/proc</c>.</summary>
    public Result<byte[]> ReadPath() => ReadLinkAt(Libc.AtCurrentDirectory, ProcSelf("fd"));

    /// <summary>Where a symbolic link that this reference pins points.</summary>
    public Result<byte[]> ReadPinnedLink() => ReadLinkAt(Number, [0]);

    /// <summary>Starts a listing anew.</summary>
    public Errno Rewind() => Libc.lseek(Number, 0, 0) < 0 ? LastError() : Errno.None;

    /// <summary>Fills <paramref name="buffer"/> with raw directory entries; 0 at the end. Read them with
    /// <see cref="DirectoryEntries"/>.</summary>
    public Result<int> ReadDirectory(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var filled = Libc.syscall(SystemCall.GetDirectoryEntries, Number, (nint)start, buffer.Length, 0);
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
        var buffer = new byte[Math.Min(limitBytes, ReadChunkBytes)];
        var filled = 0;
        while (filled < limitBytes)
        {
            if (filled == buffer.Length)
                Array.Resize(ref buffer, Math.Min(limitBytes, buffer.Length * 2));
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
    public Result<int> Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var got = Libc.read(Number, start, buffer.Length);
                if (got >= 0)
                    return (int)got;
                if (LastError() is var error && error != Errno.Interrupted)
                    return error;
            }
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

    /// <summary>Writes all of <paramref name="content"/> at <paramref name="offset"/>; what lies between the end of the file and it reads as zeros.</summary>
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
    /// <see cref="Errno.InvalidArgument"/> where the file system does not tell.</summary>
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

    /// <summary>Puts the modification time to now, as a holder does that keeps its lock fresh.</summary>
    public Errno Touch() => ErrnoOf(Libc.futimens(Number, null));

    /// <summary>Swaps what two names mean in one step: neither is ever absent. <see cref="Errno.NotFound"/> if either is absent,
    /// <see cref="Errno.InvalidArgument"/> where the file system cannot do it.</summary>
    public static Errno Exchange(FileDescriptor firstDirectory, ReadOnlySpan<byte> first, FileDescriptor secondDirectory, ReadOnlySpan<byte> second) =>
        Rename(firstDirectory, first, secondDirectory, second, Libc.RenameExchange);

    /// <summary>Renames, unless the new name is taken (<see cref="Errno.Exists"/>). Both must be on one mount
    /// (<see cref="Errno.CrossesDevice"/>).</summary>
    public static Errno RenameNoReplace(FileDescriptor fromDirectory, ReadOnlySpan<byte> from, FileDescriptor toDirectory, ReadOnlySpan<byte> to) =>
        Rename(fromDirectory, from, toDirectory, to, Libc.RenameNoReplace);

    /// <summary>Renames over whatever has the new name. Only into directories that nobody else can write to.</summary>
    public static Errno RenameReplacing(FileDescriptor fromDirectory, ReadOnlySpan<byte> from, FileDescriptor toDirectory, ReadOnlySpan<byte> to) =>
        Rename(fromDirectory, from, toDirectory, to, 0);

    /// <summary>Gives the inode a second name, unless that is taken (<see cref="Errno.Exists"/>). A symbolic link is linked
    /// itself.</summary>
    public static Errno Link(FileDescriptor fromDirectory, ReadOnlySpan<byte> from, FileDescriptor toDirectory, ReadOnlySpan<byte> to)
    {
        var (source, target) = (TerminateName(from), TerminateName(to));
        if (source is null || target is null)
            return Errno.InvalidArgument;
        fixed (byte* sourceStart = source, targetStart = target)
            return ErrnoOf(Libc.linkat(fromDirectory.Number, sourceStart, toDirectory.Number, targetStart, 0));
    }

    /// <summary>Removes a name, whatever it means at that moment. Not for directories.</summary>
    public Errno Unlink(ReadOnlySpan<byte> name) => UnlinkAt(name, 0);

    /// <summary>Removes an empty directory.</summary>
    public Errno RemoveDirectory(ReadOnlySpan<byte> name) => UnlinkAt(name, Libc.AtRemoveDirectory);

    /// <summary>Makes a directory; <see cref="Errno.Exists"/> if the name is taken, by whatever.</summary>
    public Errno MakeDirectory(ReadOnlySpan<byte> name, uint permissions)
    {
        var terminated = TerminateName(name);
        if (terminated is null)
            return Errno.InvalidArgument;
        fixed (byte* start = terminated)
            return ErrnoOf(Libc.mkdirat(Number, start, permissions));
    }

    /// <summary>Takes an exclusive flock without waiting; <see cref="Errno.TryAgain"/> if somebody has one. Held until this
    /// descriptor is closed or <see cref="ReleaseFlock"/>.</summary>
    public Errno TryFlockExclusive() => FlockWith(Libc.LockExclusive | Libc.LockNonBlocking);

    public Errno ReleaseFlock() => FlockWith(Libc.LockRelease);

    /// <summary>Takes an OFD write lock on the whole file without waiting; <see cref="Errno.TryAgain"/> if a POSIX or OFD lock
    /// of anybody is in the way. Held until this descriptor is closed. Needs one open for writing.</summary>
    public Errno TryOfdWriteLock()
    {
        var range = new RecordLock { Type = RecordLock.Write };
        var error = ErrnoOf(Libc.fcntl(Number, Libc.OfdSetLock, &range));
        return error == Errno.AccessDenied ? Errno.TryAgain : error;
    }

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

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;

    internal static Errno LastError() => (Errno)Marshal.GetLastPInvokeError();

    internal static Errno ErrnoOf(int returned) => returned < 0 ? LastError() : Errno.None;

    // Throws ObjectDisposedException for a closed handle: a number in use again for another file must never be acted on.
    // Callers keep this object alive (they hold it in a using), so no reference is counted per call.
    private int Number => IsClosed || IsInvalid ? throw new ObjectDisposedException(nameof(FileDescriptor)) : (int)handle;

    private Result<FileDescriptor> Reopen(int flags) =>
        OpenAt(Libc.AtCurrentDirectory, ProcSelf("fd"), flags | OpenFlag.NonBlocking | OpenFlag.NoControllingTerminal, 0);

    private byte[] ProcSelf(string folder) => System.Text.Encoding.ASCII.GetBytes($"/proc/self/{folder}/{Number}\0");

    private Result<FileDescriptor> OpenName(ReadOnlySpan<byte> name, int flags, bool retryWithoutNoAccessTime = false)
    {
        var terminated = TerminateName(name);
        if (terminated is null)
            return Errno.InvalidArgument;
        var opened = OpenAt(Number, terminated, flags, 0);
        return opened.Error == Errno.NotPermitted && retryWithoutNoAccessTime
            ? OpenAt(Number, terminated, flags & ~OpenFlag.NoAccessTime, 0)
            : opened;
    }

    private static Result<FileDescriptor> OpenAt(int directory, byte[] terminated, int flags, uint mode)
    {
        fixed (byte* start = terminated)
        {
            while (true)
            {
                var descriptor = Libc.openat(directory, start, flags | OpenFlag.CloseOnExec, mode);
                if (descriptor >= 0)
                    return new FileDescriptor(descriptor);
                if (LastError() is var error && error != Errno.Interrupted)
                    return error;
            }
        }
    }

    private static Result<FileDescriptor> OpenWalking(int directory, ReadOnlySpan<byte> path, int flags, Resolve resolve)
    {
        var terminated = Terminate(path);
        if (terminated is null)
            return Errno.InvalidArgument;
        var opened = OpenAt2(directory, terminated, flags | OpenFlag.NoAccessTime, resolve);
        return opened.Error == Errno.NotPermitted ? OpenAt2(directory, terminated, flags, resolve) : opened;
    }

    private static Result<FileDescriptor> OpenAt2(int directory, byte[] terminated, int flags, Resolve resolve)
    {
        // EAGAIN: a rename happened anywhere during a walk that must stay beneath; the manual says to try again.
        const int Attempts = 128;
        var how = new OpenHow { Flags = (ulong)(flags | OpenFlag.CloseOnExec), Resolve = resolve };
        var error = Errno.TryAgain;
        fixed (byte* start = terminated)
        {
            for (var attempt = 0; attempt < Attempts && error is Errno.TryAgain or Errno.Interrupted; attempt++)
            {
                var descriptor = Libc.syscall(SystemCall.OpenAt2, directory, (nint)start, (nint)(&how), sizeof(OpenHow));
                if (descriptor >= 0)
                    return new FileDescriptor((int)descriptor);
                error = LastError();
            }
        }
        return error;
    }

    private static Errno Access(int directory, byte[] terminated, int wanted, int flags)
    {
        fixed (byte* start = terminated)
            return Libc.syscall(SystemCall.AccessAt2, directory, (nint)start, wanted, flags | Libc.AtEffectiveAccess) < 0 ? LastError() : Errno.None;
    }

    private static Result<FileStatus> Statx(int directory, byte[] terminated, int flags)
    {
        StatxBuffer raw;
        int returned;
        fixed (byte* start = terminated)
            returned = Libc.statx(directory, start, flags, StatxBuffer.BasicStats | StatxBuffer.BirthTime | StatxBuffer.MountId, &raw);
        return returned < 0 ? LastError() : FileStatus.From(raw);
    }

    private static Result<FileReference> IdentityAt(int directory, byte* terminated, int flags)
    {
        StatxBuffer raw;
        return Libc.statx(directory, terminated, flags, StatxBuffer.KindAndInode | StatxBuffer.LinkCountOnly, &raw) < 0
            ? LastError()
            : new FileReference(new FileIdentity(raw.DeviceMajor, raw.DeviceMinor, raw.Inode), FileStatus.KindOf(raw.Mode), raw.LinkCount > 0);
    }

    private static Result<byte[]> ReadLinkAt(int directory, byte[] terminated)
    {
        Span<byte> target = stackalloc byte[4096];
        nint length;
        fixed (byte* start = terminated, buffer = target)
            length = Libc.readlinkat(directory, start, buffer, target.Length);
        return length < 0 ? LastError() : target[..(int)length].ToArray();
    }

    private static Errno Rename(FileDescriptor fromDirectory, ReadOnlySpan<byte> from, FileDescriptor toDirectory, ReadOnlySpan<byte> to, uint flags)
    {
        var (source, target) = (TerminateName(from), TerminateName(to));
        if (source is null || target is null)
            return Errno.InvalidArgument;
        fixed (byte* sourceStart = source, targetStart = target)
            return ErrnoOf(Libc.renameat2(fromDirectory.Number, sourceStart, toDirectory.Number, targetStart, flags));
    }

    private Errno UnlinkAt(ReadOnlySpan<byte> name, int flags)
    {
        var terminated = TerminateName(name);
        if (terminated is null)
            return Errno.InvalidArgument;
        fixed (byte* start = terminated)
            return ErrnoOf(Libc.unlinkat(Number, start, flags));
    }

    private Errno FlockWith(int operation)
    {
        Errno error;
        do
        {
            error = ErrnoOf(Libc.flock(Number, operation));
        }
        while (error == Errno.Interrupted);
        return error;
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

    private static bool TryTerminateName(ReadOnlySpan<byte> name, Span<byte> terminated)
    {
        if (name.IsEmpty || name.Length >= terminated.Length || name.ContainsAny((byte)'/', (byte)0))
            return false;
        name.CopyTo(terminated);
        terminated[name.Length] = 0;
        return true;
    }

    private static byte[]? TerminateName(ReadOnlySpan<byte> name) =>
        name.IsEmpty || name.Contains((byte)'/') || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8) ? null : Terminate(name);

    private static byte[]? Terminate(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || path.Contains((byte)0))
            return null;
        var terminated = new byte[path.Length + 1];
        path.CopyTo(terminated);
        return terminated;
    }
}
