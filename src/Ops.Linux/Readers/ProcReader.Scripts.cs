using System.Text;
using Ops.Locks;

namespace Ops.Linux;

public sealed partial class ProcReader
{
    private const int ScriptLimit = 64 * 1024;

    /// <summary>
    /// Reads the scripts that interpreters were started with, as they are now. Only regular files of local file systems are opened; any other, and one that is
    /// longer than 64 KiB, counts as unreadable.
    /// </summary>
    public ProcessTable WithScripts(ProcessTable processes)
    {
        lock (_gate)
        {
            if (!_files.OpenRoot().TryGet(out var root))
                return processes;
            using (root)
            {
                var mounts = MountReader.Read(_files).Mounts;
                var scripts = new Dictionary<int, string?>();
                foreach (var process in processes.Processes.Values)
                {
                    if (process.IsAlive && ScriptOwner.ScriptFile(process) is { } script)
                        scripts[process.Pid] = ReadScript(root, mounts, process.Pid, script);
                }
                return processes with { Scripts = scripts };
            }
        }
    }

    private static string? ReadScript(FileDescriptor root, IReadOnlyList<Mount> mounts, int pid, string script)
    {
        Span<byte> name = stackalloc byte[11];
        if (!root.OpenSubdirectory(ProcFiles.Name(pid, name)).TryGet(out var directory))
            return null;
        using (directory)
        {
            // Its own root and its directory as we would name them: in another mount namespace these texts lead nowhere, or are compared for nothing.
            if (!directory.ReadLink("root"u8).TryGet(out var itsRoot) || itsRoot is not [(byte)'/'] || !directory.ReadLink("cwd"u8).TryGet(out var itsDirectory))
                return null;
            var path = new FilePath(itsDirectory).Resolve(Encoding.UTF8.GetBytes(script));
            if (Mount.At(mounts, path) is not { IsLocal: true })
                return null;
            return ArtefactReader.ReadStart(path, ScriptLimit + 1).TryGet(out var bytes) && bytes.Length <= ScriptLimit ? Encoding.Latin1.GetString(bytes) : null;
        }
    }
}
