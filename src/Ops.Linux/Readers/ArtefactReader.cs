using System.Runtime.InteropServices;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// Looks at single files: <c>statx</c>, a bounded part of the content of regular files, the text of symbolic links. Changes nothing: access times
/// stay, and no FIFO, socket or device is ever opened.
/// </summary>
public sealed class ArtefactReader
{
    private const int ContentsLimit = 1000;
    private const int LongestNote = 4096;

    private readonly Dictionary<ulong, Mount> _mounts;
    private readonly MailboxFinder _mailboxes;

    /// <param name="mounts">Our own mount table.</param>
    /// <param name="roots">Where the symbolic link that a mailbox is may lead; null: only within the directory of its lock.</param>
    /// <param name="isSilent">Whether nothing at a path may be touched (<see cref="MountProbe"/>).</param>
    public ArtefactReader(IReadOnlyList<Mount> mounts, IReadOnlyList<FilePath>? roots = null, Func<FilePath, bool>? isSilent = null)
    {
        _mounts = mounts.DistinctBy(m => m.Id).ToDictionary(m => (ulong)m.Id);
        _mailboxes = new MailboxFinder(roots, isSilent ?? (static _ => false));
    }

    /// <summary>What is at this path now, without content; a symbolic link at its end is not followed.</summary>
    public static Result<FileFacts> Stat(FilePath path) =>
        !path.Name.IsEmpty && !path.Name.SequenceEqual("."u8) && !path.Name.SequenceEqual(".."u8)
            ? FileDescriptor.StatAt(path.Bytes).TryGet(out var status, out var error) ? status.ToFacts(path, FileContent.NotRead("not asked for")) : error
            : Errno.InvalidArgument;

    /// <summary>Whether something is at this path now, if only a symbolic link.</summary>
    public static bool Exists(FilePath path) => FileDescriptor.IdentityAt(path.Bytes).Succeeded;

    /// <summary>Whether the names of a directory can be listed now.</summary>
    public static bool CanList(FilePath directory)
    {
        if (!FileDescriptor.OpenDirectory(directory.Bytes).TryGet(out var opened))
            return false;
        using (opened)
            return true;
    }

    /// <summary>The first bytes of a regular file, at most <paramref name="count"/>; a symbolic link at its end is not followed. The access time stays.</summary>
    public static Result<byte[]> ReadStart(FilePath path, int count)
    {
        if (!FileDescriptor.OpenDirectoryFollowingLinks(DirectoryOf(path).Bytes).TryGet(out var directory, out var error))
            return error;
        using (directory)
        {
            if (!directory.OpenPathOnly(path.Name).TryGet(out var pinned, out error))
                return error;
            using (pinned)
            {
                if (!pinned.Stat().TryGet(out var status, out error) || status.Kind != FileKind.Regular)
                    return error == Errno.None ? Errno.InvalidArgument : error;
                if (!pinned.ReopenForReading().TryGet(out var file, out error))
                    return error;
                using (file)
                    return file.ReadUpTo(count);
            }
        }
    }

    /// <summary>
    /// A close look at one name, with all that bears on it. The path may pass through symbolic links; that is said in
    /// <see cref="DirectoryFacts.ReachedThrough"/>. <see cref="ArtefactFacts.Matches"/> may be empty.
    /// </summary>
    public Result<ArtefactFacts> Read(FilePath path)
    {
        var parent = DirectoryOf(path);
        FilePath? link = null, real = null;
        var opened = FileDescriptor.OpenDirectory(parent.Bytes);
        if (opened.Error == Errno.SymbolicLink)
        {
            link = FirstLink(parent);
            opened = FileDescriptor.OpenDirectoryFollowingLinks(parent.Bytes);
        }
        if (!opened.TryGet(out var directory, out var error))
            return error;
        using (directory)
        {
            if (!directory.Stat().TryGet(out var status, out error))
                return error;
            if (link is not null && directory.ReadPath().TryGet(out var realPath))
                real = new FilePath(realPath);
            var place = PlaceOf(parent);
            var facts = FactsOf(parent, status) with { ReachedThrough = link, RealPath = real };
            if (!ReadDraft(directory, facts, place, path.Name.ToArray()).TryGet(out var draft, out error))
                return error;
            // Its other names are found by listing its directory.
            List<Draft> around = [draft];
            Listing.ForEach(directory, (name, _, _) =>
            {
                if (!name.SequenceEqual(draft.Name) && ConventionMatcher.IsCandidate(place, name)
                    && ConventionMatcher.Match(place, parent.Join(name)).Any(m => m.Convention is StagingFile or NotALock { StandsInForMailbox: true })
                    && ReadDraft(directory, facts, place, name.ToArray()).TryGet(out var other))
                {
                    around.Add(other);
                }
            });
            FindTwins(directory, facts, place, around);
            FindSiblings(around);
            return draft.ToFacts();
        }
    }

    internal static PlaceFacts PlaceOf(FilePath directory) =>
        new(directory, name => ParentHasEntry(directory, name));

    internal static bool ParentHasEntry(FilePath directory, string name) => FileDescriptor.IdentityAt(directory.Parent.Join(name).Bytes).Succeeded;

    internal static DirectoryFacts FactsOf(FilePath path, FileStatus status) => new(path, status.Identity, status.Mode, status.Uid, status.Gid);

    internal Mount? MountOf(FileStatus status) => status.MountId is { } id ? _mounts.GetValueOrDefault(id) : null;

    /// <summary>Everything about one name except what only the rest of the directory can show.</summary>
    internal Result<Draft> ReadDraft(FileDescriptor directory, DirectoryFacts facts, PlaceFacts place, byte[] name)
    {
        // The reference pins the inode: status, content and link text are of one and the same file, whatever happens to the name.
        if (!directory.OpenPathOnly(name).TryGet(out var pinned, out var error))
            return error;
        using (pinned)
        {
            if (!pinned.Stat().TryGet(out var status, out error))
                return error;
            var path = facts.Path.Join(name);
            var matches = ConventionMatcher.Match(place, path);
            var target = status.Kind == FileKind.SymbolicLink && pinned.ReadPinnedLink().TryGet(out var text) ? text : null;
            var content = ContentOf(pinned, status, matches);
            // Only a lock that names no owner is judged by what it locks.
            var isNameless = ScriptOwner.NamesNobody(matches, content);
            var (subject, route) = ArtefactClassifier.SubjectOf(path) is { } named ? _mailboxes.Find(directory, facts, named, isNameless) : (null, null);
            return new Draft(name, status.ToFacts(path, content, target), facts, MountOf(status), matches)
            {
                Subject = subject,
                Route = route,
                Neighbours = NeighboursOf(directory, facts, matches),
                Guards = GuardsOf(directory, facts, place, matches),
                Contents = status.Kind == FileKind.Directory && matches.Any(m => m.Convention is StagingFile { IsDirectory: true })
                    ? ContentsOf(directory, path, name)
                    : null,
            };
        }
    }

    /// <summary>Other names in this directory for the inodes of <paramref name="drafts"/>, from a second listing that is made only if one
    /// has any.</summary>
    internal static void FindTwins(FileDescriptor directory, DirectoryFacts facts, PlaceFacts place, IReadOnlyList<Draft> drafts)
    {
        var linked = drafts.Where(d => d.File is { LinkCount: > 1, Kind: not FileKind.Directory }).ToLookup(d => d.File.Identity.Inode);
        if (linked.Count == 0)
            return;
        Listing.ForEach(directory, (name, inode, _) =>
        {
            if (!linked.Contains(inode))
                return;
            foreach (var draft in linked[inode])
            {
                // The number in a listing need not be that of stat on every file system, and may be another file's since then.
                if (!name.SequenceEqual(draft.Name) && directory.Stat(name).TryGet(out var status) && status.Identity == draft.File.Identity)
                {
                    var path = facts.Path.Join(name);
                    draft.Twins.Add(new Twin(path, ConventionMatcher.Match(place, path)));
                }
            }
        });
    }

    /// <summary>Names for the same inode in other directories, among these.</summary>
    internal static void FindTwinsElsewhere(IReadOnlyList<Draft> drafts)
    {
        var linked = drafts.Where(d => d.Directory.ReachedThrough is null && d.File is { LinkCount: > 1, Kind: not FileKind.Directory });
        foreach (var group in linked.GroupBy(d => d.File.Identity).Where(g => g.Skip(1).Any()))
        {
            foreach (var draft in group)
            {
                draft.Twins.AddRange(group
                    .Where(other => other.Directory.Path != draft.Directory.Path)
                    .Select(other => new Twin(other.File.Path, other.Matches)));
            }
        }
    }

    /// <summary>Joins hitching posts to the lock they were made for.</summary>
    internal static void FindSiblings(IReadOnlyList<Draft> drafts)
    {
        FindStandIns(drafts);
        var posts = drafts
            .SelectMany(d => d.Matches, (draft, match) => (draft, Lock: match.Convention is StagingFile staging ? staging.LockName(match.Match) : null))
            .Where(p => p.Lock is not null)
            .ToLookup(p => p.Lock!, p => p.draft);
        if (posts.Count == 0)
            return;
        foreach (var draft in drafts)
            draft.Siblings.AddRange(posts[draft.File.Path.NameLatin1].Where(p => p != draft).Distinct().Select(p => p.File));
    }

    private static void FindStandIns(IReadOnlyList<Draft> drafts)
    {
        List<FileFacts> standIns = [.. drafts
            .Where(d => ConventionMatcher.Fitting(d.Matches, d.File).Any(m => m.Convention is NotALock { StandsInForMailbox: true }))
            .Select(d => d.File)];
        if (standIns.Count == 0)
            return;
        foreach (var draft in drafts.Where(d => d.Subject is null && d.Matches.Any(m => m.Convention is DotLock)))
            draft.StandIns.AddRange(standIns);
    }

    private static FileContent ContentOf(FileDescriptor pinned, FileStatus status, IReadOnlyList<ConventionMatch> matches)
    {
        if (status.Kind != FileKind.Regular)
            return FileContent.NotRead("not a regular file");
        // Only of a lock and a pid file does the text say whose it is. Anything else is known by its name; what is longer than a note is a user's mail.
        if (status.Size > LongestNote && !matches.Any(m => m.Convention is DotLock or MbxLock or PidFile))
            return FileContent.NotRead("a file of this size that is no lock may hold mail, which is not read");
        if (!pinned.ReopenForReading().TryGet(out var file, out var error))
            return FileContent.NotRead(error == Errno.NotPermitted ? "reading it would change its access time" : Words(error));
        using (file)
            return file.ReadUpTo(FileContent.Limit).TryGet(out var bytes, out error) ? new FileContent(bytes, null) : FileContent.NotRead(Words(error));
    }

    private List<GuardLook>? GuardsOf(FileDescriptor directory, DirectoryFacts facts, PlaceFacts place, IReadOnlyList<ConventionMatch> matches)
    {
        List<GuardLook>? guards = null;
        foreach (var name in matches.Select(m => m.Convention is StagingFile staging ? staging.Guard(m.Match) : null).OfType<string>().Distinct())
        {
            var path = facts.Path.Join(name);
            var read = ReadDraft(directory, facts, place, path.Name.ToArray());
            (guards ??= []).Add(new GuardLook(path, read.Succeeded ? read.Value.ToFacts() : null, read.Succeeded || read.Error == Errno.NotFound ? null : Words(read.Error)));
        }
        return guards;
    }

    private static List<FileFacts> NeighboursOf(FileDescriptor directory, DirectoryFacts facts, IReadOnlyList<ConventionMatch> matches)
    {
        List<FileFacts> neighbours = [];
        var protects = matches.Select(m => m.Convention is DotLock @lock ? @lock.Protects : null).OfType<System.Text.RegularExpressions.Regex>().Distinct().ToList();
        // Only names of one program have any: the directory is not read again for each of ten thousand locks in it.
        if (protects.Count > 0)
        {
            Listing.ForEach(directory, (name, _, _) =>
            {
                var text = System.Text.Encoding.Latin1.GetString(name);
                if (neighbours.Count < ContentsLimit && protects.Exists(p => p.IsMatch(text)) && directory.Stat(name).TryGet(out var status))
                    neighbours.Add(status.ToFacts(facts.Path.Join(name), FileContent.NotRead("not asked for")));
            });
        }

        return neighbours;
    }

    /// <summary>Null when it could not be read: that is not the same as empty.</summary>
    private static List<FileFacts>? ContentsOf(FileDescriptor directory, FilePath path, byte[] name)
    {
        if (!directory.OpenSubdirectory(name).TryGet(out var inner))
            return null;
        using (inner)
        {
            List<FileFacts> contents = [];
            var isWhole = true;
            var listing = Listing.ForEach(inner, (entry, _, _) =>
            {
                if (contents.Count < ContentsLimit && inner.Stat(entry).TryGet(out var status))
                    contents.Add(status.ToFacts(path.Join(entry), FileContent.NotRead("not asked for")));
                else
                    isWhole = false;
            });
            return listing == Errno.None && (isWhole || contents.Count > 0) ? contents : null;
        }
    }

    private static FilePath DirectoryOf(FilePath path) => path.Parent is { IsEmpty: false } parent ? parent : FilePath.FromText(".");

    private static FilePath? FirstLink(FilePath path)
    {
        for (var end = 1; end <= path.Bytes.Length; end++)
        {
            if (end < path.Bytes.Length && path.Bytes[end] != (byte)'/')
                continue;
            if (FileDescriptor.IdentityAt(path.Bytes[..end]).TryGet(out var file) && file.Kind == FileKind.SymbolicLink)
                return new FilePath(path.Bytes[..end]);
        }
        return null;
    }

    internal static string Words(Errno error) => $"{Marshal.GetPInvokeErrorMessage((int)error)} ({error})";

    /// <summary>An artefact in the making: others of its directory may still add to it.</summary>
    internal sealed class Draft(byte[] name, FileFacts file, DirectoryFacts directory, Mount? mount, IReadOnlyList<ConventionMatch> matches)
    {
        public byte[] Name => name;

        public FileFacts File => file;

        public DirectoryFacts Directory => directory;

        public IReadOnlyList<ConventionMatch> Matches => matches;

        public FileFacts? Subject { get; init; }

        public MailboxRoute? Route { get; init; }

        public IReadOnlyList<FileFacts>? Contents { get; init; }

        public IReadOnlyList<GuardLook>? Guards { get; init; }

        public IReadOnlyList<FileFacts> Neighbours { get; init; } = [];

        public List<Twin> Twins { get; } = [];

        public List<FileFacts> Siblings { get; } = [];

        public List<FileFacts> StandIns { get; } = [];

        public ArtefactFacts ToFacts() => new(file, directory, mount, matches, Twins, Subject, Siblings, Contents, Guards, StandIns) { Route = Route, Neighbours = Neighbours };
    }
}
