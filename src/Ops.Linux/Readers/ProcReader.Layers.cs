using Ops.Locks;

namespace Ops.Linux;

public sealed partial class ProcReader
{
    /// <summary>The layers of every overlay that some process sees mounted. Kernel threads and processes that cannot be looked into are left out: the latter are reported as unreadable elsewhere.</summary>
    public IReadOnlyList<OverlayLayer> ReadLayers(ProcessTable processes)
    {
        lock (_gate)
        {
            if (!_files.OpenRoot().TryGet(out var root))
                return [];
            using (root)
            {
                List<OverlayLayer> layers = [];
                var seen = new HashSet<string>(StringComparer.Ordinal);
                foreach (var process in processes.Processes.Values.Where(p => !p.IsKernelThread))
                    AddLayers(root, process.Pid, seen, layers);
                return [.. layers.DistinctBy(l => (l.Directory, l.MountPoint))];
            }
        }
    }

    private void AddLayers(FileDescriptor root, int pid, HashSet<string> seen, List<OverlayLayer> layers)
    {
        Span<byte> name = stackalloc byte[11];
        if (!root.OpenSubdirectory(ProcFiles.Name(pid, name)).TryGet(out var process))
            return;
        using (process)
        {
            if (!process.OpenSubdirectory("ns"u8).TryGet(out var namespaces))
                return;
            using (namespaces)
            {
                if (!namespaces.ReadLink("mnt"u8).TryGet(out var link) || !seen.Add(System.Text.Encoding.ASCII.GetString(link)))
                    return;
            }
            if (_files.Read(process, "mountinfo"u8, out var text) == Errno.None)
                layers.AddRange(MountInfo.Parse(text).Mounts.SelectMany(m => m.Layers, (m, layer) => new OverlayLayer(layer, m.MountPoint, pid)).Where(l => l.Directory.Bytes is [(byte)'/', ..]));
        }
    }
}
