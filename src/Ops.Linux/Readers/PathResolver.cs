using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Tells whether the path of an open file still leads to the inode that is open.</summary>
/// <param name="mounts">The mounts of our own mount namespace.</param>
internal sealed class PathResolver(IReadOnlyList<Mount> mounts)
{
    private readonly Dictionary<int, Mount> _mounts = mounts.DistinctBy(m => m.Id).ToDictionary(m => m.Id);
    private readonly HashSet<(uint, uint)> _localDevices = [.. mounts.Where(m => m.IsLocal).Select(m => (m.Major, m.Minor))];

    /// <summary>Judges what <paramref name="readPath"/> says the descriptor's path is; it is asked a second time when the first answer looks like
    /// a rename that happened between the two steps.</summary>
    /// <param name="readMountId">From the descriptor's fdinfo. A mount that is not ours belongs to another mount namespace, where the same
    /// text means another file. Asked only where the path does not simply lead to the file.</param>
    public (FilePath? Path, PathState State) Resolve(Func<Result<byte[]>> readPath, FileIdentity open, Func<int?> readMountId, int pid)
    {
        if (!readPath().TryGet(out var text))
        {
            return (null, PathState.Unknown);
        }

        if (_localDevices.Contains((open.Major, open.Minor)) && IsAt(text, open))
        {
            return (new FilePath(text), PathState.Current);
        }

        var mountId = readMountId();
        var answer = Judge(text, open, mountId, pid);
        if (answer.State is PathState.Current or PathState.Unknown || !readPath().TryGet(out var again) || again.AsSpan().SequenceEqual(text))
        {
            return answer;
        }

        return Judge(again, open, mountId, pid);
    }

    private (FilePath? Path, PathState State) Judge(byte[] text, FileIdentity open, int? mountId, int pid)
    {
        var path = new FilePath(text);
        // "pipe:[123]" and the like are no paths.
        if (text is not [(byte)'/', ..])
        {
            return (path, PathState.Unknown);
        }

        // Below the root that the process itself sees, another answer than "the same file" proves nothing: the text may be relative to the
        // root of the whole namespace, from which the process may have changed its root.
        if (mountId is not { } id || !_mounts.TryGetValue(id, out var mount))
        {
            return (path, IsAt([.. Encoding.ASCII.GetBytes($"/proc/{pid}/root"), .. text], open) ? PathState.Current : PathState.Unknown);
        }

        // A look at a name may wait for ever for a file server that is gone.
        if (!mount.IsLocal)
        {
            return (path, PathState.Unknown);
        }

        if (IsAt(text, open))
        {
            return (path, PathState.Current);
        }

        // The kernel adds this to the name of a removed or replaced file; a file may really be named so, which was asked above.
        var suffix = " (deleted)"u8;
        if (text.AsSpan().EndsWith(suffix))
        {
            path = new FilePath(text.AsSpan(0, text.Length - suffix.Length));
        }

        var there = FileDescriptor.IdentityAt(path.Bytes);
        return (path, there switch
        {
            { Succeeded: true } => there.Value.Identity == open ? PathState.Current : PathState.Replaced,
            { Error: Errno.NotFound or Errno.NotADirectory } => PathState.Deleted,
            _ => PathState.Unknown,
        });
    }

    private static bool IsAt(byte[] path, FileIdentity open) => FileDescriptor.IdentityAt(path).TryGet(out var file) && file.Identity == open;
}
