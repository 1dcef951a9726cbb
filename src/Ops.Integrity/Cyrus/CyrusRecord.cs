namespace Ops.Integrity;

/// <summary>What the index says of one message.</summary>
/// <param name="Size">Bytes of the file.</param>
/// <param name="Flags">System flags; without the high ones in versions that do not have them.</param>
/// <param name="LastUpdated">Seconds since 1970 when the record was last written.</param>
/// <param name="InternalDate">Seconds since 1970. Cyrus gives the file this modification time.</param>
public readonly record struct CyrusRecord(uint Uid, ulong Size, MessageGuid Digest, uint Flags, long LastUpdated, long InternalDate)
{
    /// <summary>Flags of the record that say something about its file.</summary>
    internal const uint FileFlags = 0xF0000000;

    /// <summary>Expunged for clients; the file stays until it is unlinked as well.</summary>
    public bool IsExpunged => (Flags & (1u << 31)) != 0;

    /// <summary>Its file may be gone at any time.</summary>
    public bool IsUnlinked => (Flags & (1u << 30)) != 0;

    /// <summary>Its file is in the archive partition (3.0 and later).</summary>
    public bool IsArchived => (Flags & (1u << 29)) != 0;
}
