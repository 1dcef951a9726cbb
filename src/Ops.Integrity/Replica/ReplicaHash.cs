using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Ops.Integrity;

/// <summary>Makes one mailbox of an index, with a hash for each 256 UIDs and one of those.</summary>
public static class ReplicaHash
{
    internal const int BlockBits = 8;
    private const int HashBytes = 16;
    private const int RecordBytes = sizeof(uint) + sizeof(ulong) + MessageGuid.Bytes;

    public static ReplicaMailbox Mailbox(string uniqueId, string name, CyrusIndex index) =>
        Mailbox(uniqueId, name, index.UidValidity, index.LastUid, [.. index.Records.Select(ReplicaRecord.Of)]);

    /// <param name="records">In ascending order of UID.</param>
    public static ReplicaMailbox Mailbox(string uniqueId, string name, uint uidValidity, uint lastUid, IReadOnlyList<ReplicaRecord> records)
    {
        List<ReplicaBlock> blocks = [];
        for (var at = 0; at < records.Count;)
        {
            var (from, number) = (at, records[at].Uid >> BlockBits);
            while (at < records.Count && records[at].Uid >> BlockBits == number)
                at++;
            blocks.Add(Block(number, [.. records.Skip(from).Take(at - from)]));
        }
        return new ReplicaMailbox(DigestText.Field(uniqueId), DigestText.Field(name), uidValidity, lastUid, blocks.Sum(b => b.Count), OfBlocks(uidValidity, blocks), blocks);
    }

    internal static ReplicaBlock Block(uint number, IReadOnlyList<ReplicaRecord> records)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[RecordBytes];
        var count = 0;
        // A record that is expunged here may be gone there: it says nothing about a message.
        foreach (var record in records)
        {
            if (record.IsGone)
                continue;
            count++;
            BinaryPrimitives.WriteUInt32BigEndian(bytes, record.Uid);
            BinaryPrimitives.WriteUInt64BigEndian(bytes[4..], record.Size);
            BinaryPrimitives.WriteUInt64BigEndian(bytes[12..], record.Digest.First);
            BinaryPrimitives.WriteUInt64BigEndian(bytes[20..], record.Digest.Second);
            BinaryPrimitives.WriteUInt32BigEndian(bytes[28..], record.Digest.Last);
            hash.AppendData(bytes);
        }
        return new ReplicaBlock(number, count, Hex(hash.GetHashAndReset()), records);
    }

    // A block of expunged records alone is the same as none.
    private static string OfBlocks(uint uidValidity, List<ReplicaBlock> blocks) =>
        Hex(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join('\n', blocks.Where(b => b.Count > 0).Select(b => FormattableString.Invariant($"{b.Number} {b.Hash}")).Prepend(FormattableString.Invariant($"{uidValidity}"))))));

    private static string Hex(ReadOnlySpan<byte> hash) => Convert.ToHexStringLower(hash[..HashBytes]);
}
