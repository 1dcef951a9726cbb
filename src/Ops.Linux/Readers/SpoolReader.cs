using Ops.Locks;

namespace Ops.Linux;

/// <summary>The files directly in a spool directory that no convention knows: its mailboxes, and whatever else was put there.</summary>
public static class SpoolReader
{
    /// <summary>Directory and files, at most <paramref name="limit"/>; null when the directory cannot be read.</summary>
    public static (DirectoryFacts Directory, IReadOnlyList<FileFacts> Files)? Read(FilePath path, int limit)
    {
        if (!FileDescriptor.OpenDirectory(path.Bytes).TryGet(out var directory))
            return null;
        using (directory)
        {
            if (!directory.Stat().TryGet(out var status))
                return null;
            var place = ArtefactReader.PlaceOf(path);
            List<FileFacts> files = [];
            Listing.ForEach(directory, (name, _, kind) =>
            {
                if (files.Count < limit && kind is FileKind.Regular or FileKind.Unknown && name is not [(byte)'.', ..] && !ConventionMatcher.IsCandidate(place, name)
                    && directory.Stat(name).TryGet(out var file) && file.Kind == FileKind.Regular)
                {
                    files.Add(file.ToFacts(path.Join(name), FileContent.NotRead("not asked for")));
                }
            });
            return (ArtefactReader.FactsOf(path, status), files);
        }
    }
}
