using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>An open file, directory or O_PATH reference. Owns its descriptor; the number never leaves this folder.
/// Paths and names are bytes, because file names need not be UTF-8. A <c>name</c> is always one component below a
/// directory: empty, ".", "..", or one with a slash or NUL is refused with <see cref="Errno.InvalidArgument"/>, so
/// no call here can reach out of the directory it was given. Every descriptor is close-on-exec; no call follows a symbolic
/// link in a name.</summary>
internal sealed unsafe partial class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    private const int NameLimitBytes = 255;

    private FileDescriptor(int descriptor, bool isOwner = true)
        : base(isOwner) => SetHandle(descriptor);

    /// <summary>For what another owner closes: good only as long as that has it open.</summary>
    internal static FileDescriptor Borrowed(int descriptor) => new(descriptor, isOwner: false);

    /// <summary>Gives the descriptor away: the one that takes the number closes it.</summary>
    internal int Release()
    {
        var number = Number;
        SetHandleAsInvalid();
        return number;
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

    /// <summary>Facts about what is at <paramref name="path"/>; a symbolic link at its end is not followed, those before it are.</summary>
    public static Result<FileStatus> StatAt(ReadOnlySpan<byte> path)
    {
        var terminated = Terminate(path);
        return terminated is null ? Errno.InvalidArgument : Statx(Libc.AtCurrentDirectory, terminated, Libc.AtSymlinkNoFollow);
    }

    /// <summary>Facts about what <paramref name="name"/> leads to, links followed (those of <c>/proc/PID/fd</c> too). Never asks a file server.</summary>
    internal Result<FileStatus> StatFollowing(ReadOnlySpan<byte> name)
    {
        var terminated = TerminateName(name);
        return terminated is null ? Errno.InvalidArgument : Statx(Number, terminated, Libc.AtDoNotSync);
    }

    /// <summary>Identity of what <paramref name="name"/> leads to, links followed (those of <c>/proc/PID/fd</c> too). Never asks a file
    /// server: a dead one would keep us waiting permanently.</summary>
    public Result<FileReference> IdentityFollowingLinks(ReadOnlySpan<byte> name)
    {
        Span<byte> terminated = stackalloc byte[NameLimitBytes + 1];
        if (!TryTerminateName(name, terminated))
            return Errno.InvalidArgument;
        fixed (byte* start = terminated)
            return IdentityAt(Number, start, Libc.AtDoNotSync);
    }

    /// <summary>Identity of what <paramref name="name"/> is now; of a symbolic link, of the link. Never asks a file server.</summary>
    public Result<FileReference> Identity(ReadOnlySpan<byte> name)
    {
        Span<byte> terminated = stackalloc byte[NameLimitBytes + 1];
        if (!TryTerminateName(name, terminated))
            return Errno.InvalidArgument;
        fixed (byte* start = terminated)
            return IdentityAt(Number, start, Libc.AtDoNotSync | Libc.AtSymlinkNoFollow);
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

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;

    internal static Errno LastError() => (Errno)Marshal.GetLastPInvokeError();

    internal static Errno ErrnoOf(int returned) => returned < 0 ? LastError() : Errno.None;

    // Throws ObjectDisposedException for a closed handle: a number in use again for another file must never be acted on.
    // Callers keep this object alive (they hold it in a using), so no reference is counted per call.
    private int Number => IsClosed || IsInvalid ? throw new ObjectDisposedException(nameof(FileDescriptor)) : (int)handle;

    /// <summary>A path of this process that leads to the open file itself, ended by a zero; for calls that take paths only.</summary>
    internal byte[] OwnPath => ProcSelf("fd");

    private byte[] ProcSelf(string folder) => System.Text.Encoding.ASCII.GetBytes($"/proc/self/{folder}/{Number}\0");

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

    private static bool TryTerminateName(ReadOnlySpan<byte> name, Span<byte> terminated)
    {
        if (name.IsEmpty || name.Length >= terminated.Length || name.ContainsAny((byte)'/', (byte)0) || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
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
