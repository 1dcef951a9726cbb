using System.Text;

namespace Ops.Linux;

/// <summary>What a process says to the kernel about itself.</summary>
internal static unsafe class OwnProcess
{
    private const int NameLimitBytes = 15;

    public static int ParentPid => Libc.getppid();

    /// <summary>From now on the kernel kills this process when the thread that started it ends, stopped or not (prctl(2), PR_SET_PDEATHSIG).</summary>
    public static Errno EndWithParent() => Libc.prctl(Libc.SetParentDeathSignal, (nint)Signal.Kill) == 0 ? Errno.None : FileDescriptor.LastError();

    /// <summary>Names the calling thread, which in the first thread is the name in <c>/proc/PID/comm</c>.</summary>
    public static void Rename(string name)
    {
        Span<byte> terminated = stackalloc byte[NameLimitBytes + 1];
        terminated.Clear();
        Encoding.UTF8.TryGetBytes(name, terminated[..NameLimitBytes], out _);
        fixed (byte* start = terminated)
            _ = Libc.prctl(Libc.SetName, (nint)start);
    }

    /// <summary>Sleeps on a timer of the kernel, as programs in C do between two tries; the runtime's own sleep waits for a condition.</summary>
    public static void SleepOnTimer(TimeSpan time) => _ = Libc.usleep((uint)time.TotalMicroseconds);
}
