using System.Diagnostics;
using System.Globalization;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Finds the other names of files in a store: nothing leads from an inode to its names, so the directories are gone through, nearest to the root first.</summary>
/// <param name="nameLimit">Names to look at in all.</param>
/// <param name="patience">Time to take in all.</param>
public sealed class LinkedNameSearch(IReadOnlyList<Mount> mounts, long nameLimit = 500_000, TimeSpan? patience = null)
{
    private readonly TimeSpan _patience = patience ?? TimeSpan.FromSeconds(3);

    /// <summary>All names below the roots of each of these files, as far as the search came.</summary>
    public IReadOnlyDictionary<FileIdentity, OtherNames> Find(IEnumerable<FilePath> roots, IReadOnlyCollection<FileIdentity> files, CancellationToken stop)
    {
        var wanted = files.Select(f => f.Inode).ToHashSet();
        var found = files.Distinct().ToDictionary(f => f, _ => new List<FilePath>());
        var started = Stopwatch.GetTimestamp();
        var queue = new Queue<FilePath>(roots.Where(r => Mount.At(mounts, r) is { IsLocalDisk: true }));
        long names = 0;
        string? ended = null;
        while (ended is null && queue.TryDequeue(out var path))
        {
            stop.ThrowIfCancellationRequested();
            if (!FileDescriptor.OpenDirectory(path.Bytes).TryGet(out var directory))
                continue;
            using (directory)
            {
                Listing.ForEach(directory, (name, inode, kind) =>
                {
                    names++;
                    // Other file systems are not entered: a mount may be a file server's.
                    if (kind == FileKind.Directory && !name.SequenceEqual(".ops-quarantine"u8) && path.Join(name) is var inner && !mounts.Any(m => m.MountPoint == inner))
                        queue.Enqueue(inner);
                    else if (wanted.Contains(inode) && directory.Stat(name).TryGet(out var status) && found.TryGetValue(status.Identity, out var list))
                        list.Add(path.Join(name));
                }, stop);
            }

            ended = names >= nameLimit ? string.Create(CultureInfo.InvariantCulture, $"the search ended after {names} names")
                : Stopwatch.GetElapsedTime(started) >= _patience ? string.Create(CultureInfo.InvariantCulture, $"the search ended after {_patience.TotalSeconds:0.#} s and {names} names")
                : null;
        }
        if (queue.Count == 0)
            ended = null;
        return found.ToDictionary(f => f.Key, f => new OtherNames(f.Value, ended));
    }
}
