namespace Ops.Integrity;

/// <summary>What differs between two hosts.</summary>
public enum ReplicaCheck
{
    /// <summary>Both have the UID, with another size or GUID. A UID never gets other content: one of them is wrong.</summary>
    Content,

    /// <summary>This host has the message, and the other had given out higher UIDs without it.</summary>
    OnlyHere,

    /// <summary>The other way round.</summary>
    OnlyThere,

    /// <summary>A whole mailbox that only this host has.</summary>
    MailboxOnlyHere,

    /// <summary>A whole mailbox that only the other host has.</summary>
    MailboxOnlyThere,

    /// <summary>UIDs were given out from the beginning on one of them: messages cannot be compared.</summary>
    UidValidity,

    /// <summary>The 256 UIDs differ, and the digest of the other host has only their hash.</summary>
    Block,
}

/// <param name="Uid">Null for a mailbox; the first of 256 for a block.</param>
public sealed record ReplicaDifference(ReplicaCheck Check, string UniqueId, string Mailbox, uint? Uid, ReplicaRecord? Here, ReplicaRecord? There);

/// <summary>One comparison.</summary>
/// <param name="Differences">By name of the mailbox and UID.</param>
/// <param name="Equal">Mailboxes without a difference.</param>
/// <param name="Newer">Messages above the last UID of the other host: on their way to it, or waiting for a replication that does not run.</param>
public sealed record ReplicaComparison(IReadOnlyList<ReplicaDifference> Differences, int Equal, long Messages, long Newer);

/// <summary>Compares what two hosts say of their mailboxes.</summary>
public static class ReplicaCompare
{
    public static ReplicaComparison Compare(ReplicaDigest here, ReplicaDigest there)
    {
        var others = there.Mailboxes.ToDictionary(m => m.UniqueId, StringComparer.Ordinal);
        List<ReplicaDifference> differences = [];
        var (equal, newer) = (0, 0L);
        foreach (var mailbox in here.Mailboxes)
        {
            if (!others.Remove(mailbox.UniqueId, out var other))
            {
                // An answer has only what differs, and a host that could not read a mailbox does not say that it has none.
                if (!there.IsWhole)
                    equal++;
                else if (there.NotSeen == 0)
                    differences.Add(OfMailbox(ReplicaCheck.MailboxOnlyHere, mailbox));
                continue;
            }
            var before = differences.Count;
            if (mailbox.UidValidity != other.UidValidity)
                differences.Add(OfMailbox(ReplicaCheck.UidValidity, mailbox));
            else if (mailbox.Hash != other.Hash)
                newer += Blocks(mailbox, other, there.IsWhole, differences);
            if (differences.Count == before)
                equal++;
        }
        if (here is { IsWhole: true, NotSeen: 0 })
            differences.AddRange(others.Values.Select(m => OfMailbox(ReplicaCheck.MailboxOnlyThere, m)));
        // Directories have no order, and people look for a name.
        differences = [.. differences.OrderBy(d => d.Mailbox, StringComparer.Ordinal).ThenBy(d => d.UniqueId, StringComparer.Ordinal).ThenBy(d => d.Uid)];
        return new ReplicaComparison(differences, equal, here.Mailboxes.Sum(m => (long)m.Count), newer);
    }

    /// <summary>What the other host needs to compare message by message: of the mailboxes that differ, the blocks that do, with their records.</summary>
    public static ReplicaDigest Answer(ReplicaDigest here, ReplicaDigest there)
    {
        var others = there.Mailboxes.ToDictionary(m => m.UniqueId, StringComparer.Ordinal);
        return here with
        {
            IsWhole = false,
            Mailboxes = [.. here.Mailboxes.Select(m => (Mine: m, Other: others.GetValueOrDefault(m.UniqueId))).Where(m => m.Other?.Hash != m.Mine.Hash).Select(m => Differing(m.Mine, m.Other))],
        };
    }

    /// <summary>Differences that a later look saw in the same way, as it saw them. The others were mail that came or went.</summary>
    public static IReadOnlyList<ReplicaDifference> Confirmed(ReplicaComparison first, ReplicaComparison second)
    {
        var before = first.Differences.Select(What).ToHashSet();
        return [.. second.Differences.Where(d => before.Contains(What(d)))];
    }

    /// <summary>Why the second of two digests cannot confirm what the first one differs in; null when it can.</summary>
    public static string? WhyNoConfirmation(ReplicaDigest first, ReplicaDigest second)
    {
        if (first.Host != second.Host)
            return $"one is of {FilePath.Escape(first.Host)}, the other of {FilePath.Escape(second.Host)}";
        if (first.TakenAt >= second.TakenAt)
            return "the second one was not taken later than the first";
        // A hash of 256 UIDs and a message in it would never be the same difference, and all of them would be dropped.
        return HasAll(first) && HasAll(second) ? null : "both have to be whole, with each message: take them without --brief and --against";
    }

    private static bool HasAll(ReplicaDigest digest) => digest.IsWhole && digest.Mailboxes.All(m => m.Blocks.All(b => b.Count == 0 || b.Records is not null));

    // A flag that is set in between gives the record another time, and a rename gives the mailbox another name: the difference is the same one.
    private static (ReplicaCheck Check, string UniqueId, uint? Uid, (ulong Size, MessageGuid Digest)? Here, (ulong Size, MessageGuid Digest)? There) What(ReplicaDifference difference) =>
        (difference.Check, difference.UniqueId, difference.Uid, Bytes(difference.Here), Bytes(difference.There));

    private static (ulong Size, MessageGuid Digest)? Bytes(ReplicaRecord? record) => record is { } known ? (known.Size, known.Digest) : null;

    private static ReplicaMailbox Differing(ReplicaMailbox mailbox, ReplicaMailbox? other)
    {
        // That it is there is all that the other host needs to know of a mailbox that it does not have.
        if (other is null)
            return mailbox with { Blocks = [] };
        var known = other.Blocks.ToDictionary(b => b.Number, b => b.Hash);
        return mailbox with { Blocks = [.. mailbox.Blocks.Where(b => known.GetValueOrDefault(b.Number) != b.Hash).Concat(Emptied(mailbox, known.Keys)).OrderBy(b => b.Number)] };
    }

    // A block that only the other host has is an answer, too: none of its messages is here.
    private static IEnumerable<ReplicaBlock> Emptied(ReplicaMailbox mailbox, IEnumerable<uint> known) =>
        known.Except(mailbox.Blocks.Select(b => b.Number)).Select(number => ReplicaHash.Block(number, []));

    private static long Blocks(ReplicaMailbox mailbox, ReplicaMailbox other, bool isWhole, List<ReplicaDifference> differences)
    {
        var (mine, theirs) = (mailbox.Blocks.ToDictionary(b => b.Number), other.Blocks.ToDictionary(b => b.Number));
        var newer = 0L;
        foreach (var number in mine.Keys.Union(theirs.Keys).Order())
        {
            var (here, there) = (mine.GetValueOrDefault(number), theirs.GetValueOrDefault(number));
            // An answer leaves out the blocks that are equal; in a whole digest no block means no message.
            if (here?.Hash == there?.Hash || (there is null && !isWhole))
                continue;
            if (here is { Records: null, Count: > 0 } || there is { Records: null, Count: > 0 })
                differences.Add(new ReplicaDifference(ReplicaCheck.Block, mailbox.UniqueId, mailbox.Name, number << ReplicaHash.BlockBits, null, null));
            else
                newer += Records(mailbox, other, here?.Records ?? [], there?.Records ?? [], differences);
        }
        return newer;
    }

    private static long Records(ReplicaMailbox mailbox, ReplicaMailbox other, IReadOnlyList<ReplicaRecord> here, IReadOnlyList<ReplicaRecord> there, List<ReplicaDifference> differences)
    {
        var newer = 0L;
        var theirs = there.ToDictionary(r => r.Uid);
        foreach (var record in here)
        {
            if (theirs.Remove(record.Uid, out var their))
            {
                // Expunged on one of them is a flag that travels; other content under one UID is not.
                if (record.Size != their.Size || !SameBytes(record.Digest, their.Digest))
                    differences.Add(new ReplicaDifference(ReplicaCheck.Content, mailbox.UniqueId, mailbox.Name, record.Uid, record, their));
            }
            else if (!record.IsGone)
            {
                newer += Alone(other.LastUid, new ReplicaDifference(ReplicaCheck.OnlyHere, mailbox.UniqueId, mailbox.Name, record.Uid, record, null), differences);
            }
        }
        foreach (var record in theirs.Values.Where(r => !r.IsGone).OrderBy(r => r.Uid))
            newer += Alone(mailbox.LastUid, new ReplicaDifference(ReplicaCheck.OnlyThere, mailbox.UniqueId, mailbox.Name, record.Uid, null, record), differences);
        return newer;
    }

    private static bool SameBytes(MessageGuid one, MessageGuid other) => one.IsZero || other.IsZero || one == other;

    // Above the last UID of the side that does not have it, a message is newer, and no difference.
    private static int Alone(uint lastUid, ReplicaDifference difference, List<ReplicaDifference> differences)
    {
        if (difference.Uid > lastUid)
            return 1;
        differences.Add(difference);
        return 0;
    }

    private static ReplicaDifference OfMailbox(ReplicaCheck check, ReplicaMailbox mailbox) => new(check, mailbox.UniqueId, mailbox.Name, null, null, null);
}
