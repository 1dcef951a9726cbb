namespace Ops.Linux;

/// <content>Opening and creating.</content>
internal sealed unsafe partial class FileDescriptor
{
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

    /// <summary>Refers to the directory at <paramref name="path"/> without opening it for reading, and follows symbolic links: to ask what its names mean, and no more.</summary>
    public static Result<FileDescriptor> OpenPathFollowingLinks(ReadOnlySpan<byte> path)
    {
        var terminated = Terminate(path);
        return terminated is null ? Errno.InvalidArgument : OpenAt(Libc.AtCurrentDirectory, terminated, OpenFlag.PathOnly | OpenFlag.Directory, 0);
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

    /// <summary>Opens a sub-directory for listing, for an owner of its own; see <see cref="DirectoryStack"/>.</summary>
    internal static Errno OpenDirectoryNumber(int directory, ReadOnlySpan<byte> terminatedName, Resolve resolve, out int number)
    {
        var flags = OpenFlag.ReadOnly | OpenFlag.Directory | OpenFlag.NoFollow;
        var error = OpenAt2(directory, terminatedName, flags | OpenFlag.NoAccessTime, resolve, out number);
        return error == Errno.NotPermitted ? OpenAt2(directory, terminatedName, flags, resolve, out number) : error;
    }

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

    /// <summary>Opens for reading exactly the inode this descriptor refers to, whatever its name means now; the access
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

    /// <summary>Opens for reading whatever <paramref name="name"/> leads to; for files of <c>/proc</c>, where nothing waits and no process but
    /// the kernel makes names.</summary>
    public Result<FileDescriptor> OpenProcFile(ReadOnlySpan<byte> name) =>
        OpenName(name, OpenFlag.ReadOnly | OpenFlag.NonBlocking | OpenFlag.NoControllingTerminal);

    /// <summary>Opens for reading the file behind a descriptor of another process, in its <c>fd</c> directory, without changing the access time where we may ask for
    /// that. Only for regular files: check with <see cref="IdentityFollowingLinks"/> first, since opening a device acts on it.</summary>
    public Result<FileDescriptor> OpenBehindDescriptor(ReadOnlySpan<byte> name) =>
        OpenName(name, OpenFlag.ReadOnly | OpenFlag.NonBlocking | OpenFlag.NoControllingTerminal | OpenFlag.NoAccessTime, retryWithoutNoAccessTime: true);

    private Result<FileDescriptor> Reopen(int flags) =>
        OpenAt(Libc.AtCurrentDirectory, ProcSelf("fd"), flags | OpenFlag.NonBlocking | OpenFlag.NoControllingTerminal, 0);

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

    private static Result<FileDescriptor> OpenAt2(int directory, ReadOnlySpan<byte> terminated, int flags, Resolve resolve) =>
        OpenAt2(directory, terminated, flags, resolve, out var number) is var error && error == Errno.None ? new FileDescriptor(number) : error;

    private static Errno OpenAt2(int directory, ReadOnlySpan<byte> terminated, int flags, Resolve resolve, out int number)
    {
        // EAGAIN: a rename happened anywhere during a walk that must stay beneath; the manual says to try again.
        const int Attempts = 128;
        var how = new OpenHow { Flags = (ulong)(flags | OpenFlag.CloseOnExec), Resolve = resolve };
        var error = Errno.TryAgain;
        number = -1;
        fixed (byte* start = terminated)
        {
            for (var attempt = 0; attempt < Attempts && error is Errno.TryAgain or Errno.Interrupted; attempt++)
            {
                number = (int)Libc.syscall(SystemCall.OpenAt2, directory, (nint)start, (nint)(&how), sizeof(OpenHow));
                if (number >= 0)
                    return Errno.None;
                error = LastError();
            }
        }
        return error;
    }
}
