namespace Ops.Web.Shared;

/// <summary>Evidence for a reader: what decides first, the rest in the order of the agent.</summary>
/// <param name="Deciding">What rules out an act, then what is unknown, then whose the file or lock is and who uses it.</param>
internal sealed record EvidenceOrder(IReadOnlyList<FindingEvidence> Deciding, IReadOnlyList<FindingEvidence> Rest)
{
    // Folding away one or two lines hides more than it saves.
    private const int LeastFolded = 3;

    private static readonly HashSet<string> OfOwnersAndUsers = new(StringComparer.Ordinal)
    {
        Questions.OwnerNamed, Questions.OwnerRunning, Questions.SameProcess, Questions.AfterBoot, Questions.OwnersRule, Questions.GuardHeld, Questions.PathCurrent,
        Questions.SameLock, Questions.WaitsFor, Questions.FileOpen, Questions.FileLocked, Questions.MailboxOpen, Questions.MailboxLocked,
    };

    public static EvidenceOrder Of(IReadOnlyList<FindingEvidence> evidence)
    {
        // Stable: within a rank the order of the agent stays.
        var ordered = evidence.OrderBy(Rank).ToList();
        var deciding = ordered.FindIndex(e => Rank(e) == Ranks.Rest);
        return deciding <= 0 || ordered.Count - deciding < LeastFolded ? new(ordered, []) : new(ordered[..deciding], ordered[deciding..]);
    }

    private static Ranks Rank(FindingEvidence evidence) => evidence switch
    {
        { Blocks: true } => Ranks.RulesOut,
        { Answer: not ("yes" or "no") } => Ranks.Unknown,
        _ => OfOwnersAndUsers.Contains(evidence.Question) ? Ranks.OwnersAndUsers : Ranks.Rest,
    };

    private enum Ranks { RulesOut, Unknown, OwnersAndUsers, Rest }
}
