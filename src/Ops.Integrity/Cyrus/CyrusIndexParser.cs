using System.Buffers.Binary;

namespace Ops.Integrity;

/// <summary>Reads a <c>cyrus.index</c>. Header and record sizes are those of the file. All numbers are big-endian.</summary>
/// <remarks>Source: cyrus imap/mailbox.h (OFFSET_...), imap/index_file.c (templates); each version's own is in <see cref="CyrusVersion"/>.</remarks>
public static class CyrusIndexParser
{
    // Present in every version: generation, format, version, header size, record size, number of records.
    private const int CommonHeader = 24;
    private const int LargestHeader = 4096;
    private const int LargestRecord = 1024;
    private const uint MailboxDeleted = 1u << 31;
    private const long NanosecondsInSecond = 1_000_000_000;

    /// <param name="bytes">The whole file.</param>
    public static Reading<CyrusIndex> Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < CommonHeader)
            return Reading<CyrusIndex>.Refused(FormatFault.TooShort, $"{bytes.Length} bytes, a header has at least {CommonHeader}");
        var minor = Number(bytes, 8);
        if (CyrusVersion.Of(minor) is not { } version)
            return Reading<CyrusIndex>.Refused(FormatFault.UnknownVersion, $"version {minor}");
        var (headerSize, recordSize, count) = (Number(bytes, 12), Number(bytes, 16), Number(bytes, 20));
        if (headerSize < version.HeaderSize || headerSize > LargestHeader || recordSize < version.RecordSize || recordSize > LargestRecord)
            return Reading<CyrusIndex>.Refused(FormatFault.ImpossibleSizes, $"version {minor} with a header of {headerSize} and records of {recordSize} bytes");
        var end = headerSize + ((long)recordSize * count);
        if (end > bytes.Length)
            return Reading<CyrusIndex>.Refused(FormatFault.TooShort, $"{count} records need {end} bytes, the file has {bytes.Length}");
        if (version.HasChecksums && headerSize == version.HeaderSize && !Crc32.ClosesCorrectly(bytes[..(int)headerSize]))
            return Reading<CyrusIndex>.Refused(FormatFault.BrokenChecksum, "the checksum of the header");
        return Records(version, bytes, (int)headerSize, (int)recordSize, (int)count);
    }

    private static Reading<CyrusIndex> Records(CyrusVersion version, ReadOnlySpan<byte> bytes, int headerSize, int recordSize, int count)
    {
        // A record of another size than its version writes has its checksum elsewhere.
        var checks = version.HasChecksums && recordSize == version.RecordSize;
        var records = new List<CyrusRecord>(count);
        var broken = 0;
        var before = 0u;
        for (var at = 0; at < count; at++)
        {
            var raw = bytes.Slice(headerSize + (at * recordSize), recordSize);
            if (checks && !Crc32.ClosesCorrectly(raw))
            {
                broken++;
                continue;
            }
            var record = Record(version, raw);
            if (record.Uid <= before)
                return Reading<CyrusIndex>.Refused(FormatFault.BrokenEntries, $"record {at + 1} has UID {record.Uid} after {before}");
            before = record.Uid;
            records.Add(record);
        }
        var pending = new HashSet<uint>();
        for (var at = headerSize + (count * recordSize); at + recordSize <= bytes.Length; at += recordSize)
            pending.Add(Number(bytes, at));
        return Reading<CyrusIndex>.Of(new CyrusIndex(
            version, Number(bytes, 0), Number(bytes, version.LastUidAt), Number(bytes, version.UidValidityAt),
            version.HasFileFlags && (Number(bytes, version.OptionsAt) & MailboxDeleted) != 0, records, pending, broken));
    }

    private static CyrusRecord Record(CyrusVersion version, ReadOnlySpan<byte> raw)
    {
        var flags = Number(raw, version.FlagsAt);
        return new CyrusRecord(
            Number(raw, 0),
            version.HasWideFields ? Wide(raw, version.SizeAt) : Number(raw, version.SizeAt),
            version.HasGuid ? MessageGuid.From(raw[CyrusVersion.GuidAt..]) : default,
            version.HasFileFlags ? flags : flags & ~CyrusRecord.FileFlags,
            Time(version, raw, version.LastUpdatedAt),
            Time(version, raw, version.InternalDateAt));
    }

    private static long Time(CyrusVersion version, ReadOnlySpan<byte> raw, int at) => version.HasWideFields ? (long)Wide(raw, at) / NanosecondsInSecond : Number(raw, at);

    private static uint Number(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);

    private static ulong Wide(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64BigEndian(bytes[at..]);
}
