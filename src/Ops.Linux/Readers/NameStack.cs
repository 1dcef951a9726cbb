using System.Text;

namespace Ops.Linux;

/// <summary>Names of the directories that are still to be entered, of all directories on the way down, in one piece of memory. Each ends with a NUL, as the kernel wants it.</summary>
internal sealed class NameStack
{
    private byte[] _bytes = new byte[4096];

    /// <summary>Where the next name will be.</summary>
    public int End { get; private set; }

    public void Push(ReadOnlySpan<byte> name)
    {
        // One byte says how long it is: no name of Linux has more than 255.
        if (name.Length > byte.MaxValue)
            return;
        while (_bytes.Length < End + name.Length + 2)
            Array.Resize(ref _bytes, 2 * _bytes.Length);
        _bytes[End] = (byte)name.Length;
        name.CopyTo(_bytes.AsSpan(End + 1));
        _bytes[End + 1 + name.Length] = 0;
        End += name.Length + 2;
    }

    /// <summary>Good until the next <see cref="Push"/>.</summary>
    public ReadOnlySpan<byte> Terminated(int at) => _bytes.AsSpan(at + 1, _bytes[at] + 1);

    /// <inheritdoc cref="Terminated"/>
    public ReadOnlySpan<byte> this[int at] => _bytes.AsSpan(at + 1, _bytes[at]);

    public int After(int at) => at + _bytes[at] + 2;

    public bool Contains(string name, int from, int to)
    {
        for (var at = from; at < to; at = After(at))
        {
            if (Ascii.Equals(this[at], name))
                return true;
        }
        return false;
    }

    /// <summary>Forgets what was pushed since.</summary>
    public void CutTo(int end) => End = end;
}
