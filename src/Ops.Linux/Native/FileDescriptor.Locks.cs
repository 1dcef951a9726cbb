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
