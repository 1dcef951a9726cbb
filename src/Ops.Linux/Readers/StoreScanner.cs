using System.Diagnostics;
using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>A directory to scan, by its real name.</summary>
/// <param name="TopLevelOnly">Only the names directly in it: for directories shared with the whole system, such as <c>/tmp</c>.</param>
public sealed record ScanRoot(FilePath Path, bool TopLevelOnly = false);

/// <summary>A part of a store that was not seen.</summary>
/// <param name="Error">The kernel's answer; <see cref="Errno.None"/> when it was left out by rule.</param>
public sealed record ScanGap(FilePath Path, Errno Error, string Why);

/// <summary>What one scan found.</summary>
/// <param name="Gaps">Never empty when something was left out: silence must not look like "no locks".</param>
/// <param name="Names">Names seen, of whatever kind.</param>
public sealed record StoreScan(IReadOnlyList<ArtefactFacts> Artefacts, IReadOnlyList<ScanGap> Gaps, long Names, long Directories, TimeSpan Duration)
{
    /// <summary>Those of the files that were sought which have a name below the roots, with the first that was met.</summary>
    public IReadOnlyDictionary<FileIdentity, FilePath> Found { get; init; } = new Dictionary<FileIdentity, FilePath>();
}

/// <summary>Whether a scan has to look closer at this name; asked for every name of a store.</summary>
public delegate bool CandidateFilter(PlaceFacts place, ReadOnlySpan<byte> name);

/// <summary>
/// Walks store roots by name alone and looks closer at candidates only. Changes nothing, follows no symbolic link into anything outside the roots,
/// and goes on after an error, which becomes a gap. Holds in memory what bears on candidates, never a list of all files.
/// </summary>
/// <param name="mounts">Our own mount table, read for this scan.</param>
/// <param name="silent">Mounts that do not answer (<see cref="MountProbe"/>): nothing below them is touched, and each is a gap.</param>
/// <param name="sought">Files of which to find out whether they are below the roots.</param>
public sealed class StoreScanner(IReadOnlyList<Mount> mounts, CandidateFilter isCandidate, IReadOnlyList<Mount>? silent = null, IReadOnlySet<FileIdentity>? sought = null)
{
    /// <summary>Each level keeps one descriptor; deeper levels are a gap.</summary>
    private const int DepthLimit = 400;

    private const int GapLimit = 1000;

    /// <summary>All names that may be seen a second time through symbolic links: a user can make any number of them.</summary>
    private const long AliasNameLimit = 100_000;

    public StoreScanner(IReadOnlyList<Mount> mounts)
        : this(mounts, ConventionMatcher.IsCandidate)
    {
    }

    /// <exception cref="OperationCanceledException">At the next directory after <paramref name="stop"/>.</exception>
    public StoreScan Scan(IReadOnlyList<ScanRoot> roots, CancellationToken stop = default)
    {
        var started = Stopwatch.GetTimestamp();
        var reader = new ArtefactReader(
            mounts, [.. roots.Where(r => !r.TopLevelOnly).Select(r => r.Path)], path => silent?.Any(m => path.IsAtOrBelow(m.MountPoint)) == true);
        var walk = new Walk(reader, roots, isCandidate, silent ?? [], sought ?? new HashSet<FileIdentity>(), stop);
        foreach (var root in roots)
            walk.Enter(root);
        return walk.Finish(Stopwatch.GetElapsedTime(started));
    }

    private sealed class Walk(
        ArtefactReader reader, IReadOnlyList<ScanRoot> roots, CandidateFilter isCandidate, IReadOnlyList<Mount> silent, IReadOnlySet<FileIdentity> sought, CancellationToken stop)
    {
        // A directory is listed to its end before the next one is entered: one buffer is enough.
        private readonly byte[] _entries = new byte[64 * 1024];
        private readonly HashSet<ulong> _soughtInodes = [.. sought.Select(f => f.Inode)];
        private readonly Dictionary<FileIdentity, FilePath> _found = [];
        private readonly List<ArtefactReader.Draft> _drafts = [];
        private readonly List<ScanGap> _gaps = [];
        private long _names;
        private long _directories;
        private long _aliasNames;
        private long _gapsLeftOut;
        private long _linksOut;

        public void Enter(ScanRoot root)
        {
            if (IsSilent(root.Path))
                return;
            if (!FileDescriptor.OpenDirectory(root.Path.Bytes).TryGet(out var directory, out var error))
            {
                AddGap(root.Path, error);
                return;
            }
            using (directory)
            {
                Visit(directory, root.Path, ArtefactReader.PlaceOf(root.Path), depth: 0, root.TopLevelOnly);
            }
        }

        private bool IsSilent(FilePath path)
        {
            if (silent.FirstOrDefault(m => path.IsAtOrBelow(m.MountPoint)) is not { } mount)
                return false;
            AddGap(path, Errno.TimedOut, MountProbe.Words(mount));
            return true;
        }

        public StoreScan Finish(TimeSpan duration)
        {
            ArtefactReader.FindTwinsElsewhere(_drafts);
            if (_linksOut > 0)
                _gaps.Add(new ScanGap(default, Errno.None, $"{_linksOut} symbolic links lead out of the roots and were not followed"));
            if (_gapsLeftOut > 0)
                _gaps.Add(new ScanGap(default, Errno.None, $"{_gapsLeftOut} more gaps of this kind"));
            return new StoreScan([.. _drafts.Select(d => d.ToFacts())], _gaps, _names, _directories, duration) { Found = _found };
        }

        private void Visit(FileDescriptor directory, FilePath path, PlaceFacts place, int depth, bool topLevelOnly)
        {
            stop.ThrowIfCancellationRequested();
            var listed = new Listed { WantsInner = !topLevelOnly };
            List(directory, path, place, ref listed);
            if (silent.Count > 0)
                listed.Candidates?.RemoveAll(name => silent.Any(m => m.MountPoint == path.Join(name)));
            Look(directory, path, place, listed.Candidates, through: null);
            foreach (var link in listed.Links ?? [])
                VisitThrough(directory, path, link);
            foreach (var name in listed.Inner ?? [])
                Descend(directory, path, name, listed.Inner!, depth);
        }

        private void Descend(FileDescriptor directory, FilePath path, byte[] name, List<byte[]> siblings, int depth)
        {
            var innerPath = path.Join(name);
            if (silent.Count > 0 && IsSilent(innerPath))
                return;
            if (depth >= DepthLimit)
            {
                AddGap(innerPath, Errno.None, $"more than {DepthLimit} directories deep");
                return;
            }
            // The kernel says where a mount begins: only there it is asked which one it is.
            var opened = directory.OpenSubdirectoryOfMount(name);
            var isMount = opened.Error == Errno.CrossesDevice;
            if (isMount)
                opened = directory.OpenSubdirectory(name);
            if (!opened.TryGet(out var inner, out var error))
            {
                // Removed or replaced since it was listed: then it is not there.
                if (error is not (Errno.NotFound or Errno.NotADirectory or Errno.SymbolicLink))
                    AddGap(innerPath, error);
                return;
            }
            using (inner)
            {
                if (!isMount || MayEnterMount(directory, inner, innerPath))
                    Visit(inner, innerPath, PlaceBelow(innerPath, siblings), depth + 1, topLevelOnly: false);
            }
        }

        private bool MayEnterMount(FileDescriptor directory, FileDescriptor inner, FilePath innerPath)
        {
            if (directory.Stat().TryGet(out var status, out var error) && inner.Stat().TryGet(out var innerStatus, out error))
                return innerStatus.MountId == status.MountId || reader.MountOf(innerStatus) is not { } mount || mount.MayHoldStores;
            AddGap(innerPath, error);
            return false;
        }

        /// <summary>What else is in the directory above was just listed, as far as it is a directory.</summary>
        private static PlaceFacts PlaceBelow(FilePath path, List<byte[]> siblings) => new(path, name =>
        {
            foreach (var sibling in siblings)
            {
                if (Ascii.Equals(sibling, name))
                    return true;
            }
            return ArtefactReader.ParentHasEntry(path, name);
        });

        // Names are looked at a second time through a link, so that a lock an operator asks for by that name gets an answer, which is always a
        // refusal that gives the real name. Only directly in the directory, and only if that is inside the roots.
        private void VisitThrough(FileDescriptor directory, FilePath path, byte[] link)
        {
            var alias = path.Join(link);
            if (!directory.ReadLink(link).TryGet(out var text))
                return;
            // By its letters only: to follow the link could wake an automounter or wait for a dead file server.
            var real = path.Resolve(text);
            if (!roots.Any(r => r.TopLevelOnly ? real == r.Path : real.IsAtOrBelow(r.Path)))
            {
                _linksOut++;
                return;
            }
            if (_aliasNames >= AliasNameLimit)
            {
                AddGap(alias, Errno.None, "too many symbolic links to directories: seen by its real name only");
                return;
            }
            if (silent.Count > 0 && IsSilent(real))
                return;
            if (!FileDescriptor.OpenDirectory(real.Bytes).TryGet(out var opened))
                return;
            using (opened)
            {
                var before = _names;
                var place = ArtefactReader.PlaceOf(alias);
                var listed = new Listed();
                List(opened, alias, place, ref listed);
                _aliasNames += _names - before;
                Look(opened, alias, place, listed.Candidates, through: real);
            }
        }

        private void List(FileDescriptor directory, FilePath path, PlaceFacts place, ref Listed listed)
        {
            _directories++;
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                // A directory that was removed since it was opened has nothing left to list; only a root that goes is worth a word.
                if (!directory.ReadDirectory(_entries).TryGet(out var filled, out var error) && (error != Errno.NotFound || roots.Any(r => r.Path == path)))
                    AddGap(path, error);
                if (filled == 0)
                    return;
                var entries = new DirectoryEntries(_entries.AsSpan(0, filled));
                while (entries.MoveNext())
                    See(directory, path, place, entries.Name, entries.Inode, entries.Kind, ref listed);
            }
        }

        private void See(FileDescriptor directory, FilePath path, PlaceFacts place, ReadOnlySpan<byte> name, ulong inode, FileKind kind, ref Listed listed)
        {
            _names++;
            if (_soughtInodes.Count > 0 && _soughtInodes.Contains(inode) && directory.Stat(name).TryGet(out var there) && sought.Contains(there.Identity))
                _found.TryAdd(there.Identity, path.Join(name));
            if (kind == FileKind.Unknown && listed.WantsInner)
                kind = directory.Stat(name).TryGet(out var status) ? status.Kind : FileKind.Unknown;
            // What we put there ourselves is no find.
            if (kind == FileKind.Directory && name.SequenceEqual(".ops-quarantine"u8))
                return;
            if (kind == FileKind.Directory && listed.WantsInner)
                (listed.Inner ??= []).Add(name.ToArray());
            else if (kind == FileKind.SymbolicLink && listed.WantsInner)
                (listed.Links ??= []).Add(name.ToArray());
            if (isCandidate(place, name))
                (listed.Candidates ??= []).Add(name.ToArray());
        }

        private void Look(FileDescriptor directory, FilePath path, PlaceFacts place, List<byte[]>? candidates, FilePath? through)
        {
            if (candidates is null or [])
                return;
            if (!directory.Stat().TryGet(out var status, out var error))
            {
                AddGap(path, error);
                return;
            }
            var facts = ArtefactReader.FactsOf(path, status);
            if (through is { } real)
                facts = facts with { ReachedThrough = path, RealPath = real };
            var first = _drafts.Count;
            foreach (var name in candidates)
            {
                if (reader.ReadDraft(directory, facts, place, name).TryGet(out var draft, out error))
                    _drafts.Add(draft);
                else if (error != Errno.NotFound)
                    AddGap(facts.Path.Join(name), error);
            }
            var here = _drafts.GetRange(first, _drafts.Count - first);
            ArtefactReader.FindTwins(directory, facts, place, here);
            ArtefactReader.FindSiblings(here);
        }

        private void AddGap(FilePath path, Errno error, string? why = null)
        {
            if (_gaps.Count >= GapLimit)
            {
                _gapsLeftOut++;
                return;
            }
            _gaps.Add(new ScanGap(path, error, why ?? ArtefactReader.Words(error)));
        }

        /// <summary>What of one listing is gone into further: nearly every directory of a store has none of one kind or the other.</summary>
        private struct Listed
        {
            public bool WantsInner { get; init; }

            public List<byte[]>? Candidates { get; set; }

            public List<byte[]>? Inner { get; set; }

            public List<byte[]>? Links { get; set; }
        }
    }
}
