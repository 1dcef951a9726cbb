using Ops.Locks;

namespace Ops.Linux;

/// <summary>The candidates of directories whose names mean something else than before.</summary>
public static class ListedNames
{
    /// <exception cref="OperationCanceledException">At the next directory after <paramref name="stop"/>.</exception>
    public static List<FilePath> In(IEnumerable<ChangedDirectory> directories, IReadOnlyList<Mount> mounts, IReadOnlyList<ScanRoot> roots, CandidateFilter isCandidate, CancellationToken stop)
    {
        HashSet<FilePath> names = [];
        foreach (var directory in directories.Where(d => !d.IsGone || d.IsDeep))
        {
            if (directory.IsDeep)
            {
                var walk = new NameWalk(mounts, roots, isCandidate);
                walk.Start(directory.Path);
                while (walk.Step(out var found))
                {
                    stop.ThrowIfCancellationRequested();
                    names.UnionWith(found);
                }
                continue;
            }
            foreach (var inner in PlaceNames.Dependent.Select(n => directory.Path.Join(n)))
            {
                stop.ThrowIfCancellationRequested();
                if (!FileDescriptor.OpenDirectory(inner.Bytes).TryGet(out var opened))
                    continue;
                using (opened)
                {
                    var place = ArtefactReader.PlaceOf(inner);
                    Listing.ForEach(opened, (name, _, _) =>
                    {
                        if (isCandidate(place, name))
                            names.Add(inner.Join(name));
                    }, stop);
                }
            }
        }
        return [.. names];
    }
}
