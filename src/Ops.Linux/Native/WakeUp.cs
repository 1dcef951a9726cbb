using Microsoft.Win32.SafeHandles;

namespace Ops.Linux;

/// <summary>A descriptor by which another thread ends a wait (eventfd).</summary>
internal sealed unsafe class WakeUp : SafeHandleMinusOneIsInvalid
{
    private const int CloseOnExec = 0x80000, NonBlocking = 0x800;

    private WakeUp(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    internal int Number => (int)handle;

    public static Result<WakeUp> Open()
    {
        var descriptor = Libc.eventfd(0, CloseOnExec | NonBlocking);
        return descriptor < 0 ? FileDescriptor.LastError() : new WakeUp(descriptor);
    }

    public void Set()
    {
        ulong one = 1;
        _ = Libc.write(Number, (byte*)&one, sizeof(ulong));
    }

    public void Reset()
    {
        ulong count;
        _ = Libc.read(Number, (byte*)&count, sizeof(ulong));
    }

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
