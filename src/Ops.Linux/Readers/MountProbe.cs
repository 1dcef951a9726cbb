using System.Collections.Concurrent;
using System.Diagnostics;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Finds mounts that do not answer: a file server that is gone, a FUSE program that hangs. A thread that touches such a mount waits forever, so a thread of its
/// own does, once, and no other thread goes there until it comes back.</summary>
public sealed class MountProbe(TimeSpan patience)
{
    /// <summary>A file server that is only slow answers within this.</summary>
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(int Id, FilePath MountPoint), (Task Answer, long At)> _asked = new();

    public MountProbe()
        : this(DefaultPatience)
    {
    }

    /// <summary>Mounts at, above or below the places that give no answer now. Waits for the patience after a mount was first asked, then not again as long as it is silent; and not at all
    /// where all file systems are local.</summary>
    public IReadOnlyList<Mount> Silent(IReadOnlyList<Mount> mounts, IEnumerable<FilePath> places)
    {
        var wanted = places.ToList();
        var doubtful = mounts.Where(m => !m.IsLocalDisk && m.MayHoldStores
            && wanted.Any(p => p.IsAtOrBelow(m.MountPoint) || m.MountPoint.IsAtOrBelow(p))).ToList();
        if (doubtful.Count == 0)
            return [];
        var asked = doubtful.Select(m => (Mount: m, Asked: _asked.GetOrAdd((m.Id, m.MountPoint), Ask))).ToList();
        foreach (var (mount, (answer, at)) in asked)
        {
            var left = patience - Stopwatch.GetElapsedTime(at);
            if (answer.Wait(left > TimeSpan.Zero ? left : TimeSpan.Zero))
                _asked.TryRemove(KeyValuePair.Create((mount.Id, mount.MountPoint), (answer, at)));
        }

        return [.. asked.Where(a => !a.Asked.Answer.IsCompleted).Select(a => a.Mount)];
    }

    /// <summary>The mount that covers a path, when it gives no answer now; null when it does, or is local. Reads the mount table again.</summary>
    public Mount? SilentAt(FilePath path) =>
        Mount.At(new MountReader().Read().Mounts, path) is { } covering && Silent([covering], [path]) is [var silent] ? silent : null;

    /// <summary>The same question for many paths, by one reading of the mount table.</summary>
    public Func<FilePath, bool> SilentNow()
    {
        var mounts = new MountReader().Read().Mounts;
        return mounts.All(m => m.IsLocalDisk || !m.MayHoldStores)
            ? static _ => false
            : path => Mount.At(mounts, path) is { IsLocalDisk: false } covering && Silent([covering], [path]).Count > 0;
    }

    public static string Words(Mount mount) =>
        $"the file system at {mount.MountPoint.Display} ({FilePath.Escape(mount.FileSystem)} from {FilePath.Escape(mount.Source)}) does not answer";

    private static (Task Answer, long At) Ask((int Id, FilePath MountPoint) mount)
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            // Whatever it says, it says something.
            if (FileDescriptor.OpenDirectoryFollowingLinks(mount.MountPoint.Bytes).TryGet(out var directory))
            {
                using (directory)
                    _ = directory.Stat();
            }
            answer.SetResult();
        })
        { IsBackground = true, Name = "mount probe" }.Start();
        return (answer.Task, Stopwatch.GetTimestamp());
    }
}
