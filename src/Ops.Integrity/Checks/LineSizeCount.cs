namespace Ops.Integrity;

/// <summary>Counts bytes as IMAP does: a line feed without a carriage return before it counts as two. May be given a message in pieces.</summary>
public sealed class LineSizeCount
{
    private byte _last;

    public long Bytes { get; private set; }

    public void Add(ReadOnlySpan<byte> piece)
    {
        Bytes += piece.Length;
        var at = 0;
        while (piece[at..].IndexOf((byte)'\n') is >= 0 and var found)
        {
            at += found;
            if ((at > 0 ? piece[at - 1] : _last) != (byte)'\r')
                Bytes++;
            at++;
        }
        if (!piece.IsEmpty)
            _last = piece[^1];
    }
}
