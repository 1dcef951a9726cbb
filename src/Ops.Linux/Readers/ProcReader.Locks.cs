using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Ops.Locks;

namespace Ops.Linux;

public sealed partial class ProcReader
{
    /// <summary>
    /// Every kernel lock with its true holders and waiters, its file and the state of its path. Rows of several readings are merged, since one
    /// is not a snapshot, and what the descriptors themselves say is added. Rows that are alike in class, file, range, mode and pid (two
    /// OFD readers) become one entry with all their parties.
    /// </summary>
    /// <param name="processes">A look that was just taken; processes that came since are added by themselves.</param>
    /// <param name="before">What the look before found: a lock of it that the readings do not show is looked for where it was held, see <see cref="LockTable.Released"/>.</param>
    /// <param name="keep">Whether what <paramref name="before"/> says may stand in for what has not changed, see <see cref="KeptLocks"/>.</param>
    public LockTable ReadLocks(ProcessTable processes, LockTable? before = null, bool keep = false)
    {
        lock (_gate)
        {
            if (!_files.OpenRoot().TryGet(out var root, out var error))
                return new LockTable([], [$"{options.ProcRoot} cannot be read: {error}"]);
            using (root)
                return new LockLook(this, root, processes, before ?? LockTable.Empty, keep && before?.Processes is not null).Read();
        }
    }

    private void After(LockLookPart part) => options.After?.Invoke(part);

    // Above this a list is read once, and the text is not kept.
    private const int LongestKept = 100 * GatheredLocks.LongList;

    private byte[] _list = [];
    private int _listed = -1;

    private ParsedLocks ReadRows() => ReadRows(out var rows, unlessSame: false) ? rows : throw new UnreachableException();

    /// <summary>Reads the list.</summary>
    /// <param name="unlessSame">Whether a text that is the same as that of the reading before need not be parsed again.</param>
    /// <returns>False when it is the same.</returns>
    private bool ReadRows([NotNullWhen(true)] out ParsedLocks? rows, bool unlessSame)
    {
        rows = null;
        if (_files.Read("locks"u8, out var text) is var error && error != Errno.None)
        {
            _listed = -1;
            rows = new ParsedLocks([], [$"/proc/locks cannot be read: {error}"]);
            return true;
        }
        if (unlessSame && _listed >= 0 && text.SequenceEqual(_list.AsSpan(0, _listed)))
            return false;
        _listed = -1;
        if (text.Length <= LongestKept)
        {
            if (_list.Length < text.Length)
                _list = new byte[text.Length + text.Length / 4];
            text.CopyTo(_list);
            _listed = text.Length;
        }
        rows = ProcLocks.Parse(text);
        return true;
    }

    /// <summary>One look: everything it gathers, so that nothing of it outlives it.</summary>
    private sealed partial class LockLook(ProcReader reader, FileDescriptor root, ProcessTable processes, LockTable before, bool keep)
    {
        private readonly IReadOnlyList<Mount> _mounts = MountReader.Read(reader._files).Mounts;
        private readonly Dictionary<(int Pid, ulong Inode), OpenedAs> _openers = [];
        private readonly Dictionary<int, ProcessFacts?> _processes = [];
        private readonly HashSet<int> _verified = [];
        private readonly SortedSet<int> _unreadable = [];
        private GatheredLocks? _gathered;
        private PathResolver? _paths;
        private byte[]? _ourMounts;

        private GatheredLocks Gathered => _gathered ??= new GatheredLocks(_mounts, before);

        public LockTable Read()
        {
            try
            {
                return Look();
            }
            finally
            {
                _paths?.Dispose();
            }
        }

        private LockTable Look()
        {
            ReadList();
            if (keep)
                Keep();
            var unseen = Gathered.Unseen().ToList();
            if (Gathered.Locks.Count > 0 || unseen.Count > 0)
            {
                var suspects = Gathered.Suspects(unseen, processes.Processes.Keys, keep ? Newcomers() : null);
                reader.After(LockLookPart.List);
                LookAtDescriptors(suspects, byInode: true);
                reader.After(LockLookPart.Descriptors);
                LookAgainForUnplacedRows();
                Gathered.DropReleased();
                if (Gathered.NeedsSearchWithoutInode)
                    LookAtDescriptors(processes.Processes.Keys, byInode: false);
                NameOwnersAndWaiters();
                FindMappings();
                Gathered.ShareFilesWithWaiters();
                Gathered.PlaceUnresolved(_unreadable);
            }
            if (!processes.IsComplete)
                Gathered.AddGap(processes.Gap ?? "not all processes can be seen");
            return Gathered.ToTable([.. Gathered.Unseen().Where(IsReleased)]) with { Processes = processes };
        }

        private void ReadList()
        {
            var first = reader.ReadRows();
            Gathered.Merge(first, 1);
            if (first.Rows.Count > reader._files.Options.LongList)
            {
                // A row that this reading leaves out is in the next one, or is found where it was held before.
                if (keep)
                    Gathered.MergeSame();
                else
                    Gathered.AskEveryDescriptor();
                return;
            }
            if (reader.ReadRows(out var second, unlessSame: true))
                Gathered.Merge(second, 2);
            else
                Gathered.MergeSame();
            if (Gathered.NeedsThirdReading)
                Gathered.Merge(reader.ReadRows(), 3);
        }

        /// <summary>No reading shows it, and its holders, who could be looked into, do not have it any more. A process that holds a lock through a mapping or a socket shows nothing,
        /// and who waits neither: those only the list shows, until a waiter has what it waited for or has ended.</summary>
        private bool IsReleased(LockEntry entry) => entry.Parties.Count > 0 && entry.Parties.All(p => entry.Lock.IsWaiter
            ? Gathered.Contains(LockKey.Of(entry.Lock) with { IsWaiter = false }) || Process(p.Process.Pid)?.Identity != p.Process.Identity
            : p.Descriptor is not null && !_unreadable.Contains(p.Process.Pid));

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
                    // Where most of what a process has open is locked, to ask which inode it is first costs more than it saves.
                    var isMostlyLocked = byInode && Gathered.RowsOf(pid) * 2 > descriptors.Count;
                    var isByPath = isMostlyLocked && !Gathered.AsksEveryDescriptor && SharesOurMounts(opened);
                    foreach (var descriptor in descriptors)
                    {
                        if (isMostlyLocked && Gathered.AsksEveryDescriptor)
                            LookAtDetails(opened, pid, thread, descriptor, null);
                        else if (!isByPath || !IsFoundByPath(opened, pid, thread, descriptor))
                            LookAt(opened, pid, thread, descriptor, byInode);
                    }
                }
            }
        }

        private void LookAt(DescriptorTable table, int pid, int? thread, int descriptor, bool byInode)
        {
            if (!table.FileOf(descriptor).TryGet(out var file))
                return;
            var needsDetails = true;
            if (byInode && Gathered.AsksEveryDescriptor ? file.Kind != FileKind.Regular && !Gathered.MayBeOn(file.Identity.Inode, out _)
                : byInode ? !Gathered.MayBeOn(file.Identity.Inode, out needsDetails)
                : file is not { Kind: FileKind.Regular, Identity.Major: 0 })
            {
                return;
            }
            if (needsDetails)
            {
                LookAtDetails(table, pid, thread, descriptor, file.Identity);
                return;
            }
            var opened = new OpenedAs(pid, thread, descriptor, file.Identity);
            var owns = false;
            foreach (var entry in Gathered.OwnedBy(file.Identity, pid))
            {
                Join(entry, table, opened);
                owns = true;
            }
            NoteOpener(opened, file.Identity.Inode, owns);
        }

        private bool SharesOurMounts(DescriptorTable table) =>
            (_ourMounts ??= reader.OurMountNamespace()) is { } ours && MountNamespaceOf(table.Owner) is { } theirs && theirs.AsSpan().SequenceEqual(ours);

        /// <summary>
        /// The usual case in two questions instead of three: the path of the descriptor, and what is there. If that is a file on which the row gives this process a record lock,
        /// it is through this name that it was opened. A path of which the kernel says that it is gone, of another mount namespace, or on a file system that may not answer is left
        /// to the questions that find out more.
        /// </summary>
        private bool IsFoundByPath(DescriptorTable table, int pid, int? thread, int descriptor)
        {
            if (!table.PathOf(descriptor).TryGet(out var path) || Paths.LookAt(path) is not { } seen || !Gathered.MayBeOn(seen.Identity.Inode, out var needsDetails) || needsDetails
                || Gathered.IsWaitedFor(seen.Identity.Inode))
            {
                return false;
            }
            var owns = false;
            foreach (var entry in Gathered.OwnedBy(seen.Identity, pid))
            {
                if (Verified(pid, thread, table) is { } process)
                    entry.AddParty(process, descriptor);
                if (entry.File is null)
                    entry.Place(seen.Identity, seen.Path, PathState.Current, foreign: null, seen);
                owns = true;
            }
            return owns;
        }

        /// <param name="file">What <c>stat</c> says that it is; null: not asked yet.</param>
        private void LookAtDetails(DescriptorTable table, int pid, int? thread, int descriptor, FileIdentity? file)
        {
            if (table.DetailsOf(descriptor, reader._files) is not { IsPathOnly: false } details)
                return;
            foreach (var line in details.Unparsed)
                Gathered.AddGap($"/proc/{pid}/fdinfo/{descriptor}: not understood: {line}");
            if (file is null && details.Locks.Count == 0 && details.Inode is { } inode && !Gathered.MayBeOn(inode, out _))
                return;
            file ??= Gathered.FileOf(details) ?? (table.FileOf(descriptor).TryGet(out var reference) ? reference.Identity : null);
            if (file is not { } identity)
                return;
            var opened = new OpenedAs(pid, thread, descriptor, identity);
            foreach (var row in details.Locks)
                Join(Gathered.OfRow(row), table, opened);
            // By the number that rows show: on overlay it may differ from that of stat.
            NoteOpener(opened, details.Inode ?? identity.Inode, details.Locks.Count > 0);
        }

        /// <summary>Keeps who has the file open for rows that no fdinfo explains: of those who wait, and of those whose lock was not found.</summary>
        private void NoteOpener(OpenedAs opened, ulong inode, bool isExplained)
        {
            if (!isExplained || Gathered.IsWaitedFor(inode))
                _openers.TryAdd((opened.Pid, inode), opened);
        }

        private void Join(GatheredLock entry, DescriptorTable table, OpenedAs opened)
        {
            if (Verified(opened.Pid, opened.Thread, table) is { } process)
                entry.AddParty(process, opened.Descriptor);
            Place(entry, table, opened);
        }

        /// <summary>A row that no descriptor shows was released since it was read, unless it is listed still; then its file may have been opened after the look.</summary>
        private void LookAgainForUnplacedRows()
        {
            var unplaced = Gathered.Locks.Where(IsUnplaced).Select(e => LockKey.Of(e.Row)).ToList();
            if (unplaced.Count == 0)
                return;
            var listed = reader.ReadRows().Rows.Select(LockKey.Of).ToHashSet();
            if (!unplaced.TrueForAll(listed.Contains))
            {
                // One reading can leave out a row that is there, and nothing else may show this one.
                listed.UnionWith(reader.ReadRows().Rows.Select(LockKey.Of));
            }
            Gathered.Remove(unplaced.Where(key => !listed.Contains(key)));
            LookAtDescriptors(unplaced.Where(listed.Contains).Select(key => key.Pid).Where(pid => pid > 0 && !_unreadable.Contains(pid)).Distinct().ToList(), byInode: true);
        }

        private bool IsUnplaced(GatheredLock entry) => entry.Row is { IsWaiter: true, Device: { } device }
            ? entry.Row.Pid > 0 && !_openers.ContainsKey((entry.Row.Pid, device.Inode))
            : entry.IsUnresolved;

        private void NameOwnersAndWaiters()
        {
            foreach (var entry in Gathered.Locks)
            {
                var row = entry.Row;
                if (row is { IsWaiter: true, Class: LockClass.Ofd })
                {
                    FindOfdWaiters(entry);
                }
                else if (row.Pid > 0 && entry.IsUnresolved && (row.IsWaiter || row.Class == LockClass.Posix) && Process(row.Pid) is { } process)
                {
                    var opened = row.Device is { } device ? _openers.GetValueOrDefault((row.Pid, device.Inode)) : null;
                    entry.AddParty(process, opened?.Descriptor);
                    Place(entry, opened);
                }
            }
        }

        // The list names no process and fdinfo shows no waiters: who sleeps in the call, on a descriptor of this inode, is one.
        private void FindOfdWaiters(GatheredLock entry)
        {
            if (entry.Row.Device is not { } device)
                return;
            foreach (var (pid, opened) in _openers.Where(o => o.Key.Inode == device.Inode).Select(o => (o.Key.Pid, o.Value)).ToList())
            {
                if (Process(pid) is not { } process || !SleepsOnOfdLock(pid, opened.File, out var descriptor))
                    continue;
                var through = opened with { Descriptor = descriptor };
                entry.AddParty(process, descriptor);
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

    private byte[]? OurMountNamespace()
    {
        if (!FileDescriptor.OpenDirectoryFollowingLinks([.. _files.Root, .. "/self"u8]).TryGet(out var self))
            return null;
        using (self)
            return MountNamespaceOf(self);
    }

    /// <summary>Null where it cannot be read.</summary>
    private static byte[]? MountNamespaceOf(FileDescriptor process)
    {
        if (!process.OpenSubdirectory("ns"u8).TryGet(out var spaces))
            return null;
        using (spaces)
            return spaces.ReadLink("mnt"u8).TryGet(out var mounts) ? mounts : null;
    }

    private List<int> LiveTasksOf(FileDescriptor root, int pid)
    {
        Span<byte> name = stackalloc byte[11];
        if (!root.OpenSubdirectory(ProcFiles.Name(pid, name)).TryGet(out var process))
            return [];
        using (process)
            return LiveTasks(process);
    }

    private sealed record OpenedAs(int Pid, int? Thread, int Descriptor, FileIdentity File);
}
