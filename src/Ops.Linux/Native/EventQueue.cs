using Microsoft.Win32.SafeHandles;

namespace Ops.Linux;

/// <summary>A queue of the kernel in which events arrive, as <see cref="Fanotify"/> and <see cref="Inotify"/> have one each.</summary>
internal abstract unsafe class EventQueue : SafeHandleMinusOneIsInvalid
{
    private protected EventQueue(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Whole events, as many as fit; <see cref="Errno.TryAgain"/> when there are none.</summary>
    public Result<int> Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var got = Libc.read(Number, start, buffer.Length);
                if (got >= 0)
                    return (int)got;
                if (FileDescriptor.LastError() is var error && error != Errno.Interrupted)
                    return error;
            }
        }
    }

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;

    private protected int Number => IsClosed || IsInvalid ? throw new ObjectDisposedException(GetType().Name) : (int)handle;
}
