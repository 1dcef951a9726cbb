using Ops.Locks;

namespace Ops.Linux;

/// <summary>How an audit gets into directories: never over a symbolic link, never below a mount that does not answer, and never without saying what it did not see.</summary>
internal sealed class StoreDescent(AuditTally tally, IReadOnlyList<Mount> silent)
{
    /// <summary>Each level keeps one descriptor.</summary>
    private const int DepthLimit = 400;

    /// <summary>What is done with a directory that was opened; the number is its depth below the root.</summary>
    public delegate void Visit(FileDescriptor directory, FilePath path, int depth);

    /// <summary>Opens each root that is not below another one: seen twice, a message would be counted twice.</summary>
    public void Enter(IReadOnlyList<FilePath> roots, Visit visit)
    {
        foreach (var root in FilePath.Outermost(roots))
        {
            if (IsSilent(root))
                continue;
            if (!FileDescriptor.OpenDirectory(root.Bytes).TryGet(out var directory, out var error))
            {
                tally.NotSeen(root, $"cannot be opened: {error}");
                continue;
            }
            using (directory)
                visit(directory, root, 0);
        }
    }

    /// <summary>Opens a directory in one that is open.</summary>
    public void Into(FileDescriptor directory, FilePath path, byte[] name, int depth, Visit visit)
    {
        var innerPath = path.Join(name);
        if (IsSilent(innerPath))
            return;
        if (depth >= DepthLimit)
        {
            tally.NotSeen(innerPath, $"more than {DepthLimit} directories deep");
            return;
        }
        if (directory.OpenSubdirectory(name).TryGet(out var inner, out var error))
        {
            using (inner)
                visit(inner, innerPath, depth + 1);
        }
        else if (error is not (Errno.NotFound or Errno.NotADirectory or Errno.SymbolicLink))
        {
            tally.NotSeen(innerPath, $"cannot be opened: {error}");
        }
    }

    private bool IsSilent(FilePath path)
    {
        if (silent.FirstOrDefault(m => path.IsAtOrBelow(m.MountPoint)) is not { } mount)
            return false;
        tally.NotSeen(path, MountProbe.Words(mount));
        return true;
    }
}
