namespace Ops.Locks;

/// <summary>What makes two rows the same lock; the number in the list does not.</summary>
public readonly record struct LockKey(LockClass Class, FileIdentity? Device, ulong Start, ulong? End, LockMode Mode, int Pid, bool IsWaiter)
{
    public static LockKey Of(KernelLock row) => new(row.Class, row.Device, row.Start, row.End, row.Mode, row.Pid, row.IsWaiter);
}

/// <summary>One lock while what is known of it is gathered from readings and descriptors.</summary>
public sealed class GatheredLock(KernelLock row)
{
    private readonly List<LockParty> _parties = [];
    private readonly List<KernelLock> _blockers = [];
    private FilePath? _path;
    private PathState _state;
    private ForeignView? _foreign;

    public KernelLock Row => row;

    /// <summary>One bit for each reading that showed it; none for a lock that only a descriptor showed.</summary>
    public int SeenIn { get; set; }

    public IReadOnlyList<LockParty> Parties => _parties;

    public IReadOnlyList<KernelLock> Blockers => _blockers;

    public FileIdentity? File { get; private set; }

    public bool HasPath => _path is not null;

    public bool IsUnresolved => _parties.Count == 0;

    public void AddBlockers(IReadOnlyList<KernelLock> blockers)
    {
        foreach (var blocker in blockers)
        {
            if (!_blockers.Exists(b => LockKey.Of(b) == LockKey.Of(blocker)))
                _blockers.Add(blocker);
        }
    }

    /// <summary>One party for each process: it may have several descriptors of the one open file.</summary>
    public void AddParty(ProcessFacts process, int? descriptor)
    {
        if (!_parties.Exists(p => p.Process.Pid == process.Pid))
            _parties.Add(new LockParty(process, descriptor));
    }

    /// <summary>Says which file it is on; nothing changes for a file that is null.</summary>
    public void Place(FileIdentity? file, FilePath? path, PathState state, ForeignView? foreign = null)
    {
        if (file is not null)
            (File, _path, _state, _foreign) = (file, path, state, foreign);
    }

    /// <summary>Takes over the file of another lock, as a waiter that waits on the inode of its blocker.</summary>
    public void PlaceLike(GatheredLock other) => Place(other.File, other._path, other._state, other._foreign);

    public LockEntry ToFact() => new(row, _parties, _path, _state, File, _blockers) { Foreign = _foreign };
}
