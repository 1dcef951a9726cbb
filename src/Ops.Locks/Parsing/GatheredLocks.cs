using System.Globalization;
using System.Runtime.InteropServices;

namespace Ops.Locks;

/// <summary>
/// Merges the readings of one look: <c>/proc/locks</c> is not a snapshot, so a row may be missing from a reading, or be released between two. What the descriptors of processes
/// show is added by the reader; this class says which descriptors matter.
/// </summary>
/// <param name="mounts">Mounts of this host's own mount namespace.</param>
/// <param name="before">What the look before found.</param>
public sealed class GatheredLocks(IReadOnlyList<Mount> mounts, LockTable before)
{
    private const int FirstTwo = (1 << 1) | (1 << 2), MostUnparsed = 20, MostPids = 10;

    /// <summary>What one reading of the list costs grows with the square of its length, and another way to see the same locks grows with their number only: above so many rows
    /// the list is read once, and everything that the processes of this host have open is asked instead of a second reading.</summary>
    public const int LongList = 40_000;

    // Inode numbers of one superblock repeat, or differ from those of stat, on these: a row alone does not name a file there.
    private static readonly HashSet<string> AmbiguousFileSystems = new(StringComparer.Ordinal) { "btrfs", "overlay", "bcachefs" };

    private readonly Dictionary<LockKey, GatheredLock> _locks = [];
    private readonly List<string> _gaps = [];
    private readonly Dictionary<(uint, uint), Mount> _mountOfDevice = mounts.DistinctBy(m => (m.Major, m.Minor)).ToDictionary(m => (m.Major, m.Minor));

    // By inode number: whether fdinfo has to say who holds a lock, which the rows of POSIX locks on ordinary file systems do by themselves.
    private readonly Dictionary<ulong, bool> _inodes = [];
    private readonly HashSet<ulong> _waitedFor = [];
    private readonly Dictionary<int, Mount> _mounts = mounts.DistinctBy(m => m.Id).ToDictionary(m => m.Id);
    private readonly Dictionary<int, int> _rowsOf = [];
    private ILookup<(FileIdentity, int), GatheredLock>? _byOwner;

    public IReadOnlyCollection<GatheredLock> Locks => _locks.Values;

    /// <summary>Whether the first two readings disagree, or miss a lock of the look before: then a third decides.</summary>
    public bool NeedsThirdReading => _locks.Values.Any(e => e.SeenIn != FirstTwo) || Unseen().Any();

    /// <summary>Whether what the look before found of this lock may still be so, as far as the list says, see <see cref="KeptLocks"/>.</summary>
    public bool MayKeep(LockEntry entry) =>
        entry is { File: not null, Path: not null, PathState: PathState.Current, Foreign: null, Lock: { IsWaiter: false, Device: { } device }, Parties: [{ Descriptor: not null }, ..] parties }
        && _locks.TryGetValue(LockKey.Of(entry.Lock), out var now) && (now.SeenIn & FirstTwo) == FirstTwo && now.Row.State == entry.Lock.State
        && MountOf(device) is { } mount && !AmbiguousFileSystems.Contains(mount.FileSystem)
        && (NamesItsHolder(entry.Lock, device) ? parties.Count == 1 && parties[0].Process.Pid == entry.Lock.Pid : parties.All(p => p.Descriptor is not null));

    /// <summary>What the look before found of it is still so.</summary>
    public void Keep(LockEntry entry) => _locks[LockKey.Of(entry.Lock)].Keep(entry);

    /// <summary>Whether the list was too long to be read a second time: then every descriptor that may hold a lock has to be asked, whether a row names its file or not.</summary>
    public bool AsksEveryDescriptor { get; private set; }

    public bool Contains(LockKey key) => _locks.ContainsKey(key);

    /// <summary>Locks of the look before that no reading shows.</summary>
    public IEnumerable<LockEntry> Unseen() => before.Entries.Where(e => !_locks.ContainsKey(LockKey.Of(e.Lock)));

    /// <param name="reading">1, 2 or 3.</param>
    public void Merge(ParsedLocks read, int reading)
    {
        if (reading == 1)
            _locks.EnsureCapacity(read.Rows.Count);
        foreach (var row in read.Rows)
        {
            OfRow(row).SeenIn |= 1 << reading;
            if (reading == 1)
                _rowsOf[row.Pid] = _rowsOf.GetValueOrDefault(row.Pid) + 1;
            if (row is { IsWaiter: true, Device: { } device })
                _waitedFor.Add(device.Inode);
        }
        foreach (var (waiter, blockers) in ProcLocks.Queues(read.Rows))
            _locks[LockKey.Of(waiter)].AddBlockers(blockers);
        foreach (var line in read.Unparsed)
        {
            if (_gaps.Count < MostUnparsed)
                AddGap($"/proc/locks: not understood: {line}");
        }
    }

    /// <summary>The reading that was just merged showed the same text as the one before it.</summary>
    public void MergeSame()
    {
        foreach (var entry in _locks.Values)
            entry.SeenIn = FirstTwo;
    }

    /// <summary>The one reading that was merged is all that there will be, see <see cref="LongList"/>.</summary>
    public void AskEveryDescriptor()
    {
        MergeSame();
        AsksEveryDescriptor = true;
    }

    /// <summary>To be called when all readings are in, before the descriptors are looked at: a row that came later would have neither path nor descriptor for this look.</summary>
    /// <param name="unseen">Locks of the look before that no reading shows.</param>
    /// <param name="all">Every process.</param>
    /// <param name="newcomers">Processes that the look before did not see: a fork has what its parent had.</param>
    /// <returns>Processes whose descriptors matter. POSIX rows name their process, so only those have to be looked into; any other lock may be shared by any process.</returns>
    public IEnumerable<int> Suspects(IReadOnlyList<LockEntry> unseen, IEnumerable<int> all, IReadOnlyCollection<int>? newcomers = null)
    {
        var isAnyShared = false;
        foreach (var entry in _locks.Values)
        {
            if (entry.Row.Device is not { } device)
                continue;
            var needsDetails = !NamesItsHolder(entry.Row, device);
            isAnyShared |= entry.IsKept && needsDetails;
            if (!entry.IsKept || needsDetails)
                _inodes[device.Inode] = _inodes.GetValueOrDefault(device.Inode) || needsDetails;
        }
        foreach (var entry in unseen)
        {
            AskDescriptors(entry.Lock.Device);
            AskDescriptors(entry.File);
        }
        foreach (var entry in _locks.Values.Where(IsDoubtful))
            AskDescriptors(entry.Row.Device);
        if (AsksEveryDescriptor)
            return all;
        _byOwner = _locks.Values.Where(e => !e.IsKept && e.Row is { Class: LockClass.Posix, IsWaiter: false, Device: not null }).ToLookup(e => (e.Row.Device!.Value, e.Row.Pid));
        var open = _locks.Values.Where(e => !e.IsKept).Select(e => e.Row).Concat(unseen.Select(e => e.Lock));
        return open.All(row => row is { Class: LockClass.Posix, Pid: > 0 }) ? open.Select(row => row.Pid).Concat(isAnyShared && newcomers is not null ? newcomers : []).Distinct().ToList() : all;
    }

    /// <summary>Whether any lock may be on this inode number.</summary>
    /// <param name="needsDetails">Whether fdinfo has to say which.</param>
    public bool MayBeOn(ulong inode, out bool needsDetails) => _inodes.TryGetValue(inode, out needsDetails);

    /// <summary>How many rows of the first reading name this process.</summary>
    public int RowsOf(int pid) => _rowsOf.GetValueOrDefault(pid);

    /// <summary>The file that fdinfo names, as <c>stat</c> would; null where only <c>stat</c> can say it.</summary>
    public FileIdentity? FileOf(ProcFdInfo details) => details is { MountId: { } id, Inode: { } inode } && _mounts.TryGetValue(id, out var mount) && !AmbiguousFileSystems.Contains(mount.FileSystem)
        ? new FileIdentity(mount.Major, mount.Minor, inode) : null;

    /// <summary>Whether a row shows a process that waits for a lock on this inode number: it does so through a descriptor, which no fdinfo shows.</summary>
    public bool IsWaitedFor(ulong inode) => _waitedFor.Contains(inode);

    /// <summary>POSIX locks that their rows assign to this process.</summary>
    public IEnumerable<GatheredLock> OwnedBy(FileIdentity file, int pid) => _byOwner![(file, pid)];

    /// <summary>The lock of a row; a new one if no reading showed it: what a descriptor shows is a lock, and the descriptor is the better witness.</summary>
    public GatheredLock OfRow(KernelLock row)
    {
        var key = LockKey.Of(row);
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_locks, key, out _);
        return entry ??= new GatheredLock(row);
    }

    public void Remove(IEnumerable<LockKey> keys)
    {
        foreach (var key in keys)
            _locks.Remove(key);
    }

    /// <summary>Drops rows that one reading showed and a later one did not, when no descriptor shows them either: they were released.</summary>
    public void DropReleased() => Remove([.. _locks.Where(e => IsDoubtful(e.Value) && e.Value.IsUnresolved).Select(e => e.Key)]);

    /// <summary>Whether the descriptors must be compared by other things than the inode number. Overlay shows its own number in the list and, with some options, another in stat.
    /// One that is not mounted here may be an overlay.</summary>
    public bool NeedsSearchWithoutInode => _locks.Values.Any(e => e.IsUnresolved && e.Row.Device is { Major: 0 } device && MountOf(device) is null or { FileSystem: "overlay" });

    /// <summary>A waiter waits on the inode of what it waits for.</summary>
    public void ShareFilesWithWaiters()
    {
        foreach (var entry in _locks.Values.Where(e => e.File is null && e.Row.IsWaiter))
        {
            if (entry.Blockers.Select(b => _locks.GetValueOrDefault(LockKey.Of(b))).FirstOrDefault(b => b?.File is not null) is { } holder)
                entry.PlaceLike(holder);
        }
    }

    /// <summary>Rows that no descriptor placed are on the file that they name, except where that number names several.</summary>
    /// <param name="unreadable">Processes that could not be inspected.</param>
    public void PlaceUnresolved(IReadOnlyCollection<int> unreadable)
    {
        foreach (var entry in _locks.Values.Where(e => e.File is null))
        {
            if (entry.Row.Device is not { } device)
                continue;
            if (MountOf(device) is { } mount && AmbiguousFileSystems.Contains(mount.FileSystem))
                AddGap($"a {entry.Row.Class} lock on {device} could not be traced to a file: on {mount.FileSystem} that number is not unique");
            else
                entry.Place(device, null, PathState.Unknown);
        }
        if (unreadable.Count > 0 && _locks.Values.Any(e => e.IsUnresolved))
        {
            AddGap(string.Create(CultureInfo.InvariantCulture,
                $"{unreadable.Count} processes could not be inspected, and some locks have no known holder: pid {string.Join(", ", unreadable.Take(MostPids))}"));
        }
    }

    public void AddGap(string gap) => _gaps.Add(gap);

    public Mount? MountOf(FileIdentity device) => _mountOfDevice.GetValueOrDefault((device.Major, device.Minor));

    public LockTable ToTable(IReadOnlyList<LockEntry> released) => new([.. _locks.Values.Select(e => e.ToFact())], _gaps) { Released = released };

    /// <summary>Seen in one reading of three and not in the last: it was taken or released in between, unless a descriptor shows it.</summary>
    private static bool IsDoubtful(GatheredLock entry) => entry.SeenIn is 1 << 1 or 1 << 2;

    private bool NamesItsHolder(KernelLock row, FileIdentity device) =>
        row is { Class: LockClass.Posix, Pid: > 0 } && MountOf(device) is { } mount && !AmbiguousFileSystems.Contains(mount.FileSystem);

    private void AskDescriptors(FileIdentity? file)
    {
        if (file is { } known)
            _inodes[known.Inode] = true;
    }
}
