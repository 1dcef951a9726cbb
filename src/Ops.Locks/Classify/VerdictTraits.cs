namespace Ops.Locks;

/// <summary>What a verdict means for the code that counts, remembers and explains findings.</summary>
/// <param name="LosesMail">Mail is being lost, or will be when the program behind it goes on.</param>
/// <param name="HasLivingOwner">A living program is behind it.</param>
/// <param name="OwnerIsGone">The owner is proven gone.</param>
/// <param name="KeepsOut">While it is there, other programs do not get at the mailbox, or must not.</param>
public sealed record VerdictTraits(bool LosesMail = false, bool HasLivingOwner = false, bool OwnerIsGone = false, bool KeepsOut = false)
{
    // Without a default: a new verdict does not compile until it has its traits.
#pragma warning disable CS8524
    public static VerdictTraits Of(VerdictWord word) => word switch
    {
        VerdictWord.Held => new(HasLivingOwner: true, KeepsOut: true),
        VerdictWord.Waiting => new(HasLivingOwner: true),
        VerdictWord.Stale => new(OwnerIsGone: true, KeepsOut: true),
        VerdictWord.Orphan or VerdictWord.OrphanLinked => new(OwnerIsGone: true),
        VerdictWord.GhostWrite or VerdictWord.SplitBrain => new(LosesMail: true, HasLivingOwner: true, KeepsOut: true),
        VerdictWord.NotALock or VerdictWord.Mismatch or VerdictWord.Refused => new(),
    };
#pragma warning restore CS8524
}
