using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>What the path of an open file leads to now.</summary>
/// <param name="Path">As the process sees it while it leads to the file; else the name on this host, without the kernel's " (deleted)".</param>
/// <param name="Foreign">Set when the file was opened through a mount that this host's own mount namespace does not have.</param>
internal readonly record struct ResolvedPath(FilePath? Path, PathState State, ForeignView? Foreign = null);

/// <summary>Decides whether the path of an open file still leads to the inode that is open.</summary>
/// <param name="mounts">The mounts of our own mount namespace.</param>
/// <param name="readMountsOf">The mounts that a process sees, <c>/proc/PID/mountinfo</c>; empty where they cannot be read.</param>
internal sealed class PathResolver(IReadOnlyList<Mount> mounts, Func<int, IReadOnlyList<Mount>> readMountsOf) : IDisposable
{
    private readonly Dictionary<int, Mount> _mounts = mounts.DistinctBy(m => m.Id).ToDictionary(m => m.Id);
    private readonly HashSet<(uint, uint)> _localDevices = [.. mounts.Where(m => m.IsLocal).Select(m => (m.Major, m.Minor))];
    private readonly Dictionary<int, IReadOnlyList<Mount>> _mountsOf = [];

    // Locked files come in the order of descriptors, and so mostly one directory after the other.
    private readonly PathsInTurn _inTurn = new();
    private byte[]? _asked;
    private bool _isLocal;

    // The kernel adds this to the name of a removed or replaced file; a file may really be named so, which is asked first.
    private static ReadOnlySpan<byte> Mark => " (deleted)"u8;

    /// <summary>Judges what <paramref name="readPath"/> says the descriptor's path is; it is asked a second time when the first answer looks like
    /// a rename that happened between the two steps.</summary>
    /// <param name="readMountId">From the descriptor's fdinfo. A mount that is not ours belongs to another mount namespace, where the same
    /// text means another file. Asked only where the path does not simply lead to the file.</param>
    public ResolvedPath Resolve(Func<Result<byte[]>> readPath, FileIdentity open, Func<int?> readMountId, int pid)
    {
        if (!readPath().TryGet(out var text))
            return new(null, PathState.Unknown);
        if (_localDevices.Contains((open.Major, open.Minor)) && (_inTurn.Identity(text).TryGet(out var there) && there.Identity == open || IsAt(text, open)))
            return new(FilePath.Owning(text), PathState.Current);
        var mountId = readMountId();
        var answer = Judge(text, open, mountId, pid);
        if (answer.State is PathState.Current or PathState.Unknown || !readPath().TryGet(out var again) || again.AsSpan().SequenceEqual(text))
            return answer;
        return Judge(again, open, mountId, pid);
    }

    /// <summary>
    /// What is at this path now, as the kernel printed it for a descriptor of our own mount namespace; null where that is not certain to be a name of this host, or must not be
    /// touched because its file system may not answer.
    /// </summary>
    public FileFacts? LookAt(byte[] path)
    {
        if (path is not [(byte)'/', ..] || path.AsSpan().EndsWith(Mark))
            return null;
        var directory = path.AsSpan(0, path.AsSpan().LastIndexOf((byte)'/'));
        if (!directory.SequenceEqual(_asked))
        {
            _asked = directory.ToArray();
            // The name itself may be a mount point: what is found is compared with what is open.
            _isLocal = Mount.At(mounts, FilePath.Owning(_asked.Length == 0 ? [(byte)'/'] : _asked)) is { IsLocal: true };
        }
        return _isLocal && _inTurn.Stat(FilePath.Owning(path)).TryGet(out var there) ? there : null;
    }

    /// <summary>Whether this path leads to this file, on a file system of this host. No says nothing.</summary>
    public bool LeadsTo(FilePath path, FileIdentity file) => _localDevices.Contains((file.Major, file.Minor)) && _inTurn.Identity(path.Bytes).TryGet(out var there) && there.Identity == file;

    public void Dispose() => _inTurn.Dispose();

    private ResolvedPath Judge(byte[] text, FileIdentity open, int? mountId, int pid)
    {
        var path = new FilePath(text);
        // "pipe:[123]" and the like are no paths.
        if (text is not [(byte)'/', ..])
            return new(path, PathState.Unknown);
        if (mountId is not { } id || !_mounts.TryGetValue(id, out var mount))
            return JudgeForeign(path, open, mountId, pid);
        // A look at a name may wait forever for a file server that is gone.
        if (!mount.IsLocal)
            return new(path, PathState.Unknown);
        if (IsAt(text, open))
            return new(path, PathState.Current);
        path = WithoutMark(path);
        return new(path, StateOf(FileDescriptor.IdentityAt(path.Bytes), open));
    }

    /// <summary>
    /// A file that was opened in another mount namespace. Below the root that the process itself sees, another answer than "the same file" proves nothing: the text may be relative to the root
    /// of the whole namespace, from which the process may have changed its root. What the host's own mounts show of the same file system does prove it.
    /// </summary>
    private ResolvedPath JudgeForeign(FilePath path, FileIdentity open, int? mountId, int pid)
    {
        var isThere = IsAt([.. Encoding.ASCII.GetBytes($"/proc/{pid}/root"), .. path.Bytes], open);
        if (mountId is not { } id || MountsOf(pid).FirstOrDefault(m => m.Id == id) is not { } theirs || !IsWholeNamespace(pid))
            return new(path, isThere ? PathState.Current : PathState.Unknown);
        var seen = isThere ? path : WithoutMark(path);
        var here = MountView.Translate(seen, theirs, mounts);
        var foreign = new ForeignView(seen, theirs, here);
        if (isThere || here is not { } onHost || Mount.At(mounts, onHost) is not { IsLocal: true })
            return new(path, isThere ? PathState.Current : PathState.Unknown, foreign);
        // A mount on top of the place would show another file system.
        if (!FileDescriptor.IdentityAt(onHost.Parent.Bytes).TryGet(out var directory) || (directory.Identity.Major, directory.Identity.Minor) != (open.Major, open.Minor))
            return new(path, PathState.Unknown, foreign);
        return StateOf(FileDescriptor.IdentityAt(onHost.Bytes), open) switch
        {
            var state and (PathState.Replaced or PathState.Deleted) => new(onHost, state, foreign),
            var state => new(path, state, foreign),
        };
    }

    private IReadOnlyList<Mount> MountsOf(int pid)
    {
        if (!_mountsOf.TryGetValue(pid, out var theirs))
            _mountsOf[pid] = theirs = readMountsOf(pid);
        return theirs;
    }

    // Paths of descriptors begin at the root of the namespace, those of mountinfo at the root of the process.
    private static bool IsWholeNamespace(int pid) => FileDescriptor.ReadLinkAt(Encoding.ASCII.GetBytes($"/proc/{pid}/root")).TryGet(out var root) && root is [(byte)'/'];

    private static FilePath WithoutMark(FilePath path) => path.Bytes.EndsWith(Mark) ? new FilePath(path.Bytes[..^Mark.Length]) : path;

    private static PathState StateOf(Result<FileReference> there, FileIdentity open) => there switch
    {
        { Succeeded: true } => there.Value.Identity == open ? PathState.Current : PathState.Replaced,
        { Error: Errno.NotFound or Errno.NotADirectory } => PathState.Deleted,
        _ => PathState.Unknown,
    };

    private static bool IsAt(ReadOnlySpan<byte> path, FileIdentity open) => FileDescriptor.IdentityAt(path).TryGet(out var file) && file.Identity == open;
}
