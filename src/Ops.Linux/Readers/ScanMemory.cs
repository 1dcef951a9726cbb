using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// What scans of the same roots remember of directories, so that one in which no name was made, removed or renamed is not listed again. Believed only where mtime and ctime of a directory
/// move with each such change, and only when they were old enough at the look that a later change must show. Directories with candidates, links or errors are listed each time.
/// For one scan at a time.
/// </summary>
/// <remarks>Some fifty bytes a directory, in blocks: a store has hundreds of thousands.</remarks>
public sealed class ScanMemory(TimeProvider clock)
{
    /// <summary>A change within the same tick of the kernel's clock as the one before shows in no stamp; two seconds cover a clock that is stepped as well.</summary>
    private static readonly TimeSpan OldEnough = TimeSpan.FromSeconds(2);

    /// <summary>After which everything is listed again, whatever the stamps say.</summary>
    private static readonly TimeSpan LongestTrust = TimeSpan.FromHours(1);

    // On these, each change of a name moves both times of its directory. On tmpfs a removal may not show, and a file server reports it late.
    private static readonly HashSet<string> Trusted = new(StringComparer.Ordinal) { "ext2", "ext3", "ext4", "xfs", "btrfs" };

    private const int BlockBits = 12, BlockSize = 1 << BlockBits, BlockMask = BlockSize - 1;

    private readonly Dictionary<FilePath, int> _roots = [];
    private readonly List<Node[]> _nodes = [];
    private readonly List<byte[]> _nameBlocks = [];
    private HashSet<ulong> _mounts = [];
    private Dictionary<FileIdentity, FilePath> _found = [];
    private HashSet<FileIdentity> _sought = [];
    private int _count;
    private int _nameEnd;
    private int _unused;
    private long _begun;
    private long _now;

    /// <summary>Counts up when nothing that was remembered may be believed any more.</summary>
    private int _generation;

    /// <summary>To be called before a scan.</summary>
    /// <param name="isSilent">Whether nothing at a path may be touched.</param>
    /// <returns>Sought files that are where they were at the last scan.</returns>
    internal Dictionary<FileIdentity, FilePath> Begin(IReadOnlyList<Mount> mounts, IReadOnlySet<FileIdentity> sought, Func<FilePath, bool> isSilent)
    {
        _now = clock.GetUtcNow().UtcTicks;
        _mounts = [.. mounts.Where(m => Trusted.Contains(m.FileSystem)).Select(m => (ulong)m.Id)];
        var found = new Dictionary<FileIdentity, FilePath>(_found.Where(f => sought.Contains(f.Key)));
        // What was not sought may have a name in a directory that did not change; what moved may have another one there.
        if (_generation == 0 || _unused > _count / 2 || clock.GetElapsedTime(_begun) > LongestTrust || !_sought.IsSupersetOf(sought)
            || found.Any(f => isSilent(f.Value) || !FileDescriptor.IdentityAt(f.Value.Bytes).TryGet(out var there) || there.Identity != f.Key))
        {
            Forget();
            found.Clear();
        }
        _sought = [.. sought];
        return found;
    }

    internal void End(Dictionary<FileIdentity, FilePath> found) => _found = found;

    /// <summary>The next scan lists everything: this one did not come to its end, or something else is amiss.</summary>
    internal void Forget()
    {
        _roots.Clear();
        _nodes.Clear();
        _nameBlocks.Clear();
        _found.Clear();
        (_count, _nameEnd, _unused) = (0, 0, 0);
        _begun = clock.GetTimestamp();
        _generation++;
    }

    internal int Root(FilePath path)
    {
        if (!_roots.TryGetValue(path, out var node))
            _roots.Add(path, node = AddNodes(1));
        return node;
    }

    /// <summary>Whether the directory is as it was when it was listed.</summary>
    internal bool IsUnchanged(int node, DirectoryStamp? now) => NodeAt(node) is { Trust: Trust.Whole } known && known.Stamp == now;

    /// <summary>Whether it can be unchanged at all, and is worth a question.</summary>
    internal bool MayBeUnchanged(int node) => NodeAt(node).Trust == Trust.Whole;

    internal bool HasInner(int node) => NodeAt(node).InnerCount > 0;

    internal int FirstInner(int node) => NodeAt(node).FirstInner;

    /// <summary>Names that it has, of whatever kind.</summary>
    internal int NamesIn(int node) => NodeAt(node).Names;

    internal void PushInner(int node, NameStack names)
    {
        var known = NodeAt(node);
        for (var inner = known.FirstInner; inner < known.FirstInner + known.InnerCount; inner++)
            names.Push(NameOf(inner));
    }

    /// <summary>Takes in what a listing showed. What is deeper stays known, but each directory in it is listed again: what is next to it may have changed what it means.</summary>
    /// <param name="before">The stamp before it was listed.</param>
    /// <param name="isPlain">Nothing in it needs a look each time.</param>
    internal void Listed(int node, DirectoryStamp? before, bool isPlain, int names, NameStack inner, int from, int to)
    {
        var known = NodeAt(node);
        // Listed again only because of its neighbours: what is in it stays known as it was.
        if (known.Trust != Trust.Names || known.Stamp != before || !HasInner(known, inner, from, to))
        {
            _unused += known.InnerCount;
            AddInner(ref known, inner, from, to);
        }
        known.Names = names;
        known.Stamp = before ?? default;
        known.Trust = isPlain && before is { } stamp && _mounts.Contains(stamp.MountId) && IsOldEnough(stamp.ChangedAt) && IsOldEnough(stamp.ModifiedAt) ? Trust.Whole : Trust.None;
        NodeAt(node) = known;
    }

    private bool HasInner(in Node directory, NameStack inner, int from, int to)
    {
        var node = directory.FirstInner;
        for (var at = from; at < to; at = inner.After(at), node++)
        {
            if (node == directory.FirstInner + directory.InnerCount || !NameOf(node).SequenceEqual(inner[at]))
                return false;
        }
        return node == directory.FirstInner + directory.InnerCount;
    }

    // A time that is not in the past says nothing about what comes next.
    private bool IsOldEnough(FileTime time) => _now - time.ToDateTimeOffset().UtcTicks > OldEnough.Ticks;

    private void AddInner(ref Node directory, NameStack inner, int from, int to)
    {
        Dictionary<FilePath, int>? known = null;
        if (directory.InnerCount > 0)
        {
            known = new Dictionary<FilePath, int>(directory.InnerCount);
            for (var old = directory.FirstInner; old < directory.FirstInner + directory.InnerCount; old++)
                known[new FilePath(NameOf(old))] = old;
        }
        var count = 0;
        for (var at = from; at < to; at = inner.After(at))
            count++;
        var node = AddNodes(count);
        (directory.FirstInner, directory.InnerCount) = (node, count);
        for (var at = from; at < to; at = inner.After(at), node++)
        {
            ref var added = ref NodeAt(node);
            if (known is not null && known.TryGetValue(new FilePath(inner[at]), out var old))
            {
                added = NodeAt(old);
                added.Trust = added.Trust == Trust.None ? Trust.None : Trust.Names;
            }
            else
            {
                added.NameAt = AddName(inner[at]);
            }
        }
    }

    private int AddNodes(int count)
    {
        var first = _count;
        _count += count;
        while (_nodes.Count << BlockBits < _count)
            _nodes.Add(new Node[BlockSize]);
        return first;
    }

    private int AddName(ReadOnlySpan<byte> name)
    {
        const int size = BlockSize * 8;
        if (_nameBlocks.Count == 0 || _nameEnd + name.Length + 1 > size)
        {
            _nameBlocks.Add(new byte[size]);
            _nameEnd = 0;
        }
        var block = _nameBlocks[^1];
        var at = ((_nameBlocks.Count - 1) * size) + _nameEnd;
        block[_nameEnd] = (byte)name.Length;
        name.CopyTo(block.AsSpan(_nameEnd + 1));
        _nameEnd += name.Length + 1;
        return at;
    }

    private ReadOnlySpan<byte> NameOf(int node)
    {
        const int size = BlockSize * 8;
        var at = NodeAt(node).NameAt;
        var block = _nameBlocks[at / size];
        return block.AsSpan((at % size) + 1, block[at % size]);
    }

    private ref Node NodeAt(int node) => ref _nodes[node >> BlockBits][node & BlockMask];

    private struct Node
    {
        public DirectoryStamp Stamp;
        public int FirstInner;
        public int InnerCount;
        public int NameAt;
        public int Names;
        public Trust Trust;
    }

    private enum Trust : byte
    {
        None,

        /// <summary>The names in it are as they were while its stamp is; what they mean may have changed with its neighbours.</summary>
        Names,

        Whole,
    }
}
