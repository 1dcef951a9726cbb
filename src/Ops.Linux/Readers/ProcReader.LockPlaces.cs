using Ops.Locks;

namespace Ops.Linux;

public sealed partial class ProcReader
{
    // Where the file of a lock is: by what maps it, and by the descriptors that have it open.
    private sealed partial class LockLook
    {
        // The descriptor may be closed and the file still mapped: that keeps the open file, and so its lock, alive.
        private void FindMappings()
        {
            var unresolved = Gathered.Locks.Where(e => e.IsUnresolved && !e.Row.IsWaiter && e.Row.Device is not null).ToLookup(e => e.Row.Device!.Value);
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
                        if (!entry.HasPath && reader.IdentityOfMapping(root, pid, mapping) is { } open)
                            Place(entry, open, Paths.Resolve(() => mapping.Path.Bytes.ToArray(), open, () => Gathered.MountOf(mapping.Device)?.Id, pid));
                    }
                }
            }
        }

        private PathResolver Paths => _paths ??= new PathResolver(_mounts, reader.ReadMountsOf);

        private void Place(GatheredLock entry, OpenedAs? opened)
        {
            if (opened is null || entry.File is not null)
                return;
            using var table = Open(opened.Pid, opened.Thread);
            if (table is not null)
                Place(entry, table, opened);
        }

        private void Place(GatheredLock entry, DescriptorTable table, OpenedAs opened)
        {
            if (entry.File is null)
            {
                Place(entry, opened.File, Paths.Resolve(
                    () => table.PathOf(opened.Descriptor), opened.File, () => table.DetailsOf(opened.Descriptor, reader._files)?.MountId, opened.Pid));
            }
        }

        private static void Place(GatheredLock entry, FileIdentity file, ResolvedPath resolved) => entry.Place(file, resolved.Path, resolved.State, resolved.Foreign);
    }
}
