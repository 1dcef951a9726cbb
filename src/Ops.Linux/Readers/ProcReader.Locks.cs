using System.Globalization;
using Ops.Locks;

namespace Ops.Linux;

public sealed partial class ProcReader
{
    // Inode numbers of one superblock repeat, or differ from those of stat, on these: a row alone does not name a file there.
    private static readonly HashSet<string> AmbiguousFileSystems = new(StringComparer.Ordinal) { "btrfs", "overlay", "bcachefs" };

    /// <summary>
    /// Every kernel lock with its true holders and waiters, its file and the state of its path. Rows of several readings are merged, since one
    /// is not a snapshot, and what the descriptors themselves say is added. Rows that are alike in class, file, range, mode and pid (two
    /// OFD readers) become one entry with all their parties.
    /// </summary>
    /// <param name="processes">A look that was just taken; processes that came since are added by themselves.</param>
    /// <param name="before">What the look before found: a lock of it that the readings do not show is looked for where it was held, see <see cref="LockTable.Released"/>.</param>
    public LockTable ReadLocks(ProcessTable processes, LockTable? before = null)
    {
        lock (_gate)
        {
            if (!_files.OpenRoot().TryGet(out var root, out var error))
                return new LockTable([], [$"{options.ProcRoot} cannot be read: {error}"]);
            using (root)
                return new LockLook(this, root, processes, before ?? LockTable.Empty).Read();
        }
    }

    private void After(LockLookPart part) => options.After?.Invoke(part);

    private ParsedLocks ReadRows() =>
        _files.Read("locks"u8, out var text) is var error && error == Errno.None
            ? ProcLocks.Parse(text)
            : new ParsedLocks([], [$"/proc/locks cannot be read: {error}"]);

    /// <summary>One look: everything it gathers, so that nothing of it outlives it.</summary>
    private sealed class LockLook(ProcReader reader, FileDescriptor root, ProcessTable processes, LockTable before)
    {
        private const int FirstTwo = (1 << 1) | (1 << 2);

        private readonly Dictionary<LockKey, Entry> _entries = [];

        // By inode number: whether fdinfo has to tell who holds a lock, which the rows of POSIX locks on ordinary file systems do by themselves.
        private readonly Dictionary<ulong, bool> _inodes = [];
        private ILookup<(FileIdentity, int), Entry>? _byOwner;
        private readonly Dictionary<(int Pid, ulong Inode), OpenedAs> _openers = [];
        private readonly Dictionary<int, ProcessFacts?> _processes = [];
        private readonly HashSet<int> _verified = [];
        private readonly SortedSet<int> _unreadable = [];
        private readonly List<string> _gaps = [];
        private readonly IReadOnlyList<Mount> _mounts = MountReader.Read(reader._files).Mounts;
        private Dictionary<(uint, uint), Mount>? _mountOfDevice;
        private PathResolver? _paths;

        public LockTable Read()
        {
            Merge(reader.ReadRows(), 1);
            Merge(reader.ReadRows(), 2);
            if (_entries.Values.Any(e => e.SeenIn != FirstTwo) || Unseen().Any())
                Merge(reader.ReadRows(), 3);
            // All of this before the descriptors are looked at: a row that came later would have neither path nor descriptor for this look.
            var unseen = Unseen().ToList();
            foreach (var entry in unseen)
            {
                AskDescriptors(entry.Lock.Device);
                AskDescriptors(entry.File);
            }
            foreach (var entry in _entries.Values.Where(IsDoubtful))
                AskDescriptors(entry.Row.Device);
            if (_entries.Count > 0 || unseen.Count > 0)
            {
                _byOwner = _entries.Values.Where(e => e.Row is { Class: LockClass.Posix, IsWaiter: false, Device: not null })
                    .ToLookup(e => (e.Row.Device!.Value, e.Row.Pid));
                reader.After(LockLookPart.List);
                LookAtDescriptors(Suspects(unseen), byInode: true);
                reader.After(LockLookPart.Descriptors);
                LookAgainForUnplacedRows();
                DropRowsSeenOnce();
                if (_entries.Values.Any(e => e.IsUnresolved && MayHaveOtherInodeNumber(e.Row)))
                    LookAtDescriptors(processes.Processes.Keys, byInode: false);
                NameOwnersAndWaiters();
                FindMappings();
                ShareFilesWithWaiters();
                PlaceUnresolvedRows();
            }
            if (!processes.IsComplete)
                _gaps.Add(processes.Gap ?? "not all processes can be seen");
            return new LockTable([.. _entries.Values.Select(e => e.ToFact())], _gaps) { Released = [.. Unseen().Where(IsReleased)] };
        }

        private IEnumerable<LockEntry> Unseen() => before.Entries.Where(e => !_entries.ContainsKey(LockKey.Of(e.Lock)));

        /// <summary>No reading shows it, and its holders, who could be looked into, do not have it any more. Whoever holds a lock through a mapping or a socket shows nothing,
        /// and who waits neither: of those only the list can tell, until a waiter has what it waited for or has ended.</summary>
        private bool IsReleased(LockEntry entry)
        {
            var key = LockKey.Of(entry.Lock);
            return !_entries.ContainsKey(key) && entry.Parties.Count > 0 && entry.Parties.All(p => entry.Lock.IsWaiter
                ? _entries.ContainsKey(key with { IsWaiter = false }) || Process(p.Process.Pid)?.Identity != p.Process.Identity
                : p.Descriptor is not null && !_unreadable.Contains(p.Process.Pid));
        }

        /// <summary>Seen in one reading of three and not in the last: it was taken or released in between, unless a descriptor shows it.</summary>
        private static bool IsDoubtful(Entry entry) => entry.SeenIn is 1 << 1 or 1 << 2;

        private void AskDescriptors(FileIdentity? file)
        {
            if (file is { } known)
                _inodes[known.Inode] = true;
        }

        private void Merge(ParsedLocks read, int reading)
        {
            foreach (var row in read.Rows)
            {
                var key = LockKey.Of(row);
                if (!_entries.TryGetValue(key, out var entry))
                    _entries.Add(key, entry = new Entry(row));
                entry.SeenIn |= 1 << reading;
                if (row.Device is { } device)
                    _inodes[device.Inode] = _inodes.GetValueOrDefault(device.Inode) || !NamesItsHolder(row, device);
            }
            foreach (var (waiter, blockers) in ProcLocks.Queues(read.Rows))
            {
                _entries[LockKey.Of(waiter)].AddBlockers(blockers);
            }

            foreach (var line in read.Unparsed)
            {
                if (_gaps.Count < 20)
                    _gaps.Add($"/proc/locks: not understood: {line}");
            }
        }

        private bool NamesItsHolder(KernelLock row, FileIdentity device) =>
            row is { Class: LockClass.Posix, Pid: > 0 }
            && MountOf(device) is { } mount && !AmbiguousFileSystems.Contains(mount.FileSystem);

        // POSIX rows name their process, so only those have to be looked into; any other lock may be shared by anybody.
        private IEnumerable<int> Suspects(IReadOnlyList<LockEntry> unseen) =>
            _entries.Values.Select(e => e.Row).Concat(unseen.Select(e => e.Lock)).All(row => row is { Class: LockClass.Posix, Pid: > 0 })
                ? _entries.Values.Select(e => e.Row.Pid).Concat(unseen.Select(e => e.Lock.Pid)).Distinct()
                : processes.Processes.Keys;

        // Overlay shows its own inode number in the list and, with some options, another in stat. One we have not mounted may be an overlay.
        private bool MayHaveOtherInodeNumber(KernelLock row) =>
            row.Device is { Major: 0 } device && MountOf(device) is null or { FileSystem: "overlay" };

        private void LookAtDescriptors(IEnumerable<int> pids, bool byInode)
        {
            List<int> descriptors = [];
            foreach (var pid in pids)
            {
                foreach (var thread in Tables(pid))
                {
                    using var opened = Open(pid, thread);
                    if (opened is null || reader._files.Numbers(opened.Descriptors, descriptors) is not Errno.None)
                        continue;
                    foreach (var descriptor in descriptors)
                        LookAt(opened, pid, thread, descriptor, byInode);
                }
            }
        }

        private void LookAt(DescriptorTable table, int pid, int? thread, int descriptor, bool byInode)
        {
            if (!table.FileOf(descriptor).TryGet(out var file))
                return;
            var needsDetails = true;
            if (byInode ? !_inodes.TryGetValue(file.Identity.Inode, out needsDetails) : file is not { Kind: FileKind.Regular, Identity.Major: 0 })
                return;
            var opened = new OpenedAs(pid, thread, descriptor, file.Identity);
            if (!needsDetails)
            {
                foreach (var entry in _byOwner![(file.Identity, pid)])
                    Join(entry, table, opened);
                _openers.TryAdd((pid, file.Identity.Inode), opened);
                return;
            }
            if (table.DetailsOf(descriptor, reader._files) is not { IsPathOnly: false } details)
                return;
            foreach (var line in details.Unparsed)
                _gaps.Add($"/proc/{pid}/fdinfo/{descriptor}: not understood: {line}");
            foreach (var row in details.Locks)
            {
                // A lock that no reading showed is a lock: the descriptor is the better witness.
                var key = LockKey.Of(row);
                if (!_entries.TryGetValue(key, out var entry))
                    _entries.Add(key, entry = new Entry(row));
                Join(entry, table, opened);
            }
            // By the number that rows show: on overlay it may differ from that of stat.
            _openers.TryAdd((pid, details.Inode ?? file.Identity.Inode), opened);
        }

        private void Join(Entry entry, DescriptorTable table, OpenedAs opened)
        {
            if (Verified(opened.Pid, opened.Thread, table) is { } process)
                entry.AddParty(process, opened);
            Place(entry, table, opened);
        }

        /// <summary>A row that no descriptor shows was released since it was read, unless it is listed still; then its file may have been opened after the look.</summary>
        private void LookAgainForUnplacedRows()
        {
            var unplaced = _entries.Where(e => IsUnplaced(e.Value)).Select(e => e.Key).ToList();
            if (unplaced.Count == 0)
                return;
            var listed = reader.ReadRows().Rows.Select(LockKey.Of).ToHashSet();
            if (!unplaced.TrueForAll(listed.Contains))
            {
                // One reading can leave out a row that is there, and nothing else may show this one.
                listed.UnionWith(reader.ReadRows().Rows.Select(LockKey.Of));
            }
            foreach (var key in unplaced.Where(key => !listed.Contains(key)))
                _entries.Remove(key);
            LookAtDescriptors(unplaced.Where(listed.Contains).Select(key => key.Pid).Where(pid => pid > 0 && !_unreadable.Contains(pid)).Distinct().ToList(), byInode: true);
        }

        private bool IsUnplaced(Entry entry) => entry.Row is { IsWaiter: true, Device: { } device }
            ? entry.Row.Pid > 0 && !_openers.ContainsKey((entry.Row.Pid, device.Inode))
            : entry.IsUnresolved;

        private void DropRowsSeenOnce()
        {
            foreach (var key in _entries.Where(e => IsDoubtful(e.Value) && e.Value.Parties.Count == 0).Select(e => e.Key).ToList())
                _entries.Remove(key);
        }

        private void NameOwnersAndWaiters()
        {
            foreach (var entry in _entries.Values)
            {
                var row = entry.Row;
                if (row is { IsWaiter: true, Class: LockClass.Ofd })
                {
                    FindOfdWaiters(entry);
                }
                else if (row.Pid > 0 && entry.Parties.Count == 0 && (row.IsWaiter || row.Class == LockClass.Posix) && Process(row.Pid) is { } process)
                {
                    var opened = row.Device is { } device ? _openers.GetValueOrDefault((row.Pid, device.Inode)) : null;
                    entry.AddParty(process, opened);
                    Place(entry, opened);
                }
            }
        }

        // The list names nobody and fdinfo shows no waiters: who sleeps in the call, on a descriptor of this inode, is one.
        private void FindOfdWaiters(Entry entry)
        {
            if (entry.Row.Device is not { } device)
                return;
            foreach (var (pid, opened) in _openers.Where(o => o.Key.Inode == device.Inode).Select(o => (o.Key.Pid, o.Value)).ToList())
            {
                if (Process(pid) is not { } process || !SleepsOnOfdLock(pid, opened.File, out var descriptor))
                    continue;
                var through = opened with { Descriptor = descriptor };
                entry.AddParty(process, through);
                Place(entry, through);
            }
        }

        private bool SleepsOnOfdLock(int pid, FileIdentity file, out int descriptor)
        {
            descriptor = -1;
            Span<byte> name = stackalloc byte[11];
            if (!root.OpenDirectoryBelow([.. ProcFiles.Name(pid, name), .. "/task"u8]).TryGet(out var tasks))
                return false;
            using (tasks)
            {
                List<int> threads = [];
                reader._files.Numbers(tasks, threads);
                foreach (var thread in threads)
                {
                    if (!tasks.OpenSubdirectory(ProcFiles.Name(thread, name)).TryGet(out var directory))
                        continue;
                    using (directory)
                    {
                        if (reader._files.Read(directory, "syscall"u8, out var text) == Errno.None
                            && ProcSyscall.WaitsFor(text, ThisMachine) is { Class: LockClass.Ofd } wait
                            && directory.OpenSubdirectory("fd"u8).TryGet(out var descriptors))
                        {
                            using (descriptors)
                            {
                                if (descriptors.IdentityFollowingLinks(ProcFiles.Name(wait.Descriptor, name)).TryGet(out var target) && target.Identity == file)
                                {
                                    descriptor = wait.Descriptor;
                                    return true;
                                }
                            }
                        }
                    }
                }
            }
            return false;
        }

        // The descriptor may be closed and the file still mapped: that keeps the open file, and so its lock, alive.
        private void FindMappings()
        {
            var unresolved = _entries.Values.Where(e => e.IsUnresolved && !e.Row.IsWaiter && e.Row.Device is not null).ToLookup(e => e.Row.Device!.Value);
            if (unresolved.Count == 0)
                return;
            var inodes = unresolved.Select(g => g.Key.Inode).ToHashSet();
            foreach (var (pid, process) in processes.Processes)
            {
                if (process.IsKernelThread || reader.ReadMappings(root, pid, inodes) is not { } maps)
                    continue;
                foreach (var mapping in maps.Mappings.DistinctBy(m => m.Device))
                {
                    // Both lists print the superblock's device, so here the numbers can be compared.
                    foreach (var entry in unresolved[mapping.Device].Where(e => e.Row.Class is LockClass.Flock or LockClass.Ofd))
                    {
                        entry.AddParty(process, null);
                        if (entry.Path is null)
                        {
                            var file = reader.IdentityOfMapping(root, pid, mapping);
                            entry.Place(file, file is { } open
                                ? Paths.Resolve(() => mapping.Path.Bytes.ToArray(), open, () => MountOf(mapping.Device)?.Id, pid)
                                : new(mapping.Path, PathState.Unknown));
                        }
                    }
                }
            }
        }

        private void ShareFilesWithWaiters()
        {
            foreach (var entry in _entries.Values.Where(e => e.File is null && e.Row.IsWaiter))
            {
                // Who waits for a lock waits on its inode.
                var holder = entry.Blockers.Select(b => _entries.GetValueOrDefault(LockKey.Of(b))).FirstOrDefault(b => b?.File is not null);
                entry.Place(holder?.File, new(holder?.Path, holder?.State ?? PathState.Unknown, holder?.Foreign));
            }
        }

        private void PlaceUnresolvedRows()
        {
            foreach (var entry in _entries.Values.Where(e => e.File is null))
            {
                if (entry.Row.Device is not { } device)
                    continue;
                if (MountOf(device) is { } mount && AmbiguousFileSystems.Contains(mount.FileSystem))
                    _gaps.Add($"a {entry.Row.Class} lock on {device} could not be traced to a file: on {mount.FileSystem} that number is not unique");
                else
                    entry.Place(device, new(null, PathState.Unknown));
            }
            if (_unreadable.Count > 0 && _entries.Values.Any(e => e.Parties.Count == 0))
            {
                _gaps.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{_unreadable.Count} processes could not be inspected, and some locks have no known holder: pid {string.Join(", ", _unreadable.Take(10))}"));
            }
        }

        private Mount? MountOf(FileIdentity device) =>
            (_mountOfDevice ??= _mounts.DistinctBy(m => (m.Major, m.Minor)).ToDictionary(m => (m.Major, m.Minor)))
            .GetValueOrDefault((device.Major, device.Minor));

        private PathResolver Paths => _paths ??= new PathResolver(_mounts, reader.ReadMountsOf);

        private void Place(Entry entry, OpenedAs? opened)
        {
            if (opened is null || entry.File is not null)
                return;
            using var table = Open(opened.Pid, opened.Thread);
            if (table is not null)
                Place(entry, table, opened);
        }

        private void Place(Entry entry, DescriptorTable table, OpenedAs opened)
        {
            if (entry.File is null)
            {
                entry.Place(opened.File, Paths.Resolve(
                    () => table.PathOf(opened.Descriptor), opened.File, () => table.DetailsOf(opened.Descriptor, reader._files)?.MountId, opened.Pid));
            }
        }

        /// <summary>Null stands for the process's own table, a number for that of a thread.</summary>
        private IEnumerable<int?> Tables(int pid) =>
            Process(pid) is not { } process || process.IsKernelThread ? []
            : process.State is 'Z' or 'X' ? reader.LiveTasksOf(root, pid).Select(t => (int?)t)
            : [null];

        private DescriptorTable? Open(int pid, int? thread)
        {
            if (DescriptorTable.Open(root, pid, thread).TryGet(out var table, out var error))
                return table;
            if (error is not (Errno.NotFound or Errno.NoSuchProcess))
                _unreadable.Add(pid);
            return null;
        }

        // Asked once a process and look, and only of those that take part in a lock.
        private ProcessFacts? Verified(int pid, int? thread, DescriptorTable table)
        {
            if (Process(pid) is { } process && _verified.Add(pid) && !table.BelongsTo(process, thread, reader._files))
                _processes[pid] = reader.ReadProcess(root, pid);
            return Process(pid);
        }

        private ProcessFacts? Process(int pid)
        {
            if (!_processes.TryGetValue(pid, out var process))
                _processes[pid] = process = processes.Processes.GetValueOrDefault(pid) ?? reader.ReadProcess(root, pid);
            return process;
        }
    }

    private List<int> LiveTasksOf(FileDescriptor root, int pid)
    {
        Span<byte> name = stackalloc byte[11];
        if (!root.OpenSubdirectory(ProcFiles.Name(pid, name)).TryGet(out var process))
            return [];
        using (process)
            return LiveTasks(process);
    }

    /// <summary>What makes two rows the same lock; the number in the list does not.</summary>
    private readonly record struct LockKey(LockClass Class, FileIdentity? Device, ulong Start, ulong? End, LockMode Mode, int Pid, bool IsWaiter)
    {
        public static LockKey Of(KernelLock row) => new(row.Class, row.Device, row.Start, row.End, row.Mode, row.Pid, row.IsWaiter);
    }

    private sealed record OpenedAs(int Pid, int? Thread, int Descriptor, FileIdentity File);

    private sealed class Entry(KernelLock row)
    {
        private readonly List<KernelLock> _blockers = [];

        public KernelLock Row => row;

        /// <summary>One bit for each reading that showed it; none for a lock that only a descriptor showed.</summary>
        public int SeenIn { get; set; }

        public List<LockParty> Parties { get; } = [];

        public IReadOnlyList<KernelLock> Blockers => _blockers;

        public FileIdentity? File { get; private set; }

        public FilePath? Path { get; private set; }

        public PathState State { get; private set; }

        public bool IsUnresolved => Parties.Count == 0;

        public void AddBlockers(IReadOnlyList<KernelLock> blockers)
        {
            foreach (var blocker in blockers)
            {
                if (!_blockers.Exists(b => LockKey.Of(b) == LockKey.Of(blocker)))
                    _blockers.Add(blocker);
            }
        }

        // One party a process: it may have several descriptors of the one open file.
        public void AddParty(ProcessFacts process, OpenedAs? opened)
        {
            if (!Parties.Exists(p => p.Process.Pid == process.Pid))
                Parties.Add(new LockParty(process, opened?.Descriptor));
        }

        public ForeignView? Foreign { get; private set; }

        public void Place(FileIdentity? file, ResolvedPath resolved)
        {
            if (file is not null)
            {
                File = file;
                (Path, State, Foreign) = resolved;
            }
        }

        public LockEntry ToFact() => new(row, Parties, Path, State, File, _blockers) { Foreign = Foreign };
    }
}
