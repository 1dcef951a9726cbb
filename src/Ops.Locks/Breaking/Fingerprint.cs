using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Ops.Locks;

/// <summary>
/// What a preview promises and an act must find again: identity of the file and the answers of the evidence. Details and times are left out,
/// so that a clock that ticks on changes nothing.
/// </summary>
public static class Fingerprint
{
    // Grows where a path or a content is long.
    private const int ExpectedBytes = 256;

    /// <summary><c>sha256:</c> and 64 hex digits.</summary>
    public static string Of(FileFacts file, Verdict verdict)
    {
        var fields = new ArrayBufferWriter<byte>(ExpectedBytes);
        Add(fields, file.Path.Bytes);
        Add(fields, file.Identity.Major);
        Add(fields, file.Identity.Minor);
        Add(fields, file.Identity.Inode);
        Add(fields, (ulong)file.ChangedAt.Seconds);
        Add(fields, file.ChangedAt.Nanoseconds);
        Add(fields, (ulong)file.ModifiedAt.Seconds);
        Add(fields, file.ModifiedAt.Nanoseconds);
        Add(fields, (ulong)file.Size);
        Add(fields, file.LinkCount);
        Add(fields, file.Uid);
        Add(fields, file.Gid);
        Add(fields, file.Mode);
        Add(fields, (ulong)file.Kind);
        Add(fields, file.Content.Bytes);
        Add(fields, (ulong)verdict.Word);
        Add(fields, (ulong)verdict.Kind);
        Add(fields, Encoding.UTF8.GetBytes(string.Join(',', verdict.Systems)));
        Add(fields, (ulong)(verdict.Owner.Pid ?? 0));
        // Who agreed to a takeover has not agreed to the weaker protocol.
        if (verdict.MayNeedWeaker)
            Add(fields, Encoding.UTF8.GetBytes(WeakerProtocol.Word));
        foreach (var evidence in verdict.Evidence)
        {
            // Known to an agent that was watching and to no other. Where it forbids an act, the verdict itself is another.
            if (evidence.Question == Questions.CreatorRunning)
                continue;
            Add(fields, Encoding.UTF8.GetBytes(evidence.Question));
            Add(fields, (ulong)evidence.Answer);
        }
        return Sealed(fields);
    }

    /// <summary>The same for one process's part in a lock.</summary>
    /// <param name="key">Key of the finding.</param>
    public static string OfParty(string key, ProcessIdentity process, Verdict verdict)
    {
        var fields = new ArrayBufferWriter<byte>(ExpectedBytes);
        Add(fields, Encoding.UTF8.GetBytes(key));
        Add(fields, process.BootId.ToByteArray());
        Add(fields, (ulong)process.Pid);
        Add(fields, process.StartTicks);
        Add(fields, (ulong)verdict.Word);
        return Sealed(fields);
    }

    /// <summary>The same for an open file without a name.</summary>
    public static string OfGhost(ProcessIdentity process, int descriptor, FileIdentity file)
    {
        var fields = new ArrayBufferWriter<byte>(ExpectedBytes);
        Add(fields, process.BootId.ToByteArray());
        Add(fields, (ulong)process.Pid);
        Add(fields, process.StartTicks);
        Add(fields, (ulong)descriptor);
        Add(fields, file.Major);
        Add(fields, file.Minor);
        Add(fields, file.Inode);
        return Sealed(fields);
    }

    // Hashed in one call: a list of ten thousand locks has ten thousand of these, and each call into the library of hashes costs more than its bytes.
    private static string Sealed(ArrayBufferWriter<byte> fields) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(fields.WrittenSpan));

    // Every field carries its length: no two lists of fields give the same bytes.
    private static void Add(ArrayBufferWriter<byte> fields, ReadOnlySpan<byte> field)
    {
        Add(fields, (ulong)field.Length);
        fields.Write(field);
    }

    private static void Add(ArrayBufferWriter<byte> fields, ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(fields.GetSpan(sizeof(ulong)), value);
        fields.Advance(sizeof(ulong));
    }
}
