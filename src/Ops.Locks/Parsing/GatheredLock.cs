namespace Ops.Locks;

/// <summary>What makes two rows the same lock; the number in the list does not.</summary>
public readonly record struct LockKey(LockClass Class, FileIdentity? Device, ulong Start, ulong? End, LockMode Mode, int Pid, bool IsWaiter)
{
    public static LockKey Of(KernelLock row) => new(row.Class, row.Device, row.Start, row.End, row.Mode, row.Pid, row.IsWaiter);
}

/// <summary>One lock while what is known of it is gathered from readings and descriptors.</summary>
public sealed class GatheredLock(KernelLock row)
{
    // Nearly every lock has one party and waits for nothing: no more than that for each of a hundred thousand.
    private List<LockParty>? _parties;
    private List<KernelLock>? _blockers;
    private FilePath? _path;
    private PathState _state;
    private ForeignView? _foreign;
    private FileFacts? _seen;
    private LockEntry? _kept;

    public KernelLock Row => row;

    /// <summary>One bit for each reading that showed it; none for a lock that only a descriptor showed.</summary>
    public int SeenIn { get; set; }

    public IReadOnlyList<LockParty> Parties => _kept is not null ? _kept.Parties : _parties is null ? [] : _parties;

    public IReadOnlyList<KernelLock> Blockers => _blockers is null ? [] : _blockers;

    public FileIdentity? File { get; private set; }

    public bool HasPath => _path is not null;

    public bool IsUnresolved => _kept is null && _parties is null;

    /// <summary>Whether it is as the look before found it, see <see cref="KeptLocks"/>.</summary>
    public bool IsKept => _kept is not null;

    public void AddBlockers(IReadOnlyList<KernelLock> blockers)
    {
        foreach (var blocker in blockers)
        {
            if (_blockers?.Exists(b => LockKey.Of(b) == LockKey.Of(blocker)) != true)
                (_blockers ??= []).Add(blocker);
        }
    }

    /// <summary>One party for each process: it may have several descriptors of the one open file.</summary>
    public void AddParty(ProcessFacts process, int? descriptor)
    {
        if (_kept is not null)
        {
            if (_kept.Parties.Any(p => p.Process.Pid == process.Pid))
                return;
            (_parties, _kept) = ([.. _kept.Parties], null);
        }
        if (_parties is null)
            _parties = new(1) { new LockParty(process, descriptor) };
        else if (!_parties.Exists(p => p.Process.Pid == process.Pid))
            _parties.Add(new LockParty(process, descriptor));
    }

    /// <summary>Takes over what the look before found of it.</summary>
    public void Keep(LockEntry entry)
    {
        _kept = entry;
        (File, _path, _state, _foreign, _seen) = (entry.File, entry.Path, entry.PathState, entry.Foreign, entry.Seen);
    }

    /// <summary>Says which file it is on; nothing changes for a file that is null.</summary>
    public void Place(FileIdentity? file, FilePath? path, PathState state, ForeignView? foreign = null, FileFacts? seen = null)
    {
        if (file is not null)
            (File, _path, _state, _foreign, _seen) = (file, path, state, foreign, seen);
    }

    /// <summary>Takes over the file of another lock, as a waiter that waits on the inode of its blocker.</summary>
    public void PlaceLike(GatheredLock other) => Place(other.File, other._path, other._state, other._foreign, other._seen);

    public LockEntry ToFact() => _kept ?? new(row, Parties, _path, _state, File, Blockers) { Foreign = _foreign, Seen = _seen };
}
