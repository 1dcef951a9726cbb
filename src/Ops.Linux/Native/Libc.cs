using System.Runtime.InteropServices;

namespace Ops.Linux;

/// <summary>Every function of the C library that is imported, and the constants they take. Nothing outside this folder
/// calls them. Variadic functions are declared with fixed arguments, which is the same call on x86-64 and arm64 Linux.
/// Calls that old C libraries do not wrap go through <c>syscall</c>; the numbers are in <see cref="SystemCall"/>.</summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    public const int AtCurrentDirectory = -100;
    public const int AtSymlinkNoFollow = 0x100;
    public const int AtRemoveDirectory = 0x200;
    public const int AtNoAutomount = 0x800;
    public const int AtEmptyPath = 0x1000;
    public const int AtDoNotSync = 0x4000;
    public const int AtEffectiveAccess = 0x200;

    public const int AccessExecute = 1;
    public const int AccessWrite = 2;
    public const int AccessRead = 4;

    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;
    public const int LockRelease = 8;

    public const int PosixSetLockWait = 7;
    public const int OfdSetLock = 37;

    public const int SetParentDeathSignal = 1;
    public const int SetName = 15;

    public const uint RenameNoReplace = 1;
    public const uint RenameExchange = 2;

    public const int ClockRealTime = 0;
    public const int ClockOfThread = 3;
    public const int ClockBootTime = 7;
    public const int ClockTicksPerSecond = 2;

    public const short PollIn = 1;
    public const short PollPriority = 2;
    public const short PollError = 8;

    public const int PriorityOfProcess = 0;

    public const int SeekData = 3;
    public const int SeekHole = 4;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int openat(int directory, byte* path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int close(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint read(int descriptor, byte* buffer, nint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pread(int descriptor, byte* buffer, nint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(int descriptor, byte* buffer, nint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pwrite(int descriptor, byte* buffer, nint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ftruncate(int descriptor, long length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial long lseek(int descriptor, long offset, int whence);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fsync(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fchmod(int descriptor, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fchown(int descriptor, uint owner, uint group);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int statx(int directory, byte* path, int flags, uint mask, StatxBuffer* result);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint readlinkat(int directory, byte* path, byte* buffer, nint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int mkdirat(int directory, byte* path, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int linkat(int fromDirectory, byte* from, int toDirectory, byte* to, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int unlinkat(int directory, byte* path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int renameat2(int fromDirectory, byte* from, int toDirectory, byte* to, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int flock(int descriptor, int operation);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(int descriptor, int command, RecordLock* range);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint flistxattr(int descriptor, byte* names, nint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint fgetxattr(int descriptor, byte* name, byte* value, nint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int poll(PollEntry* entries, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int clock_gettime(int clock, KernelTime* time);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint sysconf(int name);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fstatvfs(int descriptor, VolumeBuffer* result);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fstatfs(int descriptor, FileSystemBuffer* result);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int open_by_handle_at(int mount, byte* handle, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fanotify_init(uint flags, uint eventFlags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fanotify_mark(int group, uint flags, ulong mask, int directory, byte* path);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int inotify_init1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int inotify_add_watch(int queue, byte* path, uint mask);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int inotify_rm_watch(int queue, int watch);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int eventfd(uint value, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int setpriority(int which, uint who, int priority);

    [LibraryImport(Library)]
    public static partial uint geteuid();

    [LibraryImport(Library)]
    public static partial int getppid();

    [LibraryImport(Library, SetLastError = true)]
    public static partial int prctl(int option, nint value);

    [LibraryImport(Library)]
    public static partial int usleep(uint microseconds);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int kill(int process, int signal);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth);
}

/// <summary>System calls without a wrapper in every C library that .NET runs on. Numbers above 423 are the same on
/// both machines.</summary>
internal static class SystemCall
{
    public const nint PidFdSendSignal = 424;
    public const nint PidFdOpen = 434;
    public const nint OpenAt2 = 437;
    public const nint AccessAt2 = 439;

    public static readonly nint QuotaControl = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 60 : 179;

    public static readonly nint GetDirectoryEntries =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 61 : 217;
}

/// <summary>Flags of open. Some differ between x86-64 and arm64.</summary>
internal static class OpenFlag
{
    private static readonly bool Arm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NoControllingTerminal = 0x100;
    public const int NonBlocking = 0x800;
    public const int NoAccessTime = 0x40000;
    public const int CloseOnExec = 0x80000;
    public const int PathOnly = 0x200000;

    public static readonly int Directory = Arm64 ? 0x4000 : 0x10000;
    public static readonly int NoFollow = Arm64 ? 0x8000 : 0x20000;
}

/// <summary>Flags of <c>fanotify_init</c> and <c>fanotify_mark</c>, see fanotify(7).</summary>
internal static class FanotifyFlag
{
    public const uint CloseOnExec = 1;
    public const uint NonBlocking = 2;
    public const uint ReportFile = 0x200;
    public const uint ReportDirectory = 0x400;
    public const uint ReportName = 0x800;
    public const uint ReportTarget = 0x1000;

    public const uint MarkAdd = 1;
    public const uint MarkFileSystem = 0x100;
}

/// <summary>What happened to a name, as fanotify and inotify say it. Several events of one process on one name may come as one.</summary>
[Flags]
internal enum NameEvents : ulong
{
    None = 0,
    ClosedAfterWriting = 8,
    MovedFrom = 0x40,
    MovedTo = 0x80,
    Created = 0x100,
    Deleted = 0x200,

    /// <summary>The watched directory was moved, so its path is another one; from inotify only.</summary>
    MovedItself = 0x800,

    /// <summary>Some events were lost; it comes without process and name.</summary>
    Overflow = 0x4000,

    /// <summary>The watch has ended, by itself or with its directory; from inotify only.</summary>
    Ignored = 0x8000,
    OnDirectory = 0x40000000,
}

/// <summary>Limits that openat2 puts on the walk along a path.</summary>
[Flags]
internal enum Resolve : ulong
{
    None = 0,
    NoMountCrossing = 1,
    NoMagicLinks = 2,
    NoSymlinks = 4,
    Beneath = 8,
}

/// <summary><c>struct open_how</c>, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenHow
{
    public ulong Flags;
    public ulong Mode;
    public Resolve Resolve;
}

/// <summary><c>struct timespec</c>, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelTime
{
    public long Seconds;
    public long Nanoseconds;
}

/// <summary><c>struct flock</c>, 32 bytes. The pid must be 0 for OFD locks.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct RecordLock
{
    public const short Read = 0;
    public const short Write = 1;
    public const short Unlock = 2;

    public short Type;
    public short Whence;
    public long Start;
    public long Length;
    public int Pid;
}

/// <summary><c>struct pollfd</c>, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    public int Descriptor;
    public short Events;
    public short Returned;
}

/// <summary><c>struct statx_timestamp</c>, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct StatxTime
{
    public long Seconds;
    public uint Nanoseconds;
}

/// <summary><c>struct statx</c>, 256 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatxBuffer
{
    public const uint KindAndInode = 0x101;
    public const uint LinkCountOnly = 0x4;
    public const uint ChangeTimes = 0xc0;
    public const uint BasicStats = 0x7ff;
    public const uint BirthTime = 0x800;
    public const uint MountId = 0x1000;

    public const ulong Immutable = 0x10;
    public const ulong AppendOnly = 0x20;

    [FieldOffset(0)] public uint Mask;
    [FieldOffset(8)] public ulong Attributes;
    [FieldOffset(16)] public uint LinkCount;
    [FieldOffset(20)] public uint Owner;
    [FieldOffset(24)] public uint Group;
    [FieldOffset(28)] public ushort Mode;
    [FieldOffset(32)] public ulong Inode;
    [FieldOffset(40)] public ulong Size;
    [FieldOffset(64)] public StatxTime AccessTime;
    [FieldOffset(80)] public StatxTime CreationTime;
    [FieldOffset(96)] public StatxTime ChangeTime;
    [FieldOffset(112)] public StatxTime ModificationTime;
    [FieldOffset(136)] public uint DeviceMajor;
    [FieldOffset(140)] public uint DeviceMinor;
    [FieldOffset(144)] public ulong MountIdentifier;
}

/// <summary><c>struct statvfs</c>, 112 bytes on 64-bit machines.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct VolumeBuffer
{
    [FieldOffset(8)] public ulong FragmentSize;
    [FieldOffset(16)] public ulong Blocks;
    [FieldOffset(24)] public ulong BlocksFree;
    [FieldOffset(32)] public ulong BlocksAvailable;
    [FieldOffset(40)] public ulong Files;
    [FieldOffset(48)] public ulong FilesFree;
    [FieldOffset(56)] public ulong FilesAvailable;
}

/// <summary><c>struct statfs</c>, 120 bytes on 64-bit machines.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct FileSystemBuffer
{
    [FieldOffset(56)] public ulong Identifier;
}
