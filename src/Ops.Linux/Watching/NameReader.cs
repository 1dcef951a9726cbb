using Ops.Locks;

namespace Ops.Linux;

/// <summary>Close looks at single names, as <see cref="ArtefactReader.Read"/> takes them, but each directory is listed once, however many of its names are looked at.</summary>
public static class NameReader
{
    /// <param name="names">By their real paths: a directory that is reached through a symbolic link has none of them.</param>
    /// <exception cref="OperationCanceledException">At the next directory after <paramref name="stop"/>.</exception>
    public static NamesRead Read(ArtefactReader reader, IEnumerable<FilePath> names, CancellationToken stop)
    {
        var (drafts, unread) = (new List<ArtefactReader.Draft>(), new HashSet<FilePath>());
        foreach (var group in names.GroupBy(n => n.Parent))
        {
            stop.ThrowIfCancellationRequested();
            if (!FileDescriptor.OpenDirectory(group.Key.Bytes).TryGet(out var directory, out var error))
            {
                if (!IsAbsence(error))
                    unread.UnionWith(group);
                continue;
            }
            using (directory)
                ReadDirectory(reader, directory, group, drafts, unread);
        }
        return new NamesRead([.. drafts.Select(d => d.ToFacts())], unread);
    }

    private static void ReadDirectory(
        ArtefactReader reader, FileDescriptor directory, IGrouping<FilePath, FilePath> names, List<ArtefactReader.Draft> found, HashSet<FilePath> unread)
    {
        if (!directory.Stat().TryGet(out var status, out _))
        {
            unread.UnionWith(names);
            return;
        }
        var (place, facts) = (ArtefactReader.PlaceOf(names.Key), ArtefactReader.FactsOf(names.Key, status));
        List<ArtefactReader.Draft> here = [];
        foreach (var name in names)
        {
            if (reader.ReadDraft(directory, facts, place, name.Name.ToArray()).TryGet(out var draft, out var error))
                here.Add(draft);
            else if (!IsAbsence(error))
                unread.Add(name);
        }
        if (here.Count == 0)
            return;
        List<ArtefactReader.Draft> around = [.. here, .. Others(reader, directory, facts, place, here)];
        ArtefactReader.FindTwins(directory, facts, place, here);
        ArtefactReader.FindSiblings(around);
        found.AddRange(here);
    }

    /// <summary>Hitching posts of these locks, and files that may be their mailboxes.</summary>
    private static List<ArtefactReader.Draft> Others(
        ArtefactReader reader, FileDescriptor directory, DirectoryFacts facts, PlaceFacts place, List<ArtefactReader.Draft> here)
    {
        List<ArtefactReader.Draft> others = [];
        var locks = here.Where(d => d.Matches.Any(m => m.Convention is DotLock)).Select(d => d.File.Path.NameLatin1).ToHashSet();
        if (locks.Count == 0)
            return others;
        var read = here.Select(d => d.File.Path.NameLatin1).ToHashSet();
        Listing.ForEach(directory, (name, _, _) =>
        {
            if (ConventionMatcher.IsCandidate(place, name) && !read.Contains(System.Text.Encoding.Latin1.GetString(name))
                && ConventionMatcher.Match(place, facts.Path.Join(name)).Any(m => BelongsTo(m, locks))
                && reader.ReadDraft(directory, facts, place, name.ToArray()).TryGet(out var other))
            {
                others.Add(other);
            }
        });
        return others;
    }

    private static bool BelongsTo(ConventionMatch match, HashSet<string> locks) =>
        match.Convention is NotALock { StandsInForMailbox: true } || match.Convention is StagingFile staging && staging.LockName(match.Match) is { } name && locks.Contains(name);

    private static bool IsAbsence(Errno error) => error is Errno.NotFound or Errno.NotADirectory;
}

/// <summary>What was at some names.</summary>
/// <param name="Found">In the order of directories; may have no match.</param>
/// <param name="Unread">Names of which nothing is known. Nothing is at a name that is neither here nor there.</param>
public sealed record NamesRead(IReadOnlyList<ArtefactFacts> Found, IReadOnlySet<FilePath> Unread);
