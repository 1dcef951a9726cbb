namespace Ops.Locks;

/// <summary>
/// What becomes of a file that names no owner, when none is found either: no process has it, or what it guards, open or locked. The classifiers decide by it, and the table of
/// conventions shows it, so that the two cannot drift apart.
/// </summary>
/// <param name="Word"><see cref="VerdictWord.Refused"/>, <see cref="VerdictWord.Stale"/>, <see cref="VerdictWord.Orphan"/> or <see cref="VerdictWord.NotALock"/>.</param>
/// <param name="After">Age by every clock that it must have reached first; null where no age counts.</param>
/// <param name="NeedsMailbox">Only where the mailbox that it guards was found.</param>
/// <param name="Why">For a refusal, the reason, as a clause.</param>
public sealed record OwnerlessRule(VerdictWord Word, TimeSpan? After = null, bool NeedsMailbox = false, string? Why = null)
{
    /// <summary>Of all conventions that fit one file: the most cautious counts, in the order of <see cref="ArtefactClassifier"/>.</summary>
    public static OwnerlessRule Of(IReadOnlyCollection<Convention> fits, FileFacts? file = null) =>
        fits.Any(c => c is NotALock or MbxLock) ? new(VerdictWord.NotALock)
        : fits.OfType<StagingFile>().ToList() is { Count: > 0 } staged ? OfStaged(staged)
        : fits.OfType<DotLock>().ToList() is { Count: > 0 } locks ? OfLocks(locks, file)
        : fits.OfType<PidFile>().Any() ? new(VerdictWord.Refused, Why: "its text is not a pid")
        : new(VerdictWord.Refused, Why: fits.OfType<LookAlike>().FirstOrDefault()?.Why.TrimEnd('.') ?? "no known program makes such a file");

    /// <summary>
    /// For a lock by existence. Age and absence prove nothing by themselves: only where the looks say for certain which programs can have made it, where one of them takes it
    /// away by age while a living owner of any other would be seen, and where there is a mailbox on which that owner would be seen.
    /// </summary>
    internal static OwnerlessRule OfLocks(IReadOnlyCollection<DotLock> conventions, FileFacts? file)
    {
        var makers = Makers(conventions, file);
        var doubt =
            conventions.Any(c => c.LeavesNoTrace) ? "it names no owner, and a living one leaves no trace that could be looked for: no age proves anything"
            : makers.Count == 0 ? "an empty file of this mode may be the lock of any program or script: nothing says whose"
            : makers.All(c => c.StaleAfter is null) ? "it names no owner, and none of the programs that make such a lock removes it by its age"
            : makers.Any(c => c is { StaleAfter: null, AlsoLocksMailbox: false }) ? "it names no owner, and a program that makes such a lock keeps it at any age with nothing open"
            : null;
        return doubt is not null
            ? new(VerdictWord.Refused, Why: doubt)
            // What no other program makes needs no mailbox with mail in it.
            : new(VerdictWord.Stale, makers.Select(c => c.StaleAfter ?? TimeSpan.Zero).Append(JudgingOptions.EveryMailersAge).Max(), makers.Any(c => c.IsGeneral));
    }

    /// <summary>Those that can have made it as it is. An empty file says nothing but its mode.</summary>
    internal static IReadOnlyCollection<DotLock> Makers(IReadOnlyCollection<DotLock> conventions, FileFacts? file) =>
        file is null or { Size: > 0 } || conventions.All(c => !c.IsGeneral) ? conventions : [.. conventions.Where(c => c.UsualModes.Contains(file.Mode))];

    /// <summary>For a staging or temporary file.</summary>
    internal static OwnerlessRule OfStaged(IReadOnlyCollection<StagingFile> conventions) =>
        // Only the holder of the guarding lock writes it: without one it has no owner, and age adds nothing unless the system has an age for it as well.
        conventions.All(c => c.HasGuard && c.OrphanByAge is null) ? new(VerdictWord.Orphan)
        : conventions.Any(c => c.OrphanByAge is null)
            ? new(VerdictWord.Refused, Why: "its name gives no owner, and its system has no age after which it can no longer be in use")
        : new(VerdictWord.Orphan, conventions.Max(c => c.OrphanByAge));
}
