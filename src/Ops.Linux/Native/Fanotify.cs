using Microsoft.Win32.SafeHandles;

namespace Ops.Linux;

/// <summary>A queue of the kernel in which changes of names arrive, for whole file systems, with the process that made them. Its length is bounded
/// (<c>/proc/sys/fs/fanotify/max_queued_events</c>): what does not fit becomes one <see cref="NameEvents.Overflow"/>.</summary>
/// <remarks>Needs <c>CAP_SYS_ADMIN</c> in the initial user namespace, and Linux 5.17 for the identity of the file that an event is about.</remarks>
internal sealed unsafe class Fanotify : EventQueue
{
    private const NameEvents Wanted =
        NameEvents.Created | NameEvents.Deleted | NameEvents.MovedFrom | NameEvents.MovedTo | NameEvents.ClosedAfterWriting | NameEvents.OnDirectory;

    private Fanotify(int descriptor)
        : base(descriptor)
    {
    }

    /// <summary><see cref="Errno.NotPermitted"/> without the privilege, <see cref="Errno.InvalidArgument"/> from a kernel that is too old.</summary>
    public static Result<Fanotify> Open()
    {
        const uint flags = FanotifyFlag.CloseOnExec | FanotifyFlag.NonBlocking
            | FanotifyFlag.ReportFile | FanotifyFlag.ReportDirectory | FanotifyFlag.ReportName | FanotifyFlag.ReportTarget;
        var descriptor = Libc.fanotify_init(flags, OpenFlag.CloseOnExec);
        return descriptor < 0 ? FileDescriptor.LastError() : new Fanotify(descriptor);
    }

    /// <summary>From now on reports what happens to names on the whole file system of <paramref name="path"/>, also outside the mount that the path passes through.
    /// It does not keep the file system from being unmounted, and ends with it.</summary>
    public Errno Watch(ReadOnlySpan<byte> path)
    {
        fixed (byte* start = (byte[])[.. path, 0])
            return FileDescriptor.ErrnoOf(Libc.fanotify_mark(Number, FanotifyFlag.MarkAdd | FanotifyFlag.MarkFileSystem, (ulong)Wanted, Libc.AtCurrentDirectory, start));
    }

    /// <summary>Waits until there is something to read or the mount table has changed, at most for <paramref name="limit"/>.</summary>
    public WatchWake Wait(MountTableWatch mounts, TimeSpan limit)
    {
        var entries = stackalloc PollEntry[2];
        entries[0] = new PollEntry { Descriptor = Number, Events = Libc.PollIn };
        entries[1] = new PollEntry { Descriptor = mounts.Number, Events = Libc.PollPriority };
        if (Libc.poll(entries, 2, (int)limit.TotalMilliseconds) <= 0)
            return WatchWake.None;
        return ((entries[0].Returned & Libc.PollIn) != 0 ? WatchWake.Events : 0) | ((entries[1].Returned & (Libc.PollPriority | Libc.PollError)) != 0 ? WatchWake.Mounts : 0);
    }
}

/// <summary>Why a wait for events ended.</summary>
[Flags]
internal enum WatchWake
{
    None = 0,
    Events = 1,
    Mounts = 2,
}

/// <summary>Knows when a file system was mounted or unmounted; says so once for each change.</summary>
internal sealed class MountTableWatch : SafeHandleMinusOneIsInvalid
{
    private MountTableWatch(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    internal int Number => (int)handle;

    public static unsafe Result<MountTableWatch> Open()
    {
        fixed (byte* path = "/proc/self/mountinfo\0"u8)
        {
            var descriptor = Libc.openat(Libc.AtCurrentDirectory, path, OpenFlag.ReadOnly | OpenFlag.CloseOnExec, 0);
            return descriptor < 0 ? FileDescriptor.LastError() : new MountTableWatch(descriptor);
        }
    }

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
