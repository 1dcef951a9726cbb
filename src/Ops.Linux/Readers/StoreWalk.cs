using Ops.Locks;

namespace Ops.Linux;

/// <summary>One walk over store roots. An ordinary name costs nanoseconds and an ordinary directory the calls that list it: neither takes memory that lasts.</summary>
internal sealed class StoreWalk : IDisposable
{
    /// <summary>Each level keeps one descriptor; deeper levels are a gap.</summary>
    public const int DepthLimit = 400;

    private const int GapLimit = 1000;

    private const int NotRemembered = -1;

    private readonly ArtefactReader _reader;
    private readonly IReadOnlyList<ScanRoot> _roots;
    private readonly CandidateFilter _isCandidate;
    private readonly IReadOnlyList<Mount> _silent;
    private readonly IReadOnlySet<FileIdentity> _sought;
    private readonly ScanMemory? _memory;
    private readonly CancellationToken _stop;

    // A directory is listed to its end before the next one is entered: one buffer is enough.
    private readonly byte[] _entries = new byte[64 * 1024];
    private readonly DirectoryStack _open = new();
    private readonly NameStack _inner = new();
    private readonly HashSet<ulong> _soughtInodes;
    private readonly Dictionary<FileIdentity, FilePath> _found;
    private readonly List<ArtefactReader.Draft> _drafts = [];
    private readonly List<ScanGap> _gaps = [];
    private readonly Func<string, bool> _hasSibling;
    private (FilePath Directory, int From, int To) _siblings;
    private long _names;
    private long _directories;
    private long _listed;
    private long _aliasNames;
    private long _gapsLeftOut;
    private long _linksOut;

    /// <param name="found">Sought files that are known to be where they were.</param>
    public StoreWalk(
        ArtefactReader reader, IReadOnlyList<ScanRoot> roots, CandidateFilter isCandidate, IReadOnlyList<Mount> silent, IReadOnlySet<FileIdentity> sought,
        ScanMemory? memory, Dictionary<FileIdentity, FilePath> found, CancellationToken stop)
    {
        (_reader, _roots, _isCandidate, _silent, _sought, _memory, _found, _stop) = (reader, roots, isCandidate, silent, sought, memory, found, stop);
        _soughtInodes = [.. sought.Select(f => f.Inode)];
        _hasSibling = HasSibling;
    }

    public void Enter(ScanRoot root)
    {
        if (IsSilent(root.Path))
            return;
        if (!FileDescriptor.OpenDirectory(root.Path.Bytes).TryGet(out var directory, out var error))
        {
            AddGap(root.Path, error);
            return;
        }
        _open.Push(directory);
        Visit(ArtefactReader.PlaceOf(root.Path), depth: 0, wantsInner: !root.TopLevelOnly, root.TopLevelOnly ? NotRemembered : _memory?.Root(root.Path) ?? NotRemembered);
        _open.Leave();
    }

    public StoreScan Finish(TimeSpan duration)
    {
        ArtefactReader.FindTwinsElsewhere(_drafts);
        if (_linksOut > 0)
            _gaps.Add(new ScanGap(default, Errno.None, $"{_linksOut} symbolic links lead out of the roots and were not followed"));
        if (_gapsLeftOut > 0)
            _gaps.Add(new ScanGap(default, Errno.None, $"{_gapsLeftOut} more gaps of this kind"));
        _memory?.End(_found);
        return new StoreScan([.. _drafts.Select(d => d.ToFacts())], _gaps, _names, _directories, duration) { Found = _found, Listed = _listed };
    }

    public void Dispose() => _open.Dispose();

    private bool IsSilent(FilePath path)
    {
        if (_silent.FirstOrDefault(m => path.IsAtOrBelow(m.MountPoint)) is not { } mount)
            return false;
        AddGap(path, Errno.TimedOut, MountProbe.Words(mount));
        return true;
    }

    /// <summary>Goes through the topmost open directory and everything below it.</summary>
    private void Visit(PlaceFacts place, int depth, bool wantsInner, int node)
    {
        _stop.ThrowIfCancellationRequested();
        var from = _inner.End;
        var links = IsRemembered(node) ? null : ListAndLook(place, wantsInner, node);
        var to = _inner.End;
        foreach (var link in links ?? [])
            VisitThrough(place.Directory, link);
        var inner = node == NotRemembered || from == to ? NotRemembered : _memory!.FirstInner(node);
        for (var at = from; at < to; at = _inner.After(at))
        {
            Descend(place, at, from, to, depth, inner);
            inner += inner == NotRemembered ? 0 : 1;
        }
        _inner.CutTo(from);
    }

    /// <summary>Whether the topmost directory is as the last scan had listed it: then what is in it is known.</summary>
    private bool IsRemembered(int node)
    {
        if (node == NotRemembered || !_memory!.MayBeUnchanged(node) || !_memory.IsUnchanged(node, _open.Stamp()))
            return false;
        _directories++;
        _names += _memory.NamesIn(node);
        _memory.PushInner(node, _inner);
        return true;
    }

    /// <returns>Symbolic links in it; null for none.</returns>
    private List<byte[]>? ListAndLook(PlaceFacts place, bool wantsInner, int node)
    {
        var before = node == NotRemembered ? null : _open.Stamp();
        var (from, names) = (_inner.End, _names);
        var listed = new Listed { WantsInner = wantsInner };
        List(place, ref listed);
        if (node != NotRemembered)
            _memory!.Listed(node, before, listed is { Candidates: null, Links: null, NeedsCare: false }, (int)(_names - names), _inner, from, _inner.End);
        if (_silent.Count > 0)
            listed.Candidates?.RemoveAll(name => _silent.Any(m => m.MountPoint == place.Directory.Join(name)));
        Look(place, listed.Candidates, through: null);
        return listed.Links;
    }

    private void Descend(PlaceFacts place, int at, int from, int to, int depth, int node)
    {
        if (_silent.Count > 0 && IsSilent(place.Directory.Join(_inner[at])))
            return;
        if (depth >= DepthLimit)
        {
            AddGap(place.Directory.Join(_inner[at]), Errno.None, $"more than {DepthLimit} directories deep");
            return;
        }
        // One without directories in it need not even be opened to see that nothing has changed.
        if (node != NotRemembered && _memory!.MayBeUnchanged(node) && !_memory.HasInner(node) && _memory.IsUnchanged(node, _open.Stamp(_inner.Terminated(at))))
        {
            _directories++;
            _names += _memory.NamesIn(node);
            return;
        }
        // The kernel says where a mount begins: only there it is asked which one it is.
        var error = _open.Enter(_inner.Terminated(at), mayCrossMount: false);
        var isMount = error == Errno.CrossesDevice;
        if (isMount)
            error = _open.Enter(_inner.Terminated(at), mayCrossMount: true);
        var path = place.Directory.Join(_inner[at]);
        if (error != Errno.None)
        {
            // Removed or replaced since it was listed: then it is not there.
            if (error is not (Errno.NotFound or Errno.NotADirectory or Errno.SymbolicLink))
                AddGap(path, error);
            return;
        }
        if (!isMount || MayEnterMount(path))
        {
            _siblings = (path, from, to);
            Visit(new PlaceFacts(path, _hasSibling, place), depth + 1, wantsInner: true, node);
        }
        _open.Leave();
    }

    private bool MayEnterMount(FilePath path)
    {
        using var directory = _open.Borrow(above: 1);
        using var inner = _open.Borrow();
        if (directory.Stat().TryGet(out var status, out var error) && inner.Stat().TryGet(out var innerStatus, out error))
            return innerStatus.MountId == status.MountId || _reader.MountOf(innerStatus) is not { } mount || mount.MayHoldStores;
        AddGap(path, error);
        return false;
    }

    /// <summary>Asked of the directory that is listed, before any in it is entered: what else is in the one above was just listed, as far as it is a directory.</summary>
    private bool HasSibling(string name) => _inner.Contains(name, _siblings.From, _siblings.To) || ArtefactReader.ParentHasEntry(_siblings.Directory, name);

    private void VisitThrough(FilePath path, byte[] link)
    {
        var alias = path.Join(link);
        using (var directory = _open.Borrow())
        {
            if (LinkedDirectory.TargetOf(directory, path, link) is not { } real)
                return;
            if (!_roots.Any(r => r.Holds(real)))
            {
                _linksOut++;
                return;
            }
            if (_aliasNames >= LinkedDirectory.NameLimit)
            {
                AddGap(alias, Errno.None, "too many symbolic links to directories: seen by its real name only");
                return;
            }
            if (_silent.Count > 0 && IsSilent(real))
                return;
            if (!FileDescriptor.OpenDirectory(real.Bytes).TryGet(out var opened))
                return;
            _open.Push(opened);
            var before = _names;
            var place = ArtefactReader.PlaceOf(alias);
            var listed = new Listed();
            List(place, ref listed);
            _aliasNames += _names - before;
            Look(place, listed.Candidates, through: real);
            _open.Leave();
        }
    }

    private void List(PlaceFacts place, ref Listed listed)
    {
        _directories++;
        _listed++;
        var seeksFiles = _soughtInodes.Count > 0;
        while (true)
        {
            _stop.ThrowIfCancellationRequested();
            // A directory that was removed since it was opened has nothing left to list; only a root that goes is worth a word.
            if (!_open.Read(_entries).TryGet(out var filled, out var error))
            {
                listed.NeedsCare = true;
                if (error != Errno.NotFound || _roots.Any(r => r.Path == place.Directory))
                    AddGap(place.Directory, error);
            }
            if (filled == 0)
                return;
            var entries = new DirectoryEntries(_entries.AsSpan(0, filled));
            while (entries.MoveNext())
            {
                _names++;
                // Nearly every name of a store: of an ordinary file, and none of ours.
                if (entries.IsRegular && !seeksFiles && !ConventionMatcher.IsCandidate(place, entries.Name))
                    continue;
                See(place, entries.Name, entries.Inode, entries.Kind, ref listed);
            }
        }
    }

    private void See(PlaceFacts place, ReadOnlySpan<byte> name, ulong inode, FileKind kind, ref Listed listed)
    {
        if (_soughtInodes.Count > 0 && _soughtInodes.Contains(inode) && Stat(name).TryGet(out var there) && _sought.Contains(there.Identity))
            _found.TryAdd(there.Identity, place.Directory.Join(name));
        if (kind == FileKind.Unknown && listed.WantsInner)
        {
            listed.NeedsCare = true;
            kind = Stat(name).TryGet(out var status) ? status.Kind : FileKind.Unknown;
        }
        // What we put there ourselves is no find.
        if (kind == FileKind.Directory && name.SequenceEqual(".ops-quarantine"u8))
            return;
        if (kind == FileKind.Directory && listed.WantsInner)
            _inner.Push(name);
        else if (kind == FileKind.SymbolicLink && listed.WantsInner)
            (listed.Links ??= []).Add(name.ToArray());
        if (ConventionMatcher.IsCandidate(place, name) && _isCandidate(place, name))
            (listed.Candidates ??= []).Add(name.ToArray());
    }

    private Result<FileStatus> Stat(ReadOnlySpan<byte> name)
    {
        using var directory = _open.Borrow();
        return directory.Stat(name);
    }

    private void Look(PlaceFacts place, List<byte[]>? candidates, FilePath? through)
    {
        if (candidates is null or [])
            return;
        using var directory = _open.Borrow();
        if (!directory.Stat().TryGet(out var status, out var error))
        {
            AddGap(place.Directory, error);
            return;
        }
        var facts = ArtefactReader.FactsOf(place.Directory, status);
        if (through is { } real)
            facts = facts with { ReachedThrough = place.Directory, RealPath = real };
        var first = _drafts.Count;
        foreach (var name in candidates)
        {
            if (_reader.ReadDraft(directory, facts, place, name).TryGet(out var draft, out error))
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

    /// <summary>What of one listing is gone into further: nearly every directory of a store has neither.</summary>
    private struct Listed
    {
        public bool WantsInner { get; init; }

        /// <summary>Something in it may be another thing next time although no name changes.</summary>
        public bool NeedsCare { get; set; }

        public List<byte[]>? Candidates { get; set; }

        public List<byte[]>? Links { get; set; }
    }
}
