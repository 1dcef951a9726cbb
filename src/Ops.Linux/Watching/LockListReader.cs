using Ops.Locks;

namespace Ops.Linux;

/// <summary>Reads the kernel's list of locks for its mark alone: no descriptors, no processes. For one thread.</summary>
/// <param name="except">A process whose own locks do not count: the one that looks.</param>
public sealed class LockListReader(ReaderOptions options, int except)
{
    private readonly ProcFiles _files = new(options);

    /// <summary>Null when the list cannot be read; a look at the locks says why.</summary>
    public LockListMark? Read() => _files.Read("locks"u8, out var text) == Errno.None ? LockListMark.Of(ProcLocks.Parse(text), except) : null;
}
