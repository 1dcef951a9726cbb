namespace Ops.Integrity;

/// <summary>
/// Reads a whole file of messages in pieces of any size and keeps numbers only: a line of a gigabyte costs no more memory than a short one. Never throws on any input.
/// </summary>
public sealed class SpoolScan
{
    /// <summary>So many NUL bytes in a row are a lost write and no message: one sector.</summary>
    public const int NulRunBytes = 512;

    // The beginning of a line decides; the longest that does is a From_ line with a long sender.
    private const int LineHeadBytes = 1024;

    private readonly byte[] _head = new byte[LineHeadBytes];
    private readonly SpoolRules _rules;
    private long _position, _lineAt, _nulAt = -1;

    public SpoolScan(SpoolFormat format)
    {
        Format = format;
        _rules = format switch
        {
            SpoolFormat.Mbox => new MboxRules(),
            SpoolFormat.Mmdf => new MmdfRules(),
            _ => new BabylRules(),
        };
    }

    public SpoolFormat Format { get; }

    public void Add(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            var end = piece.IndexOf((byte)'\n');
            var part = end < 0 ? piece : piece[..(end + 1)];
            CountNuls(part);
            if (_position - _lineAt is < LineHeadBytes and var had)
                part[..(int)Math.Min(part.Length, LineHeadBytes - had)].CopyTo(_head.AsSpan((int)had));
            _position += part.Length;
            if (end >= 0)
                EndLine();
            piece = piece[part.Length..];
        }
    }

    /// <summary>Call it once, after the last piece.</summary>
    public SpoolSight Finish()
    {
        EndNuls(_position);
        var cutAt = _lineAt;
        var cutBytes = _position - _lineAt;
        if (cutBytes > 0)
            EndLine();
        _rules.End(_position, cutAt, cutBytes);
        return new SpoolSight(Format, _rules.Messages, _rules.First, _rules.Faults, _rules.Remarks);
    }

    /// <summary>Four <c>^A</c> and nothing else.</summary>
    internal static bool IsMmdfLine(ReadOnlySpan<byte> line) => line.TrimEnd("\r\n"u8).SequenceEqual("\u0001\u0001\u0001\u0001"u8);

    private void EndLine()
    {
        var length = _position - _lineAt;
        _rules.Line(_head.AsSpan(0, (int)Math.Min(length, LineHeadBytes)), _lineAt, length);
        _lineAt = _position;
    }

    private void CountNuls(ReadOnlySpan<byte> part)
    {
        for (var at = 0; at < part.Length;)
        {
            if (_nulAt < 0)
            {
                if (part[at..].IndexOf((byte)0) is not (>= 0 and var first))
                    return;
                at += first;
                _nulAt = _position + at;
            }
            if (part[at..].IndexOfAnyExcept((byte)0) is not (>= 0 and var last))
                return;
            at += last;
            EndNuls(_position + at);
        }
    }

    private void EndNuls(long end)
    {
        if (_nulAt >= 0 && end - _nulAt >= NulRunBytes)
            _rules.Nuls(_nulAt, end - _nulAt);
        _nulAt = -1;
    }
}
