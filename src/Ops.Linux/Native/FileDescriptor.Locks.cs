namespace Ops.Linux;

/// <content>Taking kernel locks ourselves.</content>
internal sealed unsafe partial class FileDescriptor
{
    /// <summary>Takes an exclusive flock without waiting; <see cref="Errno.TryAgain"/> if another process has one. Held until this
    /// descriptor is closed or <see cref="ReleaseFlock"/>.</summary>
    public Errno TryFlockExclusive() => FlockWith(Libc.LockExclusive | Libc.LockNonBlocking);

    public Errno ReleaseFlock() => FlockWith(Libc.LockRelease);

    /// <summary>Takes an OFD write lock on the whole file without waiting; <see cref="Errno.TryAgain"/> if a POSIX or OFD lock
    /// of anybody is in the way. Held until this descriptor is closed. Needs one open for writing.</summary>
    public Errno TryOfdWriteLock()
    {
        var range = new RecordLock { Type = RecordLock.Write };
        var error = ErrnoOf(Libc.fcntl(Number, Libc.OfdSetLock, &range));
        return error == Errno.AccessDenied ? Errno.TryAgain : error;
    }

    /// <summary>Takes a POSIX write lock on the whole file and waits as long as another process has one. It is gone when this process closes any descriptor of the file, this
    /// one or another; no act takes such a lock, only a process of a drill.</summary>
    public Errno WaitForPosixWriteLock()
    {
        var range = new RecordLock { Type = RecordLock.Write };
        Errno error;
        do
        {
            error = ErrnoOf(Libc.fcntl(Number, Libc.PosixSetLockWait, &range));
        }
        while (error == Errno.Interrupted);
        return error;
    }

    private Errno FlockWith(int operation)
    {
        Errno error;
        do
        {
            error = ErrnoOf(Libc.flock(Number, operation));
        }
        while (error == Errno.Interrupted);
        return error;
    }
}
