using System.Collections.Immutable;

namespace Ops.Integrity;

/// <summary>A message that is not what its index says, seen twice.</summary>
/// <param name="System"><c>cyrus</c>, <c>maildir</c>, <c>sdbox</c>, <c>mbox</c>, <c>mmdf</c> or <c>babyl</c>.</param>
/// <param name="Mailbox">Directory of the mailbox, or the file that holds all its messages.</param>
/// <param name="MailboxName">As the mail system calls it; null when it was not read.</param>
public sealed record Damage(string System, FilePath Mailbox, string? MailboxName, Suspect Suspect)
{
    /// <summary>Other names of the inode below the roots, with what the index says there.</summary>
    public IReadOnlyList<NamedMessage> OtherNames { get; init; } = [];

    /// <summary>Staging names that are the same inode.</summary>
    public IReadOnlyList<FilePath> StagedAs { get; init; } = [];

    /// <summary>The file, or where it should be.</summary>
    public FilePath Path => Suspect.File?.SeenAt ?? Mailbox.Join(Suspect.Key);
}

/// <summary>What an audit saw, counted.</summary>
public sealed record AuditCounts
{
    public long Mailboxes { get; init; }

    /// <summary>Messages that an index or a name says something about, and that have a file here.</summary>
    public long Messages { get; init; }

    /// <summary>Messages of which the bytes were read.</summary>
    public long Read { get; init; }

    /// <summary>With those of later looks.</summary>
    public long ReadBytes { get; init; }

    /// <summary>Why messages were read. Each counts once, by the first reason that holds.</summary>
    public ImmutableDictionary<ReadReason, long> Reasons { get; init; } = [];

    /// <summary>Messages to whose bytes nothing can be compared: the index keeps no SHA-1, or the name no line size.</summary>
    public long WithoutDigest { get; init; }

    /// <summary>Files of a Maildir of which neither the name nor the list of UIDs says a size.</summary>
    public long WithoutSize { get; init; }

    /// <summary>Messages in an archive partition, which is not looked at.</summary>
    public long Archived { get; init; }

    /// <summary>Files of a Maildir that are compressed or encrypted: the sizes in their names are not those of the file.</summary>
    public long Encoded { get; init; }

    /// <summary>Messages that agree with their index and have been written again after they arrived, by their modification time: where <c>reconstruct</c> ran, agreement proves nothing.</summary>
    public long WrittenAgain { get; init; }

    /// <summary>Differences that a second look did not confirm: messages that came, went or moved.</summary>
    public long Settled { get; init; }

    /// <summary>Differences that changed with every look, and are not reported.</summary>
    public long Unsettled { get; init; }

    /// <summary>Maildirs whose <c>maildirsize</c> says another sum than their files come to. A remark: its writers count again only now and then.</summary>
    public long OtherSums { get; init; }

    /// <summary>Files of many messages: mbox, MMDF and Babyl.</summary>
    public long Spools { get; init; }

    /// <summary>Those of them that were read from beginning to end. Of the others only both ends were.</summary>
    public long SpoolsRead { get; init; }

    /// <summary>Messages in those that were read.</summary>
    public long SpoolMessages { get; init; }

    public SpoolRemarks SpoolRemarks { get; init; }

    public TimeSpan Duration { get; init; }
}

/// <summary>The result of an audit.</summary>
/// <param name="NotSeen">What was left out, and why; never empty when something was.</param>
/// <param name="Cycle">How fast process numbers come round; null when no staging name is linked to a message, and so nothing was measured.</param>
public sealed record StoreReport(IReadOnlyList<Damage> Damages, IReadOnlyList<StageHazard> Hazards, AuditCounts Counts, IReadOnlyList<string> NotSeen, PidCycle? Cycle);
