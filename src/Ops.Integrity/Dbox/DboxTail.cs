using System.Globalization;
using System.Text;

namespace Ops.Integrity;

/// <summary>The metadata behind a message of a dbox file.</summary>
/// <param name="GlobalId">The message's GUID; it is not a hash of its bytes.</param>
/// <param name="PlainSize">Bytes before compression or taking attachments out; null when they are as stored.</param>
/// <param name="LineSize">Bytes with line ends of two bytes.</param>
/// <remarks>Source: dovecot src/lib-storage/index/dbox-common/dbox-file.h: DBOX_MAGIC_POST, enum dbox_metadata_key.</remarks>
public sealed record DboxTail(string? GlobalId, long? PlainSize, long? LineSize)
{
    public const int LimitBytes = 64 * 1024;

    /// <param name="bytes">The file from where its message ends.</param>
    public static Reading<DboxTail> Parse(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith("\n\u0001\u0003\n"u8))
            return Reading<DboxTail>.Refused(bytes.Length < 4 ? FormatFault.TooShort : FormatFault.AnotherFormat, "no metadata where the message should end");
        var lines = Encoding.Latin1.GetString(bytes[4..Math.Min(bytes.Length, LimitBytes)]).Split('\n');
        string? id = null;
        long? plain = null, lineSize = null;
        foreach (var line in lines[..^1])
        {
            // An empty line ends it.
            if (line.Length == 0)
                return Reading<DboxTail>.Of(new DboxTail(id, plain, lineSize));
            if (line[0] == 'G')
                id = line[1..];
            else if (line[0] == 'Z')
                plain = Size(line);
            else if (line[0] == 'V')
                lineSize = Size(line);
        }
        return Reading<DboxTail>.Refused(FormatFault.TooShort, "its metadata has no end");
    }

    private static long? Size(string line) => long.TryParse(line.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size) ? size : null;
}
