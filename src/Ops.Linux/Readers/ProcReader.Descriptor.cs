using Ops.Locks;

namespace Ops.Linux;

/// <summary>An open file of a process, and whether its path still leads to it.</summary>
/// <param name="Path">As the kernel prints it, without " (deleted)"; null when it could not be determined.</param>
public sealed record OpenDescriptor(ProcessIdentity Process, int Descriptor, FileIdentity File, FileKind Kind, FilePath? Path, PathState State);

public sealed partial class ProcReader
{
    /// <summary>One descriptor of one process as it is now. A failure says why: <see cref="Errno.NotFound"/> or <see cref="Errno.NoSuchProcess"/> when there is no such
    /// process or descriptor.</summary>
    public Result<OpenDescriptor> ReadDescriptor(int pid, int descriptor)
    {
        lock (_gate)
        {
            if (!OpenDescriptors(pid).TryGet(out var opened, out var error))
                return error;
            using (opened.Table)
                return Read(opened.Table, opened.Process, descriptor);
        }
    }

    /// <summary>State and first bytes of a regular file that a process has open, whatever its name leads to now. The process and its file position are not touched; the access time stays.
    /// The caller leaves out files with a lease, which an open would break.</summary>
    /// <param name="count">Bytes to read at most.</param>
    public Result<(FileStatus Status, byte[] Start)> ReadBehind(ProcessIdentity process, int descriptor, int count)
    {
        if (!OpenDescriptor(process, descriptor).TryGet(out var opened, out var error))
            return error;
        using (opened.File)
        {
            return !opened.File.Stat().TryGet(out var status, out error) ? error
                : !opened.File.ReadUpTo(count).TryGet(out var start, out error) ? error
                : (status, start);
        }
    }

    /// <summary>Opens for reading what a process has open. Everything is asked through one directory of <c>/proc</c>, so no other process can be meant.</summary>
    internal Result<(FileDescriptor File, OpenDescriptor Seen)> OpenDescriptor(ProcessIdentity process, int descriptor)
    {
        lock (_gate)
        {
            if (!OpenDescriptors(process.Pid).TryGet(out var opened, out var error))
                return error;
            using (opened.Table)
            {
                if (opened.Process != process)
                    return Errno.NoSuchProcess;
                if (!Read(opened.Table, process, descriptor).TryGet(out var seen, out error))
                    return error;
                if (seen.Kind != FileKind.Regular)
                    return Errno.BadDescriptor;
                Span<byte> name = stackalloc byte[11];
                return opened.Table.Descriptors.OpenBehindDescriptor(ProcFiles.Name(descriptor, name)).TryGet(out var file, out error) ? (file, seen) : error;
            }
        }
    }

    private Result<(DescriptorTable Table, ProcessIdentity Process)> OpenDescriptors(int pid)
    {
        if (!_files.OpenRoot().TryGet(out var root, out var error))
            return error;
        using (root)
        {
            if (!DescriptorTable.Open(root, pid, null).TryGet(out var table, out error))
                return error;
            error = _files.ReadWhole(table.Owner, "stat"u8, out var text);
            if (error == Errno.None && ProcStat.Parse(text) is { } stat)
                return (table, new ProcessIdentity(BootId, pid, stat.StartTicks));
            table.Dispose();
            return error == Errno.None ? Errno.NoSuchProcess : error;
        }
    }

    private Result<OpenDescriptor> Read(DescriptorTable table, ProcessIdentity process, int descriptor)
    {
        if (!table.FileOf(descriptor).TryGet(out var file, out var error))
            return error;
        using var paths = new PathResolver(MountReader.Read(_files).Mounts, ReadMountsOf);
        var (path, state, _) = paths.Resolve(
            () => table.PathOf(descriptor), file.Identity, () => table.DetailsOf(descriptor, _files)?.MountId, process.Pid);
        return new OpenDescriptor(process, descriptor, file.Identity, file.Kind, path, state);
    }
}
