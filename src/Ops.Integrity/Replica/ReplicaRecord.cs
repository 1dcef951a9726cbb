namespace Ops.Integrity;

/// <summary>What one host's index says of one message, as another host is asked to compare it. Nothing in it is content.</summary>
/// <param name="Updated">Seconds since 1970 when the record was last written.</param>
/// <param name="InternalDate">Seconds since 1970.</param>
/// <param name="IsGone">Expunged: the record may disappear on one host before the other, by each host's own <c>cyr_expire</c>.</param>
public readonly record struct ReplicaRecord(uint Uid, ulong Size, MessageGuid Digest, long Updated, long InternalDate, bool IsGone)
{
    public static ReplicaRecord Of(CyrusRecord record) => new(record.Uid, record.Size, record.Digest, record.LastUpdated, record.InternalDate, record.IsExpunged || record.IsUnlinked);
}

/// <summary>The records of 256 UIDs in one line.</summary>
/// <param name="Number">The UID without its last eight bits.</param>
/// <param name="Count">Messages in it that are not expunged.</param>
/// <param name="Hash">Of their UIDs, sizes and GUIDs, in hexadecimal.</param>
/// <param name="Records">Null where only the hash was sent.</param>
public sealed record ReplicaBlock(uint Number, int Count, string Hash, IReadOnlyList<ReplicaRecord>? Records);

/// <summary>One mailbox.</summary>
/// <param name="UniqueId">The same on both hosts, and after a rename; the name where <c>cyrus.header</c> has none.</param>
/// <param name="Count">Messages that are not expunged.</param>
/// <param name="Hash">Of the hashes of its blocks.</param>
/// <param name="Blocks">In ascending order; without those that have no message.</param>
public sealed record ReplicaMailbox(string UniqueId, string Name, uint UidValidity, uint LastUid, int Count, string Hash, IReadOnlyList<ReplicaBlock> Blocks);

/// <summary>The mailboxes of one host.</summary>
/// <param name="TakenAt">When the first index was read.</param>
/// <param name="IsWhole">Whether it has every mailbox: an answer has only those that differ.</param>
/// <param name="NotSeen">Mailboxes that could not be read.</param>
public sealed record ReplicaDigest(string Host, DateTimeOffset TakenAt, bool IsWhole, int NotSeen, IReadOnlyList<ReplicaMailbox> Mailboxes);
