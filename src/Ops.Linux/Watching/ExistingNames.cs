using Ops.Locks;

namespace Ops.Linux;

/// <summary>Whether anything is at names, and nothing else of it: each directory is opened once.</summary>
public static class ExistingNames
{
    /// <returns>Those that exist, and those of which it is not known.</returns>
    /// <exception cref="OperationCanceledException">At the next directory after <paramref name="stop"/>.</exception>
    public static List<FilePath> Among(IEnumerable<FilePath> names, CancellationToken stop)
    {
        List<FilePath> existing = [];
        foreach (var group in names.GroupBy(n => n.Parent))
        {
            stop.ThrowIfCancellationRequested();
            if (!FileDescriptor.OpenDirectory(group.Key.Bytes).TryGet(out var directory, out var error))
            {
                if (error is not (Errno.NotFound or Errno.NotADirectory))
                    existing.AddRange(group);
                continue;
            }
            using (directory)
                existing.AddRange(group.Where(n => directory.Stat(n.Name).Error is not (Errno.NotFound or Errno.NotADirectory)));
        }
        return existing;
    }
}
