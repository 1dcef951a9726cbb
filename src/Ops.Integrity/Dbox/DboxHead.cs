using System.Buffers.Text;

namespace Ops.Integrity;

/// <summary>The beginning of a file of Dovecot's single-dbox (<c>u.N</c>), or of the first message in a multi-dbox file (<c>m.N</c>).</summary>
/// <param name="Version">2 since Dovecot 2.0.</param>
/// <param name="MessageHeaderSize">Bytes of the header before each message, as the file says.</param>
/// <param name="ContentAt">Where the first message begins.</param>
/// <param name="Size">Bytes of the first message as it is stored; its metadata is right behind it.</param>
/// <remarks>Source: dovecot src/lib-storage/index/dbox-common/dbox-file.h: DBOX_HEADER_MSG_HEADER_SIZE, struct dbox_message_header; dbox-file.c: dbox_file_parse_header.</remarks>
public sealed record DboxHead(int Version, int MessageHeaderSize, int ContentAt, long Size)
{
    /// <summary>Bytes of a file that hold its head.</summary>
    public const int LimitBytes = 4096;

    private const int SizeAt = 13;
    private const int SizeDigits = 16;

    public static Reading<DboxHead> Parse(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, LimitBytes)];
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0)
            return Reading<DboxHead>.Refused(FormatFault.TooShort, "it has no whole first line");
        if (end < 2 || bytes[1] != (byte)' ' || bytes[0] is < (byte)'1' or > (byte)'9')
            return Reading<DboxHead>.Refused(FormatFault.AnotherFormat, "its first line names no version");
        if (bytes[0] != (byte)'2')
            return Reading<DboxHead>.Refused(FormatFault.UnknownVersion, $"version {bytes[0] - '0'}");
        var at = bytes[..end].IndexOf(" M"u8);
        if (at < 0 || !Utf8Parser.TryParse(bytes[(at + 2)..end], out int headerSize, out _, 'X') || headerSize is <= SizeAt + SizeDigits or > 1024)
            return Reading<DboxHead>.Refused(FormatFault.ImpossibleSizes, "no size of a message header that is written");
        var header = bytes[(end + 1)..];
        if (header.Length < headerSize)
            return Reading<DboxHead>.Refused(FormatFault.TooShort, "it ends within the header of its message");
        if (!header.StartsWith("\u0001\u0002"u8) || !Utf8Parser.TryParse(header.Slice(SizeAt, SizeDigits), out long size, out var used, 'X') || used != SizeDigits || size < 0)
            return Reading<DboxHead>.Refused(FormatFault.BrokenEntries, "the header of its message");
        return Reading<DboxHead>.Of(new DboxHead(2, headerSize, end + 1 + headerSize, size));
    }
}
