using System.Runtime.InteropServices;

namespace Ops.Testing;

/// <summary>The few system calls that mail programs lock and write with. Failures that a protocol expects are answers; others throw.</summary>
internal static unsafe partial class Kernel
{
    private const int ErrnoExists = 17, ErrnoAgain = 11, ErrnoAccess = 13, ErrnoGone = 2;
    private const int Create = 0x40, Exclusive = 0x80, ReadWrite = 2, CloseOnExec = 0x80000;
    private const int SetLock = 6, SetOpenFileLock = 37;
    private const int FlockWrite = 2, FlockNow = 4, FlockRelease = 8;
    private const short WriteLock = 1, Unlocked = 2;

    /// <summary>Makes a new file with this content and mode.</summary>
    /// <returns>False when the name is taken.</returns>
    public static bool CreateNew(string path, ReadOnlySpan<byte> content, uint mode)
    {
        var descriptor = open(path, ReadWrite | Create | Exclusive | CloseOnExec, mode);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() == ErrnoExists ? false : throw Failure("open", path);
        }

        Write(descriptor, content, 0, path);
        Close(descriptor);
        return true;
    }

    public static int OpenForWriting(string path) =>
        open(path, ReadWrite | Create | CloseOnExec, 0x180) is >= 0 and var descriptor ? descriptor : throw Failure("open", path);

    public static void Close(int descriptor) => _ = close(descriptor);

    public static void Write(int descriptor, ReadOnlySpan<byte> bytes, long offset, string path)
    {
        fixed (byte* start = bytes)
        {
            if (pwrite(descriptor, start, bytes.Length, offset) != bytes.Length)
            {
                throw Failure("write", path);
            }
        }
    }

    /// <summary>False when the new name is taken. On a network the answer can be lost, so real programs look at the link count too; here it cannot.</summary>
    public static bool Link(string existing, string added) =>
        link(existing, added) == 0 || (Marshal.GetLastPInvokeError() == ErrnoExists ? false : throw Failure("link", added));

    /// <summary>False when there was nothing.</summary>
    public static bool Unlink(string path) =>
        unlink(path) == 0 || (Marshal.GetLastPInvokeError() == ErrnoGone ? false : throw Failure("unlink", path));

    /// <summary>Inode number; null when nothing is there.</summary>
    public static ulong? InodeOf(string path)
    {
        var buffer = stackalloc byte[256];
        const int here = -100, noFollow = 0x100;
        const uint inode = 0x100;
        if (statx(here, path, noFollow, inode, buffer) != 0)
        {
            return Marshal.GetLastPInvokeError() == ErrnoGone ? null : throw Failure("statx", path);
        }

        return *(ulong*)(buffer + 32);
    }

    public static long LengthOf(int descriptor) => lseek(descriptor, 0, 2);

    /// <summary>A lock on the whole file, without waiting.</summary>
    /// <param name="kind"><c>posix</c>, <c>ofd</c> or <c>flock</c>.</param>
    public static bool TryLock(int descriptor, string path, string kind = "posix") =>
        Lock(descriptor, kind, take: true) == 0 || (Marshal.GetLastPInvokeError() is ErrnoAgain or ErrnoAccess ? false : throw Failure(kind, path));

    public static void Unlock(int descriptor, string kind = "posix") => _ = Lock(descriptor, kind, take: false);

    private static int Lock(int descriptor, string kind, bool take)
    {
        if (kind == "flock")
        {
            return flock(descriptor, take ? FlockWrite | FlockNow : FlockRelease);
        }

        var range = new RecordLock { Type = take ? WriteLock : Unlocked };
        return fcntl(descriptor, kind == "ofd" ? SetOpenFileLock : SetLock, (nint)(&range));
    }

    private static IOException Failure(string call, string path) => new($"{call} {path}: {Marshal.GetLastPInvokeErrorMessage()}");

    [StructLayout(LayoutKind.Sequential, Size = 32)]
    private struct RecordLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Pid;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(int descriptor, byte* bytes, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int descriptor, long offset, int from);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string existing, string added);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int descriptor, int operation);
}
