namespace Ops.Integrity;

/// <summary>The line that begins a message of an mbox: <c>From sender Www Mmm dd hh:mm</c>, with more behind it in most dialects.</summary>
public static class FromLine
{
    public static bool IsFrom(ReadOnlySpan<byte> line) => line.StartsWith("From "u8);

    /// <summary>
    /// Whether a date of ctime(3) is in it, as the readers ask before they begin a message (c-client mail.h: VALID; dovecot mbox-from.c: mbox_from_parse). The sender may hold spaces, and seconds may be
    /// missing.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> line)
    {
        if (!IsFrom(line))
            return false;
        for (var at = 4; at + 17 <= line.Length; at++)
        {
            if (line[at] == (byte)' ' && IsDate(line[(at + 1)..]))
                return true;
        }
        return false;
    }

    // "Mon Nov 30 19:45" or "Mon Nov  3 19:45".
    private static bool IsDate(ReadOnlySpan<byte> text) =>
        text.Length >= 16 && IsOf(text[..3], "SunMonTueWedThuFriSat"u8) && text[3] == ' ' && IsOf(text[4..7], "JanFebMarAprMayJunJulAugSepOctNovDec"u8) && text[7] == ' '
        && (text[8] == ' ' || IsDigit(text[8])) && IsDigit(text[9]) && text[10] == ' ' && IsDigit(text[11]) && IsDigit(text[12]) && text[13] == ':' && IsDigit(text[14]) && IsDigit(text[15]);

    private static bool IsOf(ReadOnlySpan<byte> word, ReadOnlySpan<byte> words) => words.IndexOf(word) is >= 0 and var at && at % 3 == 0;

    private static bool IsDigit(byte value) => value is >= (byte)'0' and <= (byte)'9';
}
