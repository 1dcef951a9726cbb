using System.Globalization;

namespace Ops.Locks;

/// <summary>The small steps every parser of kernel text takes: lines, words and numbers as bytes. None of them throws.</summary>
internal static class ByteText
{
    /// <summary>Cuts the next line off <paramref name="rest"/>. Not complete: the text ended without a line feed.</summary>
    public static bool TryNextLine(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line, out bool isComplete)
    {
        line = default;
        isComplete = false;
        if (rest.IsEmpty)
            return false;
        var end = rest.IndexOf((byte)'\n');
        isComplete = end >= 0;
        line = isComplete ? rest[..end] : rest;
        rest = isComplete ? rest[(end + 1)..] : default;
        return true;
    }

    /// <summary>Cuts the next word off <paramref name="rest"/>; empty when there is none. Words are parted by runs of blanks and tabs.</summary>
    public static ReadOnlySpan<byte> NextWord(scoped ref ReadOnlySpan<byte> rest)
    {
        rest = rest.TrimStart(" \t"u8);
        var end = rest.IndexOfAny((byte)' ', (byte)'\t');
        var word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[end..];
        return word;
    }

    /// <summary>What follows <paramref name="key"/> and a colon, without blanks around it, if the line begins so.</summary>
    public static bool TryValue(ReadOnlySpan<byte> line, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!line.StartsWith(key) || line.Length <= key.Length || line[key.Length] != (byte)':')
            return false;
        value = line[(key.Length + 1)..].Trim(" \t"u8);
        return true;
    }

    public static bool TryInt(ReadOnlySpan<byte> text, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    public static bool TryUnsigned(ReadOnlySpan<byte> text, out uint value) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    public static bool TryUnsignedLong(ReadOnlySpan<byte> text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    public static bool TryHex(ReadOnlySpan<byte> text, out uint value) =>
        uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    public static bool TryHexLong(ReadOnlySpan<byte> text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    public static bool TryOctal(ReadOnlySpan<byte> text, out uint value)
    {
        value = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'7' || value > uint.MaxValue >> 3)
                return false;
            value = (value << 3) | (uint)(digit - '0');
        }
        return !text.IsEmpty;
    }

    /// <summary><c>major:minor</c>, both hexadecimal, as in <c>/proc/locks</c> and <c>/proc/PID/maps</c>.</summary>
    public static bool TryHexDevice(ReadOnlySpan<byte> text, out uint major, out uint minor)
    {
        (major, minor) = (0, 0);
        var colon = text.IndexOf((byte)':');
        return colon > 0 && TryHex(text[..colon], out major) && TryHex(text[(colon + 1)..], out minor);
    }

    /// <summary>Undoes the kernel's octal escapes (<c>\040</c> for a blank) in names of mountinfo and maps. A backslash that begins no such
    /// escape stays.</summary>
    public static FilePath UnescapeOctal(ReadOnlySpan<byte> text)
    {
        if (!text.Contains((byte)'\\'))
            return new FilePath(text);
        var plain = new byte[text.Length];
        var length = 0;
        while (!text.IsEmpty)
        {
            var isEscape = text[0] == (byte)'\\' && text.Length >= 4 && TryOctal(text[1..4], out var value) && value <= byte.MaxValue;
            plain[length++] = isEscape ? (byte)(((text[1] - '0') << 6) | ((text[2] - '0') << 3) | (text[3] - '0')) : text[0];
            text = text[(isEscape ? 4 : 1)..];
        }
        return new FilePath(plain.AsSpan(0, length));
    }

    /// <summary>An unknown line as a fact: escaped and cut, so that a hostile one cannot fill a page.</summary>
    public static string Quote(ReadOnlySpan<byte> line) =>
        line.Length > 200 ? FilePath.Escape(line[..200]) + "..." : FilePath.Escape(line);
}
