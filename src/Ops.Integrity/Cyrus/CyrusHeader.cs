using System.Text;

namespace Ops.Integrity;

/// <summary>Which mailbox a directory is: the text of <c>cyrus.header</c>.</summary>
/// <param name="UniqueId">Stays the same when the mailbox is renamed, and is the same on a replica; null where the file does not say.</param>
/// <param name="Name">Internal name, <c>user.alice</c>; null before 3.6.</param>
/// <remarks>Source: cyrus imap/mailbox.c: mailbox_read_header, mailbox_write_header; imap/mailbox.h: MAILBOX_HEADER_MAGIC. Seen on 3.6.1.</remarks>
public sealed record CyrusHeader(string? UniqueId, string? Name)
{
    private const int LimitBytes = 64 * 1024;

    /// <param name="bytes">The file, or its first 64 kB.</param>
    public static Reading<CyrusHeader> Parse(ReadOnlySpan<byte> bytes)
    {
        // Four bytes of which two are not ASCII, then three lines of text.
        if (bytes.Length < 24 || bytes[0] != 0xA1 || bytes[1] != 0x02 || bytes[2] != 0x8B || bytes[3] != 0x0D || !bytes[4..].StartsWith("Cyrus mailbox header\n"u8))
            return Reading<CyrusHeader>.Refused(FormatFault.AnotherFormat, "it does not begin as a cyrus.header does");
        var rest = bytes[..Math.Min(bytes.Length, LimitBytes)];
        for (var line = 0; line < 3; line++)
        {
            var end = rest.IndexOf((byte)'\n');
            if (end < 0)
                return Reading<CyrusHeader>.Refused(FormatFault.TooShort, "it ends within its first lines");
            rest = rest[(end + 1)..];
        }
        return Reading<CyrusHeader>.Of(rest.StartsWith("%("u8) ? OfList(rest[2..]) : OfLine(rest));
    }

    // Quota root, tab, unique id, and in some releases a tab and the name.
    private static CyrusHeader OfLine(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)'\n');
        var fields = Encoding.UTF8.GetString(end < 0 ? text : text[..end]).Split('\t');
        return new CyrusHeader(Field(1), Field(2));

        string? Field(int at) => at < fields.Length && fields[at].Length > 0 ? fields[at] : null;
    }

    // Since 3.6: pairs of key and value, a value being an atom, a quoted string or a list in brackets.
    private static CyrusHeader OfList(ReadOnlySpan<byte> text)
    {
        string? id = null, name = null;
        while (Word(ref text) is { } key && key != ")" && Word(ref text) is { } value)
        {
            if (key == "I")
                id = value;
            else if (key == "N")
                name = value;
        }
        return new CyrusHeader(id, name);
    }

    private static string? Word(ref ReadOnlySpan<byte> text)
    {
        text = text.TrimStart(" \r\n"u8);
        if (text.IsEmpty)
            return null;
        var length = text[0] switch
        {
            (byte)'"' => Quoted(text),
            (byte)'%' or (byte)'(' => Bracketed(text),
            (byte)')' => 1,
            _ => text.IndexOfAny(" )\r\n"u8) is >= 0 and var end ? end : text.Length,
        };
        var word = Encoding.UTF8.GetString(text[..length]);
        text = text[length..];
        return word is ['"', .., '"'] and { Length: > 1 } ? word[1..^1] : word;
    }

    private static int Quoted(ReadOnlySpan<byte> text)
    {
        for (var at = 1; at < text.Length; at++)
        {
            if (text[at] == (byte)'\\')
                at++;
            else if (text[at] == (byte)'"')
                return at + 1;
        }
        return text.Length;
    }

    private static int Bracketed(ReadOnlySpan<byte> text)
    {
        var depth = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == (byte)'(')
                depth++;
            else if (text[at] == (byte)')' && --depth == 0)
                return at + 1;
        }
        return text.Length;
    }
}
