namespace Ops.Integrity;

/// <summary>One name of an inode that is a message, with what the index there says.</summary>
/// <param name="Mailbox">Directory of the mailbox.</param>
public sealed record NamedMessage(FilePath Mailbox, string Key, FileIdentity Identity, IndexClaim Claim);

/// <summary>The rule for messages that several mailboxes share: one inode has one content, so all its records must say the same. A single-instance store and COPY make such names, and their records agree.</summary>
public static class NameGroups
{
    /// <summary>Groups of names of one inode whose records do not agree. The strongest sign of a staging file that was written again under a message.</summary>
    public static IReadOnlyList<IReadOnlyList<NamedMessage>> Disagreeing(IEnumerable<NamedMessage> messages) =>
        [.. messages.GroupBy(m => m.Identity).Where(g => g.Skip(1).Any(m => !Agree(g.First().Claim, m.Claim)) || g.Select(m => m.Claim.Digest).OfType<MessageGuid>().Distinct().Skip(1).Any()).Select(g => (IReadOnlyList<NamedMessage>)[.. g])];

    // A GUID that one of them does not keep says nothing; the size does.
    private static bool Agree(IndexClaim one, IndexClaim other) => one.Size == other.Size && (one.Digest is null || other.Digest is null || one.Digest == other.Digest);
}
