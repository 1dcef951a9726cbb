using System.Buffers.Binary;

namespace Ops.Integrity;

/// <summary>The CRC32 of zlib (polynomial EDB88320), which Cyrus puts at the end of index headers and records.</summary>
public static class Crc32
{
    private static readonly uint[] OfByte = [.. Enumerable.Range(0, 256).Select(value => Shifted((uint)value))];

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var one in bytes)
            sum = OfByte[(byte)(sum ^ one)] ^ (sum >> 8);
        return ~sum;
    }

    /// <summary>Whether the last four bytes are the checksum, big-endian, of those before them.</summary>
    internal static bool ClosesCorrectly(ReadOnlySpan<byte> bytes) => Of(bytes[..^4]) == BinaryPrimitives.ReadUInt32BigEndian(bytes[^4..]);

    private static uint Shifted(uint value)
    {
        for (var bit = 0; bit < 8; bit++)
            value = (value & 1) != 0 ? (value >> 1) ^ 0xEDB88320 : value >> 1;
        return value;
    }
}
