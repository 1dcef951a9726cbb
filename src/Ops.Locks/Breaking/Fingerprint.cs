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
    /// <summary><c>sha256:</c> and 64 hex digits.</summary>
    public static string Of(FileFacts file, Verdict verdict)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, file.Path.Bytes);
        Add(hash, file.Identity.Major);
        Add(hash, file.Identity.Minor);
        Add(hash, file.Identity.Inode);
        Add(hash, (ulong)file.ChangedAt.Seconds);
        Add(hash, file.ChangedAt.Nanoseconds);
        Add(hash, (ulong)file.ModifiedAt.Seconds);
        Add(hash, file.ModifiedAt.Nanoseconds);
        Add(hash, (ulong)file.Size);
        Add(hash, file.LinkCount);
        Add(hash, file.Uid);
        Add(hash, file.Gid);
        Add(hash, file.Mode);
        Add(hash, (ulong)file.Kind);
        Add(hash, file.Content.Bytes);
        Add(hash, (ulong)verdict.Word);
        Add(hash, (ulong)verdict.Kind);
        Add(hash, Encoding.UTF8.GetBytes(string.Join(',', verdict.Systems)));
        Add(hash, (ulong)(verdict.Owner.Pid ?? 0));
        // Who agreed to a takeover has not agreed to the weaker protocol.
        if (verdict.MayNeedWeaker)
            Add(hash, Encoding.UTF8.GetBytes(WeakerProtocol.Word));
        foreach (var evidence in verdict.Evidence)
        {
            // Known to an agent that was watching and to no other. Where it forbids an act, the verdict itself is another.
            if (evidence.Question == Questions.CreatorRunning)
                continue;
            Add(hash, Encoding.UTF8.GetBytes(evidence.Question));
            Add(hash, (ulong)evidence.Answer);
        }
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The same for one process's part in a lock.</summary>
    /// <param name="key">Key of the finding.</param>
    public static string OfParty(string key, ProcessIdentity process, Verdict verdict)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, Encoding.UTF8.GetBytes(key));
        Add(hash, process.BootId.ToByteArray());
        Add(hash, (ulong)process.Pid);
        Add(hash, process.StartTicks);
        Add(hash, (ulong)verdict.Word);
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The same for an open file without a name.</summary>
    public static string OfGhost(ProcessIdentity process, int descriptor, FileIdentity file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, process.BootId.ToByteArray());
        Add(hash, (ulong)process.Pid);
        Add(hash, process.StartTicks);
        Add(hash, (ulong)descriptor);
        Add(hash, file.Major);
        Add(hash, file.Minor);
        Add(hash, file.Inode);
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Every field carries its length: no two lists of fields give the same bytes.
    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> field)
    {
        Add(hash, (ulong)field.Length);
        hash.AppendData(field);
    }

    private static void Add(IncrementalHash hash, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        hash.AppendData(bytes);
    }
}
