namespace Ops.Linux;

/// <summary>The kernel's error numbers that this product distinguishes; the numbers are those of x86-64 and arm64.
/// Any other number is a valid value of this type too and prints as a number.</summary>
public enum Errno
{
    /// <summary>The call succeeded.</summary>
    None = 0,

    /// <summary>EPERM: needs a privilege or ownership.</summary>
    NotPermitted = 1,

    /// <summary>ENOENT: no such name.</summary>
    NotFound = 2,

    /// <summary>ESRCH: no such process (any more).</summary>
    NoSuchProcess = 3,

    /// <summary>EINTR: a signal came first; wrappers retry by themselves.</summary>
    Interrupted = 4,

    /// <summary>EIO.</summary>
    InputOutput = 5,

    /// <summary>ENXIO: no process at the other end of a FIFO or socket.</summary>
    NoDevice = 6,

    /// <summary>EBADF: the descriptor does not allow this (an O_PATH one, for example).</summary>
    BadDescriptor = 9,

    /// <summary>EAGAIN, EWOULDBLOCK: a lock is held by another, or try again.</summary>
    TryAgain = 11,

    /// <summary>ENOMEM.</summary>
    OutOfMemory = 12,

    /// <summary>EACCES: the mode bits or an access list refuse it.</summary>
    AccessDenied = 13,

    /// <summary>EBUSY.</summary>
    Busy = 16,

    /// <summary>EEXIST: the name is taken.</summary>
    Exists = 17,

    /// <summary>EXDEV: another file system, or a path that left its root.</summary>
    CrossesDevice = 18,

    /// <summary>ENODEV.</summary>
    NoSuchDevice = 19,

    /// <summary>ENOTDIR.</summary>
    NotADirectory = 20,

    /// <summary>EISDIR.</summary>
    IsADirectory = 21,

    /// <summary>EINVAL: not supported by this file system or kernel, or a name that is not a single name.</summary>
    InvalidArgument = 22,

    /// <summary>ENFILE: the system's table of open files is full.</summary>
    SystemFileTableFull = 23,

    /// <summary>EMFILE: this process has too many descriptors.</summary>
    TooManyDescriptors = 24,

    /// <summary>ETXTBSY.</summary>
    TextBusy = 26,

    /// <summary>EFBIG.</summary>
    TooBig = 27,

    /// <summary>ENOSPC.</summary>
    NoSpace = 28,

    /// <summary>EROFS.</summary>
    ReadOnlyFileSystem = 30,

    /// <summary>EMLINK.</summary>
    TooManyLinks = 31,

    /// <summary>ERANGE: the buffer was too small.</summary>
    BufferTooSmall = 34,

    /// <summary>ENAMETOOLONG.</summary>
    NameTooLong = 36,

    /// <summary>ENOLCK: no locks available.</summary>
    NoLocks = 37,

    /// <summary>ENOSYS: the kernel does not have this call.</summary>
    NotImplemented = 38,

    /// <summary>ENOTEMPTY.</summary>
    NotEmpty = 39,

    /// <summary>ELOOP: a symbolic link stood where none may be.</summary>
    SymbolicLink = 40,

    /// <summary>ENODATA: no such extended attribute.</summary>
    NoData = 61,

    /// <summary>EOVERFLOW.</summary>
    Overflow = 75,

    /// <summary>EOPNOTSUPP: the file system cannot do this.</summary>
    NotSupported = 95,

    /// <summary>ETIMEDOUT.</summary>
    TimedOut = 110,

    /// <summary>ESTALE: the object behind a file handle is gone.</summary>
    Stale = 116,

    /// <summary>EDQUOT.</summary>
    QuotaExceeded = 122,
}
