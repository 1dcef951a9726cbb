using Ops.Locks;

namespace Ops.Agent;

/// <summary>When each name changed last. Bounded: of a directory with too many of them only the directory is kept, and then all its names count as changed. Not for several threads.</summary>
internal sealed class TouchedNames
{
    public const int LimitOfDirectory = 2_000;
    public const int Limit = 20_000;

    private readonly Dictionary<FilePath, Directory> _directories = [];
    private int _count;
    private long _forgotten = long.MinValue;

    public void Add(FilePath name, long at)
    {
        if (!_directories.TryGetValue(name.Parent, out var directory))
        {
            if (_directories.Count >= Limit)
                ForgetAll(at);
            _directories.Add(name.Parent, directory = new Directory());
        }
        if (directory.Names.TryAdd(name, at))
            _count++;
        else
            directory.Names[name] = at;
        if (directory.Names.Count > LimitOfDirectory)
            Gather(directory, at);
        if (_count > Limit)
            Gather(_directories.Values.MaxBy(d => d.Names.Count)!, at);
    }

    public bool IsSince(FilePath name, long since) => since <= _forgotten
        || _directories.TryGetValue(name.Parent, out var directory) && (since <= directory.All || directory.Names.TryGetValue(name, out var at) && at >= since);

    private void Gather(Directory directory, long at)
    {
        _count -= directory.Names.Count;
        directory.Names.Clear();
        directory.All = at;
    }

    private void ForgetAll(long at)
    {
        _directories.Clear();
        _count = 0;
        _forgotten = at;
    }

    private sealed class Directory
    {
        public Dictionary<FilePath, long> Names { get; } = [];

        public long All { get; set; } = long.MinValue;
    }
}
