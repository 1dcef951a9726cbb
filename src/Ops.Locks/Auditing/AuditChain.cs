using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Ops.Locks;

/// <summary>
/// A hash chain: every entry holds the hash of the one before, so an entry can't be changed, dropped or moved without every later one
/// changing too. Someone who can rewrite all entries <em>and</em> the anchor is not stopped by it: ship the head elsewhere against that.
/// </summary>
public static class AuditChain
{
    /// <summary>The encoding this code writes, and the only one it knows.</summary>
    public const byte EncodingVersion = 1;

    // Throws on lone surrogates: replacing them would give two different texts one hash.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The bytes that are hashed: one sequence of bytes for each entry, one entry for each sequence of bytes.</summary>
    /// <remarks>
    /// All numbers big-endian. <c>version</c> 1 byte (1), <c>Sequence</c> 8 bytes, <c>At</c> 8 bytes (ticks of 100 ns since 0001-01-01 UTC);
    /// then, in this order, Actor, Action, Host, Path, Outcome, Reason, OperationId, Detail, PreviousHash, each as a 4-byte length and that many
    /// bytes, or the length -1 and no bytes when it is null. Texts are UTF-8, OperationId is 16 bytes as printed, PreviousHash 32 bytes.
    /// </remarks>
    /// <exception cref="ArgumentException">Another version, a hash that is none, or a text that is not valid Unicode.</exception>
    public static byte[] Encode(AuditRecord record)
    {
        if (record.Version != EncodingVersion)
            throw new ArgumentException($"encoding version {record.Version} is not known", nameof(record));
        if (!AuditHead.IsHash(record.PreviousHash))
            throw new ArgumentException("the previous hash is not a SHA-256 in lower-case hex", nameof(record));

        var bytes = new ArrayBufferWriter<byte>(256);
        bytes.Write([record.Version]);
        WriteLong(bytes, record.Sequence);
        WriteLong(bytes, record.At.UtcTicks);
        WriteText(bytes, record.Actor);
        WriteText(bytes, record.Action);
        WriteText(bytes, record.Host);
        WriteText(bytes, record.Path);
        WriteText(bytes, record.Outcome);
        WriteText(bytes, record.Reason);
        WriteBytes(bytes, record.OperationId?.ToByteArray(bigEndian: true));
        WriteText(bytes, record.Detail);
        WriteBytes(bytes, Convert.FromHexString(record.PreviousHash));
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>What <see cref="AuditRecord.Hash"/> of this entry must be; the value it holds is not looked at.</summary>
    public static string Hash(AuditRecord record) => Convert.ToHexStringLower(SHA256.HashData(Encode(record)));

    /// <summary>Gives a draft its place after <paramref name="previous"/>. Texts are made storable (see <see cref="Storable"/>), the time is cut to microseconds.</summary>
    public static AuditRecord Next(AuditHead previous, AuditDraft draft, DateTimeOffset at)
    {
        var record = new AuditRecord
        {
            Version = EncodingVersion,
            Sequence = previous.Sequence + 1,
            At = new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero),
            Actor = Storable(draft.Actor)!,
            Action = Storable(draft.Action)!,
            Host = Storable(draft.Host),
            Path = Storable(draft.Path),
            Outcome = Storable(draft.Outcome),
            Reason = Storable(draft.Reason),
            OperationId = draft.OperationId,
            Detail = Storable(draft.Detail),
            PreviousHash = previous.Hash,
            Hash = "",
        };
        return record with { Hash = Hash(record) };
    }

    /// <summary>NUL (PostgreSQL refuses it) and lone surrogates (UTF-8 has none) become U+FFFD.</summary>
    public static string? Storable(string? text)
    {
        if (text is null || !NeedsRepair(text))
            return text;
        var repaired = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) // yields U+FFFD for a lone surrogate
            repaired.Append(rune.Value == 0 ? "\uFFFD" : rune.ToString());
        return repaired.ToString();
    }

    /// <summary>Walks entries in the order given.</summary>
    /// <param name="anchor">The head as remembered in a second place; null when there is none, then a cut-off tail can't be noticed.</param>
    public static AuditVerification Verify(IEnumerable<AuditRecord> records, AuditHead? anchor = null)
    {
        var check = new AuditChainCheck(anchor);
        foreach (var record in records)
        {
            if (check.Add(record) is { } broken)
                return broken;
        }

        return check.Finish();
    }

    private static bool NeedsRepair(string text)
    {
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var used) != OperationStatus.Done || rune.Value == 0)
                return true;
            rest = rest[used..];
        }

        return false;
    }

    private static void WriteLong(ArrayBufferWriter<byte> bytes, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(bytes.GetSpan(sizeof(long)), value);
        bytes.Advance(sizeof(long));
    }

    private static void WriteText(ArrayBufferWriter<byte> bytes, string? text) => WriteBytes(bytes, text is null ? null : Utf8.GetBytes(text));

    private static void WriteBytes(ArrayBufferWriter<byte> bytes, byte[]? value)
    {
        BinaryPrimitives.WriteInt32BigEndian(bytes.GetSpan(sizeof(int)), value?.Length ?? -1);
        bytes.Advance(sizeof(int));
        bytes.Write(value ?? []);
    }
}
