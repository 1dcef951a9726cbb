namespace Ops.Locks;

/// <summary>From a name in one mount namespace to the name of the same place in another.</summary>
public static class MountView
{
    /// <summary>
    /// The name under which a place that another mount namespace calls <paramref name="path"/> is reached through our mounts; null when none of them shows it. By the mount tables
    /// alone: a mount on top of it is not seen here, so compare devices before anything is concluded from it.
    /// </summary>
    /// <param name="theirs">The mount through which it was opened, from <c>/proc/PID/mountinfo</c>.</param>
    /// <param name="ours">Our own mount table.</param>
    public static FilePath? Translate(FilePath path, Mount theirs, IEnumerable<Mount> ours)
    {
        if (!path.IsAtOrBelow(theirs.MountPoint))
            return null;
        // Where it is in the file system itself, whatever part of that is mounted.
        var inside = theirs.Root.Resolve(Below(path, theirs.MountPoint));
        var mount = ours.Where(m => (m.Major, m.Minor) == (theirs.Major, theirs.Minor) && inside.IsAtOrBelow(m.Root)).OrderByDescending(m => m.Root.Bytes.Length).FirstOrDefault();
        return mount is null ? null : mount.MountPoint.Resolve(Below(inside, mount.Root));
    }

    private static ReadOnlySpan<byte> Below(FilePath path, FilePath root) => path.Bytes[(root == FilePath.Root ? 0 : root.Bytes.Length)..].TrimStart((byte)'/');
}
