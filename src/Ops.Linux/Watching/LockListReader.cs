using Ops.Locks;

namespace Ops.Linux;

/// <summary>Reads the kernel's list of locks for its mark alone: no descriptors, no processes. For one thread.</summary>
/// <param name="except">A process whose own locks do not count: the one that looks.</param>
public sealed class LockListReader(ReaderOptions options, int except)
{
    private readonly ProcFiles _files = new(options);

    private byte[] _text = [];
    private int _length = -1;
    private LockListMark _mark;

    /// <summary>Null when the list cannot be read; a look at the locks says why.</summary>
    public LockListMark? Read()
    {
        if (_files.Read("locks"u8, out var text) != Errno.None)
            return null;
        if (_length != text.Length || !text.SequenceEqual(_text.AsSpan(0, _length)))
        {
            _mark = LockListMark.Of(ProcLocks.Parse(text), except);
            if (_text.Length < text.Length)
                _text = new byte[text.Length];
            text.CopyTo(_text);
            _length = text.Length;
        }
        return _mark;
    }
}
