namespace Ops.Locks;

/// <summary>
/// What becomes of a file that names no owner, when none is found either: nobody has it, or what it guards, open or locked. The classifiers decide by it, and the table of
/// conventions shows it, so that the two cannot drift apart.
/// </summary>
/// <param name="Word"><see cref="VerdictWord.Refused"/>, <see cref="VerdictWord.Stale"/>, <see cref="VerdictWord.Orphan"/> or <see cref="VerdictWord.NotALock"/>.</param>
/// <param name="After">Age by every clock that it must have reached first; null where no age counts.</param>
/// <param name="NeedsMailbox">Only where the mailbox that it guards was found.</param>
/// <param name="Why">For a refusal, the reason, as a clause.</param>
public sealed record OwnerlessRule(VerdictWord Word, TimeSpan? After = null, bool NeedsMailbox = false, string? Why = null)
{
    /// <summary>Of all conventions that fit one file: the most cautious counts, in the order of <see cref="ArtefactClassifier"/>.</summary>
    public static OwnerlessRule Of(IReadOnlyCollection<Convention> fits) =>
        fits.Any(c => c is NotALock or MbxLock) ? new(VerdictWord.NotALock)
        : fits.OfType<StagingFile>().ToList() is { Count: > 0 } staged ? OfStaged(staged)
        : fits.OfType<DotLock>().ToList() is { Count: > 0 } locks ? OfLocks(locks)
        : fits.OfType<PidFile>().Any() ? new(VerdictWord.Refused, Why: "its text is no pid")
        : new(VerdictWord.Refused, Why: fits.OfType<LookAlike>().FirstOrDefault()?.Why.TrimEnd('.') ?? "no known program makes such a file");

    /// <summary>For a lock by existence.</summary>
    internal static OwnerlessRule OfLocks(IReadOnlyCollection<DotLock> conventions) =>
        conventions.Any(c => c.LeavesNoTrace)
            ? new(VerdictWord.Refused, Why: "it names no owner, and a living one leaves no trace that could be looked for: no age proves anything")
            : new(VerdictWord.Stale, conventions.Select(c => c.StaleAfter ?? TimeSpan.Zero).Append(JudgingOptions.EveryMailersAge).Max(), conventions.Any(c => c.MayGuardAnything));

    /// <summary>For a staging or temporary file.</summary>
    internal static OwnerlessRule OfStaged(IReadOnlyCollection<StagingFile> conventions) =>
        // Only the holder of the guarding lock writes it: without one it has no owner, and age adds nothing unless the system has an age for it as well.
        conventions.All(c => c.HasGuard && c.OrphanByAge is null) ? new(VerdictWord.Orphan)
        : conventions.Any(c => c.OrphanByAge is null)
            ? new(VerdictWord.Refused, Why: "its name tells no owner, and its system has no age from which nobody can be using it")
        : new(VerdictWord.Orphan, conventions.Max(c => c.OrphanByAge));
}
