namespace Ops.Integrity;

/// <summary>What is wrong with a message.</summary>
public enum CheckKind
{
    /// <summary>The file has another size than its index says.</summary>
    Size,

    /// <summary>The size is right, the SHA-1 of the bytes is not the GUID of the index.</summary>
    Content,

    /// <summary>The index names a message that has no file.</summary>
    Missing,

    /// <summary>A file that no index names.</summary>
    Extra,

    /// <summary>Two records name one inode and say different things of it.</summary>
    Names,

    /// <summary>A file of many messages that is not built as its format is.</summary>
    Framing,
}

/// <param name="First">The first fault in the file.</param>
/// <param name="Count">How many there are.</param>
public sealed record SpoolDamage(SpoolFault First, long Count);

/// <summary>The file of a message as it was seen.</summary>
/// <param name="Key">What names it in its mailbox as long as it is there: its name; for a Maildir the name without folder and flags.</param>
public sealed record StoredFile(string Key, FileIdentity Identity, uint LinkCount, long Size, FileTime Changed, FileTime Modified)
{
    /// <summary>Where it was seen, when the key does not say.</summary>
    public FilePath? SeenAt { get; init; }

    /// <summary>Whether both looks saw the same bytes. The change time may differ: a name more or less moves it.</summary>
    internal bool HasSameBytes(StoredFile other) => Identity == other.Identity && Size == other.Size && Modified == other.Modified;
}

/// <summary>What an index says of a message.</summary>
/// <param name="Uid">Null where the index is the name of the file itself.</param>
/// <param name="Digest">Null where it keeps none.</param>
public sealed record IndexClaim(uint? Uid, ulong? Size, MessageGuid? Digest)
{
    public static IndexClaim Of(CyrusRecord record) => new(record.Uid, record.Size, record.Digest.IsZero ? null : record.Digest);
}

/// <summary>Something that looked wrong once.</summary>
/// <param name="Key">As of its file.</param>
/// <param name="Claim">Null for an extra file.</param>
/// <param name="File">Null for a missing one.</param>
/// <param name="Digest">SHA-1 of its bytes; null when they were not read.</param>
/// <param name="LineSize">For a Maildir with <c>W=</c>: what was counted.</param>
public sealed record Suspect(CheckKind Kind, string Key, IndexClaim? Claim, StoredFile? File, MessageGuid? Digest = null, long? LineSize = null)
{
    /// <summary>For a file of many messages; null for any other.</summary>
    public SpoolDamage? Framing { get; init; }
}
