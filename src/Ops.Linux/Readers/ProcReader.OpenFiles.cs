using System.Globalization;
using System.Text;
using Ops.Locks;

namespace Ops.Linux;

public sealed partial class ProcReader
{
    /// <summary>
    /// Who has any of these files open or mapped, has it as working directory or root. Not visible from here: descriptors that are on their
    /// way through a socket, and files that only io_uring holds.
    /// </summary>
    /// <param name="processes">A look that was just taken. Processes that came since are not asked, except through a second listing.</param>
    /// <param name="files">Identities as <c>stat</c> gives them.</param>
    public OpenFileIndex ReadOpenFiles(ProcessTable processes, IReadOnlySet<FileIdentity> files)
    {
        lock (_gate)
        {
            if (!_files.OpenRoot().TryGet(out var root))
                return new OpenFileIndex(new Dictionary<FileIdentity, IReadOnlyList<OpenFile>>(), [0]);
            using (root)
                return new OpenFileLook(this, root, files).Read(processes);
        }
    }

    /// <summary>The mounts that a process sees; empty where they cannot be read.</summary>
    private IReadOnlyList<Mount> ReadMountsOf(int pid) =>
        _files.Read(Encoding.ASCII.GetBytes($"{pid}/mountinfo"), out var text) == Errno.None ? MountInfo.Parse(text).Mounts : [];

    private ParsedMaps? ReadMappings(FileDescriptor root, int pid, IReadOnlySet<ulong> inodes)
    {
        Span<byte> name = stackalloc byte[11];
        if (!root.OpenSubdirectory(ProcFiles.Name(pid, name)).TryGet(out var directory))
            return null;
        using (directory)
            return _files.Read(directory, "maps"u8, out var text) == Errno.None ? ProcMaps.Parse(text, inodes) : null;
    }

    private FileIdentity? IdentityOfMapping(FileDescriptor root, int pid, FileMapping mapping)
    {
        Span<byte> name = stackalloc byte[11];
        if (!root.OpenSubdirectory(ProcFiles.Name(pid, name)).TryGet(out var directory))
            return null;
        using (directory)
            return IdentityOfMapping(directory, mapping);
    }

    private static FileIdentity? IdentityOfMapping(FileDescriptor process, FileMapping mapping) =>
        OfMapping(process, mapping, static (directory, name) => directory.IdentityFollowingLinks(name).TryGet(out var file) ? file.Identity : (FileIdentity?)null);

    private static FileTime? BirthOfMapping(FileDescriptor process, FileMapping mapping) =>
        OfMapping(process, mapping, static (directory, name) => directory.StatFollowing(name).TryGet(out var status) ? status.CreatedAt : null);

    /// <summary>Asks about the file behind a mapping, through its link in <c>map_files</c>; null where that cannot be opened.</summary>
    private static T? OfMapping<T>(FileDescriptor process, FileMapping mapping, Func<FileDescriptor, byte[], T?> ask)
        where T : struct
    {
        if (!process.OpenSubdirectory("map_files"u8).TryGet(out var directory))
            return null;
        using (directory)
            return ask(directory, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{mapping.Start:x}-{mapping.End:x}")));
    }

    private sealed class OpenFileLook(ProcReader reader, FileDescriptor root, IReadOnlySet<FileIdentity> files)
    {
        private readonly Dictionary<FileIdentity, IReadOnlyList<OpenFile>> _found = [];
        private readonly SortedSet<int> _unreadable = [];
        private const int NamelessLimit = 1000;
        private readonly HashSet<ulong> _inodes = [.. files.Select(f => f.Inode)];
        private readonly List<int> _descriptors = [];
        private readonly List<OpenFile> _nameless = [];
        private readonly List<FileWatch> _watches = [];
        private IReadOnlyList<Mount>? _ourMounts;
        private HashSet<int>? _ourMountIds;
        private PathResolver? _paths;
        private (int Pid, IReadOnlyList<Mount> Mounts)? _mountsOf;

        public OpenFileIndex Read(ProcessTable processes)
        {
            try
            {
                return Look(processes);
            }
            finally
            {
                _paths?.Dispose();
            }
        }

        private OpenFileIndex Look(ProcessTable processes)
        {
            foreach (var process in processes.Processes.Values)
                Look(process);
            // A descriptor can move to a process that was forked after the first listing.
            List<int> pids = [];
            if (root.OpenDirectoryBelow(default).TryGet(out var again))
            {
                using (again)
                    reader._files.Numbers(again, pids);
            }
            foreach (var pid in pids.Where(pid => !processes.Processes.ContainsKey(pid)))
            {
                if (reader.ReadProcess(root, pid) is { } process)
                    Look(process);
            }
            return new OpenFileIndex(_found, [.. _unreadable]) { Nameless = _nameless, Watches = _watches };
        }

        private void Look(ProcessFacts process)
        {
            if (process.IsKernelThread)
                return;
            if (process.State is 'Z' or 'X')
            {
                foreach (var thread in reader.LiveTasksOf(root, process.Pid))
                    Look(process, thread);
            }
            else
            {
                Look(process, null);
            }
        }

        private void Look(ProcessFacts process, int? thread)
        {
            if (!DescriptorTable.Open(root, process.Pid, thread).TryGet(out var table, out var error)
                || (error = reader._files.Numbers(table.Descriptors, _descriptors)) != Errno.None)
            {
                NoteUnreadable(process, error);
                table?.Dispose();
                return;
            }
            using (table)
            {
                if (!table.BelongsTo(process, thread, reader._files))
                {
                    if (reader.ReadProcess(root, process.Pid) is not { } successor)
                        return;
                    process = successor;
                }
                foreach (var descriptor in _descriptors)
                    LookAtDescriptor(process, table, descriptor);
                LookAtDirectory(process, table, "cwd"u8);
                LookAtDirectory(process, table, "root"u8);
                LookAtMappings(process, table);
            }
        }

        private void LookAtDescriptor(ProcessFacts process, DescriptorTable table, int descriptor)
        {
            if (!table.FileOf(descriptor).TryGet(out var file, out var error))
            {
                NoteUnreadable(process, error);
            }
            else if (!files.Contains(file.Identity))
            {
                if (file is { HasName: false, Kind: FileKind.Regular })
                    NoteNameless(process, table, descriptor, file.Identity);
                if (file.Kind == FileKind.Unknown)
                    LookAtWatches(process, table, descriptor);
                if (file.Kind == FileKind.Regular && IsNumberSought(file.Identity) && table.PathOf(descriptor).TryGet(out var path)
                    && LayersOver(file.Identity, process, path, table.DetailsOf(descriptor, reader._files)?.MountId, table) is { } areNamed)
                {
                    AddThroughLayer(new OpenFile(file.Identity, process, descriptor, table.DetailsOf(descriptor, reader._files)?.CanWrite ?? true, new FilePath(path))
                    {
                        BornAt = table.BirthOf(descriptor),
                        AreLayersNamed = areNamed,
                    });
                }
            }
            else
            {
                var path = table.PathOf(descriptor);
                Add(new OpenFile(file.Identity, process, descriptor, table.DetailsOf(descriptor, reader._files)?.CanWrite ?? true, path.Succeeded ? new FilePath(path.Value) : null));
            }
        }

        private void NoteNameless(ProcessFacts process, DescriptorTable table, int descriptor, FileIdentity file)
        {
            // Shared memory and memfd are nameless files as well, by the thousand: only what had a name on a disk is asked about further.
            if (_nameless.Count >= NamelessLimit || !table.PathOf(descriptor).TryGet(out var path) || path is not [(byte)'/', ..] || !path.AsSpan().EndsWith(" (deleted)"u8)
                || path.AsSpan().StartsWith("/memfd:"u8) || path.AsSpan().StartsWith("/dev/"u8)
                || table.DetailsOf(descriptor, reader._files) is not { CanWrite: true, MountId: { } mount })
            {
                return;
            }

            _ourMounts ??= MountReader.Read(reader._files).Mounts;
            if ((_ourMountIds ??= [.. _ourMounts.Select(m => m.Id)]).Contains(mount))
            {
                _nameless.Add(new OpenFile(file, process, descriptor, CanWrite: true, new FilePath(path)));
                return;
            }
            // The same text means another file in another mount namespace: what it means on this host is asked of both mount tables.
            _paths ??= new PathResolver(_ourMounts, reader.ReadMountsOf);
            if (_paths.Resolve(() => path, file, () => mount, process.Pid) is { State: PathState.Replaced or PathState.Deleted, Path: { } here, Foreign: { } foreign })
                _nameless.Add(new OpenFile(file, process, descriptor, CanWrite: true, here.Append(" (deleted)")) { Foreign = foreign });
        }

        private void LookAtDirectory(ProcessFacts process, DescriptorTable table, ReadOnlySpan<byte> name)
        {
            if (!table.Owner.IdentityFollowingLinks(name).TryGet(out var file, out var error))
            {
                NoteUnreadable(process, error);
            }
            else if (files.Contains(file.Identity))
            {
                var path = table.Owner.ReadLink(name);
                Add(new OpenFile(file.Identity, process, null, CanWrite: false, path.Succeeded ? new FilePath(path.Value) : null));
            }
        }

        private void LookAtMappings(ProcessFacts process, DescriptorTable table)
        {
            var error = reader._files.Read(table.Owner, "maps"u8, out var text);
            if (error != Errno.None)
            {
                NoteUnreadable(process, error);
                return;
            }
            foreach (var mapping in ProcMaps.Parse(text, _inodes).Mappings)
            {
                // The number is the superblock's; only the mapping itself identifies the file where numbers are not unique.
                var identity = IdentityOfMapping(table.Owner, mapping) ?? (files.Contains(mapping.Device) ? mapping.Device : null);
                if (identity is null)
                    _unreadable.Add(process.Pid);
                else if (files.Contains(identity.Value))
                    Add(new OpenFile(identity.Value, process, null, mapping.CanWrite, mapping.Path));
                else if (IsNumberSought(identity.Value) && LayersOver(identity.Value, process, mapping.Path.Bytes, null, table) is { } areNamed)
                    AddThroughLayer(new OpenFile(identity.Value, process, null, mapping.CanWrite, mapping.Path) { BornAt = BirthOfMapping(table.Owner, mapping), AreLayersNamed = areNamed });
            }
        }

        /// <summary>
        /// An overlay gives the files of its layers a device of its own, and the number that they have below (fs/overlayfs/inode.c <c>ovl_map_dev_ino</c>). The same number on an overlay may be the same file.
        /// A mount that is in no table any more was taken away while its files were open: it may have been one.
        /// </summary>
        /// <returns>Null when it is not on an overlay; otherwise whether that names all its layers by whole paths.</returns>
        private bool? LayersOver(FileIdentity open, ProcessFacts process, ReadOnlySpan<byte> path, int? mountId, DescriptorTable table)
        {
            // Shared memory is on a mount of the kernel's own, which is in no table either.
            if (path is not [(byte)'/', ..] || path.StartsWith("/memfd:"u8) || path.StartsWith("/SYSV"u8) || path.StartsWith("/dev/"u8) || path.StartsWith("/["u8))
                return null;
            if (_mountsOf?.Pid != process.Pid)
                _mountsOf = (process.Pid, reader._files.Read(table.Owner, "mountinfo"u8, out var text) == Errno.None ? MountInfo.Parse(text).Mounts : []);
            var mounts = _mountsOf.Value.Mounts;
            if (mountId is { } id && mounts.FirstOrDefault(m => m.Id == id) is { } mount)
                return mount.FileSystem == "overlay" ? AreNamed(mount) : null;
            var ofDevice = mounts.Where(m => (m.Major, m.Minor) == (open.Major, open.Minor)).ToList();
            return !mounts.Any(m => m.FileSystem == "overlay") || ofDevice.Exists(m => m.FileSystem != "overlay") ? null : ofDevice is [var one, ..] && AreNamed(one);
        }

        private static bool AreNamed(Mount overlay) => overlay.Layers.Count > 0 && overlay.Layers.All(l => l.Bytes is [(byte)'/', ..]);

        // Descriptors without a file (inotify, epoll, eventfd) differ by the text of their link alone.
        private void LookAtWatches(ProcessFacts process, DescriptorTable table, int descriptor)
        {
            if (table.PathOf(descriptor).TryGet(out var path) && path.AsSpan().SequenceEqual("anon_inode:inotify"u8) && table.DetailsOf(descriptor, reader._files) is { } details)
                _watches.AddRange(details.Watches.Where(w => _inodes.Contains(w.Inode)).Select(w => new FileWatch(w, process)));
        }

        private bool IsNumberSought(FileIdentity open) => open.Major == 0 && _inodes.Contains(open.Inode);

        private void AddThroughLayer(OpenFile open)
        {
            foreach (var file in files.Where(f => f.Inode == open.File.Inode))
                Add(open with { File = file, IsThroughLayer = true });
        }

        // Gone means that nothing is open any more; closed in between likewise.
        private void NoteUnreadable(ProcessFacts process, Errno error)
        {
            if (error is not (Errno.NotFound or Errno.NoSuchProcess))
                _unreadable.Add(process.Pid);
        }

        private void Add(OpenFile open)
        {
            if (!_found.TryGetValue(open.File, out var list))
                _found.Add(open.File, list = new List<OpenFile>());
            ((List<OpenFile>)list).Add(open);
        }
    }
}
