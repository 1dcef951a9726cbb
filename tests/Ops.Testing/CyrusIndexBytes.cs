using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Ops.Testing;

/// <summary>Writes a <c>cyrus.index</c> byte by byte, as the releases do (cyrus imap/index_file.c), without any code of the product.</summary>
public sealed class CyrusIndexBytes(uint version)
{
    private readonly List<(uint Uid, ulong Size, byte[] Digest, uint Flags, uint Updated, uint InternalDate)> _records = [];

    public uint LastUid { get; init; }

    public uint Options { get; init; }

    public uint UidValidity { get; init; } = 7;

    /// <summary>Records at the end that the header does not count.</summary>
    public int Uncommitted { get; init; }

    /// <summary>Bytes more than the version has.</summary>
    public int WiderRecords { get; init; }

    public static (int Header, int Record) SizesOf(uint version) => version switch
    {
        6 => (76, 60),
        7 => (76, 72),
        8 => (92, 80),
        9 => (96, 80),
        10 => (96, 88),
        12 => (128, 96),
        13 => (128, 104),
        14 or 15 => (160, 104),
        20 => (192, 144),
        _ => (160, 112),
    };

    public static byte[] Sha1(byte[] content)
    {
#pragma warning disable CA5350
        return SHA1.HashData(content);
#pragma warning restore CA5350
    }

    public CyrusIndexBytes Add(uint uid, ulong size, byte[]? digest = null, uint flags = 0, uint updated = 0, uint internalDate = 0)
    {
        _records.Add((uid, size, digest ?? new byte[20], flags, updated, internalDate));
        return this;
    }

    public byte[] ToArray()
    {
        var (headerSize, narrow) = SizesOf(version);
        var recordSize = narrow + WiderRecords;
        var bytes = new byte[headerSize + (recordSize * _records.Count)];
        Put(bytes, 0, 41);
        Put(bytes, 8, version);
        Put(bytes, 12, (uint)headerSize);
        Put(bytes, 16, (uint)recordSize);
        Put(bytes, 20, (uint)(_records.Count - Uncommitted));
        Put(bytes, version == 20 ? 88 : 28, LastUid == 0 && _records.Count > 0 ? _records.Max(r => r.Uid) : LastUid);
        Put(bytes, version == 20 ? 92 : 44, UidValidity);
        Put(bytes, version >= 19 ? 64 : 60, Options);
        Close(bytes.AsSpan(0, headerSize));
        for (var i = 0; i < _records.Count; i++)
        {
            var record = _records[i];
            var at = bytes.AsSpan(headerSize + (i * recordSize), recordSize);
            Put(at, 0, record.Uid);
            Put(at, version == 20 ? 36 : 32, record.Flags);
            if (version == 20)
            {
                PutWide(at, 8, record.InternalDate * 1_000_000_000UL);
                PutWide(at, 24, record.Size);
                PutWide(at, 112, record.Updated * 1_000_000_000UL);
            }
            else
            {
                Put(at, 4, record.InternalDate);
                Put(at, 12, (uint)record.Size);
                Put(at, 28, record.Updated);
            }
            if (version >= 10)
                record.Digest.CopyTo(at[60..]);
            Close(at);
        }
        return bytes;
    }

    private void Close(Span<byte> part)
    {
        if (version < 12)
            return;
        var sum = uint.MaxValue;
        foreach (var one in part[..^4])
        {
            sum ^= one;
            for (var bit = 0; bit < 8; bit++)
                sum = (sum & 1) != 0 ? (sum >> 1) ^ 0xEDB88320 : sum >> 1;
        }
        BinaryPrimitives.WriteUInt32BigEndian(part[^4..], ~sum);
    }

    private static void Put(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32BigEndian(bytes[at..], value);

    private static void PutWide(Span<byte> bytes, int at, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(bytes[at..], value);
}
