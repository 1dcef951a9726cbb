using Microsoft.Win32.SafeHandles;

namespace Ops.Linux;

/// <summary>The signals this product sends.</summary>
internal enum Signal
{
    /// <summary>Sends nothing; asks whether a signal could be sent.</summary>
    Probe = 0,
    Kill = 9,
    Terminate = 15,
    Continue = 18,

    /// <summary>Only to processes of a drill.</summary>
    Stop = 19,
}

/// <summary>A reference to one run of one process: a signal sent through it can never reach another process that was given
/// the same pid later. Open it first, check the identity then, signal last.</summary>
internal sealed unsafe class PidFd : SafeHandleMinusOneIsInvalid
{
    private PidFd(int descriptor, int pid)
        : base(ownsHandle: true)
    {
        SetHandle(descriptor);
        Pid = pid;
    }

    /// <summary>The number it was opened by; means nothing once the process is gone.</summary>
    public int Pid { get; }

    /// <summary><see cref="Errno.NoSuchProcess"/> if there is none with this pid; <see cref="Errno.NotFound"/> or
    /// <see cref="Errno.InvalidArgument"/> if the number is that of a thread.</summary>
    public static Result<PidFd> Open(int pid)
    {
        var descriptor = Libc.syscall(SystemCall.PidFdOpen, pid, 0, 0, 0);
        return descriptor < 0 ? FileDescriptor.LastError() : new PidFd((int)descriptor, pid);
    }

    /// <summary><see cref="Errno.NoSuchProcess"/> once the process was reaped. A zombie takes a signal and does nothing.</summary>
    public Errno Send(Signal signal) =>
        Libc.syscall(SystemCall.PidFdSendSignal, Number, (nint)signal, 0, 0) < 0 ? FileDescriptor.LastError() : Errno.None;

    /// <summary>Waits until the process has ended (a zombie has ended: its descriptors are closed, so its locks are gone unless
    /// another process shares the open file). True if it ended in time, false if not.</summary>
    public Result<bool> WaitForExit(TimeSpan limit)
    {
        var deadline = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        while (true)
        {
            var left = Math.Clamp(deadline - Environment.TickCount64, 0, int.MaxValue);
            var entry = new PollEntry { Descriptor = Number, Events = Libc.PollIn };
            var ready = Libc.poll(&entry, 1, (int)left);
            if (ready >= 0)
                return ready > 0;
            if (FileDescriptor.LastError() is var error && error != Errno.Interrupted)
                return error;
        }
    }

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;

    /// <summary>Waits until one of these processes has ended, or the wait is ended by <paramref name="wake"/>, without a limit.</summary>
    /// <returns>Those that have ended.</returns>
    public static List<PidFd> WaitForAny(IReadOnlyList<PidFd> processes, WakeUp wake)
    {
        var entries = new PollEntry[processes.Count + 1];
        entries[0] = new PollEntry { Descriptor = wake.Number, Events = Libc.PollIn };
        for (var i = 0; i < processes.Count; i++)
            entries[i + 1] = new PollEntry { Descriptor = processes[i].Number, Events = Libc.PollIn };
        int ready;
        fixed (PollEntry* start = entries)
            ready = Libc.poll(start, (nuint)entries.Length, -1);
        wake.Reset();
        return ready <= 0 ? [] : [.. processes.Where((_, i) => entries[i + 1].Returned != 0)];
    }

    private int Number => IsClosed || IsInvalid ? throw new ObjectDisposedException(nameof(PidFd)) : (int)handle;
}
