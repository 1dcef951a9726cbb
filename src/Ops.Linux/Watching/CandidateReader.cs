using Ops.Locks;

namespace Ops.Linux;

/// <summary>Looks at names that are known, as <see cref="StoreScanner"/> looks at those that it finds: it lists no directory but those whose candidates have several names.</summary>
public static class CandidateReader
{
    /// <param name="names">All candidates of each of their directories: what belongs together is found among them.</param>
    /// <param name="roots">Where a directory that is reached through a symbolic link may really be.</param>
    /// <exception cref="OperationCanceledException">At the next directory after <paramref name="stop"/>.</exception>
    public static CandidatesRead Read(ArtefactReader reader, IEnumerable<FilePath> names, IReadOnlyList<ScanRoot> roots, CancellationToken stop)
    {
        var (drafts, gone, removed, gaps) = (new List<ArtefactReader.Draft>(), new List<FilePath>(), new List<FilePath>(), new List<ScanGap>());
        foreach (var group in names.GroupBy(n => n.Parent).OrderBy(g => g.Key))
        {
            stop.ThrowIfCancellationRequested();
            if (FileDescriptor.OpenDirectory(group.Key.Bytes).TryGet(out var directory, out var error))
            {
                using (directory)
                    ReadDirectory(reader, directory, group, null, drafts, removed, gaps);
            }
            else if (error != Errno.SymbolicLink)
            {
                Miss(group, error, gone, gaps);
            }
            else if (LinkedDirectory.Open(group.Key, roots, out var real) is { } linked)
            {
                using (linked)
                    ReadDirectory(reader, linked, group, real, drafts, gone, gaps);
            }
            else
            {
                gone.AddRange(group);
            }
        }
        ArtefactReader.FindTwinsElsewhere(drafts);
        return new CandidatesRead([.. drafts.Select(d => d.ToFacts())], [.. gone, .. removed], removed, gaps);
    }

    private static void ReadDirectory(
        ArtefactReader reader, FileDescriptor directory, IGrouping<FilePath, FilePath> names, FilePath? real, List<ArtefactReader.Draft> found, List<FilePath> gone, List<ScanGap> gaps)
    {
        if (!directory.Stat().TryGet(out var status, out var error))
        {
            Miss(names, error, gone, gaps);
            return;
        }
        var (place, facts) = (ArtefactReader.PlaceOf(names.Key), ArtefactReader.FactsOf(names.Key, status));
        if (real is not null)
            facts = facts with { ReachedThrough = names.Key, RealPath = real };
        List<ArtefactReader.Draft> here = [];
        foreach (var name in names)
        {
            if (!reader.ReadDraft(directory, facts, place, name.Name.ToArray()).TryGet(out var draft, out error))
                Miss([name], error, gone, gaps);
            // What is around it may have changed what its name means.
            else if (ConventionMatcher.IsCandidate(place, name.Name))
                here.Add(draft);
        }
        ArtefactReader.FindTwins(directory, facts, place, here);
        ArtefactReader.FindSiblings(here);
        found.AddRange(here);
    }

    private static void Miss(IEnumerable<FilePath> names, Errno error, List<FilePath> gone, List<ScanGap> gaps)
    {
        if (error is Errno.NotFound or Errno.NotADirectory)
            gone.AddRange(names);
        else
            gaps.AddRange(names.Select(n => new ScanGap(n, error, ArtefactReader.Words(error))));
    }
}

/// <summary>What was at the names of the book.</summary>
/// <param name="Gone">Names at which nothing is.</param>
/// <param name="Removed">Those of them that were removed from a directory which is still there: the kernel has an event for each. A symbolic link through which others were seen is not watched.</param>
/// <param name="Gaps">Names that could not be looked at.</param>
public sealed record CandidatesRead(IReadOnlyList<ArtefactFacts> Found, IReadOnlyList<FilePath> Gone, IReadOnlyList<FilePath> Removed, IReadOnlyList<ScanGap> Gaps);
