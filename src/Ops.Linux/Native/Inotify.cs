using System.Buffers.Binary;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>A queue of the kernel in which changes of the names of single directories arrive, without the process that made them. Needs no privilege. Its length is bounded
/// (<c>/proc/sys/fs/inotify/max_queued_events</c>): what does not fit becomes one <see cref="NameEvents.Overflow"/>.</summary>
internal sealed unsafe class Inotify : EventQueue
{
    private const int CloseOnExec = 0x80000, NonBlocking = 0x800;
    private const uint DirectoriesOnly = 0x0100_0000, NotUnlinked = 0x0400_0000;
    private const uint Wanted = (uint)(NameEvents.Created | NameEvents.Deleted | NameEvents.MovedFrom | NameEvents.MovedTo | NameEvents.ClosedAfterWriting | NameEvents.MovedItself)
        | DirectoriesOnly | NotUnlinked;

    private Inotify(int descriptor)
        : base(descriptor)
    {
    }

    public static Result<Inotify> Open()
    {
        var descriptor = Libc.inotify_init1(CloseOnExec | NonBlocking);
        return descriptor < 0 ? FileDescriptor.LastError() : new Inotify(descriptor);
    }

    /// <summary>From now on reports what happens to names in this directory, under the number that it gives. The same directory by another path gives the same number. <see cref="Errno.NoSpace"/>:
    /// the user has as many watches as this host allows.</summary>
    /// <remarks>Opened first: the call knows no way to refuse the links of a user in the middle of a path, and one to a file server that is dead would hold up the watch of all others.</remarks>
    public Result<int> Watch(FilePath path)
    {
        if (!FileDescriptor.OpenDirectory(path.Bytes).TryGet(out var directory, out var error))
            return error;
        using (directory)
        {
            fixed (byte* start = directory.OwnPath)
            {
                var watch = Libc.inotify_add_watch(Number, start, Wanted);
                return watch < 0 ? FileDescriptor.LastError() : watch;
            }
        }
    }

    public void Leave(int watch) => _ = Libc.inotify_rm_watch(Number, watch);

    /// <summary>Whether there is something to read before another thread ends the wait, or <paramref name="limit"/> has passed.</summary>
    public bool Wait(WakeUp wake, TimeSpan limit)
    {
        var entries = stackalloc PollEntry[2];
        entries[0] = new PollEntry { Descriptor = Number, Events = Libc.PollIn };
        entries[1] = new PollEntry { Descriptor = wake.Number, Events = Libc.PollIn };
        return Libc.poll(entries, 2, (int)limit.TotalMilliseconds) > 0 && (entries[0].Returned & Libc.PollIn) != 0;
    }
}

/// <summary>Walks over what <see cref="EventQueue.Read"/> filled in, without copying (<c>struct inotify_event</c>). A record that does not fit its own length ends the walk.</summary>
internal ref struct InotifyEvents(ReadOnlySpan<byte> filled)
{
    private const int WhatAt = 4, LengthAt = 12, NameAt = 16;

    private ReadOnlySpan<byte> _rest = filled;

    /// <summary>-1 for an overflow, which belongs to no directory.</summary>
    public int Watch { get; private set; }

    public NameEvents What { get; private set; }

    /// <summary>Empty for what happens to the directory itself.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    public bool MoveNext()
    {
        if (_rest.Length < NameAt || BinaryPrimitives.ReadUInt32LittleEndian(_rest[LengthAt..]) is var length && length > (uint)(_rest.Length - NameAt))
            return false;
        Watch = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        What = (NameEvents)BinaryPrimitives.ReadUInt32LittleEndian(_rest[WhatAt..]);
        Name = _rest.Slice(NameAt, (int)length);
        if (Name.IndexOf((byte)0) is var end and >= 0)
            Name = Name[..end];
        _rest = _rest[(NameAt + (int)length)..];
        return true;
    }
}
