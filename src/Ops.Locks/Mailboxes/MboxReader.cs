using System.Security.Cryptography;
using System.Text;

namespace Ops.Locks;

/// <summary>One message of an mbox.</summary>
/// <param name="Key">Message-ID and hash of the body: equal for the same message in two mailboxes, whatever flags programs wrote into its headers.</param>
/// <param name="From">Header values as they stand there, unfolded, at most 500 characters; null when there is none.</param>
/// <param name="Bytes">With its "From " line.</param>
public sealed record MboxMessage(string Key, string? From, string? MessageId, string? Subject, string? Date, long Bytes);

/// <summary>Splits an mbox that comes in pieces: a message begins with a line "From " at the start of the file or after an empty line (RFC 4155, mbox(5)). Line ends
/// and the quoting of "From " lines do not count in the hash of a body, nor do empty lines at its end. Not for several threads.</summary>
public sealed class MboxReader(Action<MboxMessage> found) : IDisposable
{
    private const int LineLimit = 64 * 1024;
    private const int ValueLimit = 500;
    private static readonly string[] Wanted = ["from", "message-id", "subject", "date"];

    private readonly IncrementalHash _body = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _line = new byte[LineLimit];
    private readonly string?[] _headers = new string?[Wanted.Length];
    private int _filled;
    private long _bytes;
    private int _emptyLines;
    private int _header = -1;
    private bool _isInMessage, _isInHeaders, _isLineContinued, _isSplitLine;
    private bool _isAfterEmptyLine = true;

    /// <summary>Messages so far.</summary>
    public int Count { get; private set; }

    /// <summary>The next piece.</summary>
    public void Read(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            var end = piece.IndexOf((byte)'\n');
            var part = end < 0 ? piece : piece[..(end + 1)];
            if (part.Length > LineLimit - _filled)
                part = part[..(LineLimit - _filled)];
            part.CopyTo(_line.AsSpan(_filled));
            _filled += part.Length;
            piece = piece[part.Length..];
            if (_line[_filled - 1] == '\n' || _filled == LineLimit)
                TakeLine();
        }
    }

    /// <summary>No more pieces: the last message ends here.</summary>
    public void End()
    {
        if (_filled > 0)
            TakeLine();
        EndMessage();
    }

    public void Dispose() => _body.Dispose();

    private void TakeLine()
    {
        var line = _line.AsSpan(0, _filled);
        var isWhole = line[^1] == '\n';
        _isLineContinued = _isSplitLine;
        _isSplitLine = !isWhole;
        var text = isWhole ? line[..^1] : line;
        text = isWhole && text is [.., (byte)'\r'] ? text[..^1] : text;
        if (!_isLineContinued && _isAfterEmptyLine && text.StartsWith("From "u8))
        {
            EndMessage();
            (_isInMessage, _isInHeaders, _bytes) = (true, true, line.Length);
            _isAfterEmptyLine = false;
            _filled = 0;
            return;
        }
        _bytes += line.Length;
        if (!_isLineContinued)
            _isAfterEmptyLine = isWhole && text.IsEmpty;
        if (_isInMessage && _isInHeaders)
            TakeHeader(text);
        else if (_isInMessage)
            TakeBody(text, isWhole);
        _filled = 0;
    }

    private void TakeHeader(ReadOnlySpan<byte> text)
    {
        if (_isLineContinued)
            return;
        if (text.IsEmpty)
        {
            _isInHeaders = false;
        }
        else if (text[0] is (byte)' ' or (byte)'\t')
        {
            if (_header >= 0)
                _headers[_header] = Cut(_headers[_header] + " " + Text(text.Trim(" \t"u8)));
        }
        else
        {
            var colon = text.IndexOf((byte)':');
            _header = colon is > 0 and < 40 ? Array.IndexOf(Wanted, Encoding.ASCII.GetString(text[..colon]).Trim().ToLowerInvariant()) : -1;
            // Of a header that is there twice, the first counts.
            if (_header >= 0 && _headers[_header] is null)
                _headers[_header] = Cut(Text(text[(colon + 1)..].Trim(" \t"u8)));
            else
                _header = -1;
        }
    }

    private void TakeBody(ReadOnlySpan<byte> text, bool isWhole)
    {
        if (text.IsEmpty && isWhole && !_isLineContinued)
        {
            _emptyLines++;
            return;
        }
        for (; _emptyLines > 0; _emptyLines--)
            _body.AppendData("\n"u8);
        if (!_isLineContinued && text.TrimStart((byte)'>').StartsWith("From "u8))
            text = text.TrimStart((byte)'>');
        _body.AppendData(text);
        if (isWhole)
            _body.AppendData("\n"u8);
    }

    private void EndMessage()
    {
        if (!_isInMessage)
            return;
        var id = _headers[Array.IndexOf(Wanted, "message-id")];
        var hash = Convert.ToHexStringLower(_body.GetHashAndReset());
        found(new MboxMessage($"{id} {hash}", _headers[0], id, _headers[2], _headers[3], _bytes));
        Count++;
        Array.Clear(_headers);
        (_isInMessage, _isInHeaders, _emptyLines, _header, _bytes) = (false, false, 0, -1, 0);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static string Cut(string text) => text.Length <= ValueLimit ? text : text[..ValueLimit];
}

/// <summary>Which messages of one mailbox another one does not hold. Copies count: two of one message are matched by two.</summary>
public sealed class MailboxComparison
{
    private readonly Dictionary<string, int> _there = new(StringComparer.Ordinal);

    public void Add(MboxMessage message) => _there[message.Key] = _there.GetValueOrDefault(message.Key) + 1;

    /// <summary>Whether the mailbox still has a copy that no earlier call matched; that one is matched then.</summary>
    public bool TryMatch(MboxMessage message)
    {
        if (_there.GetValueOrDefault(message.Key) is not (> 0 and var copies))
            return false;
        _there[message.Key] = copies - 1;
        return true;
    }
}
