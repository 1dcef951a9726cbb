using Ops.Locks;

namespace Ops.Linux;

/// <summary>A directory at or below a store root, opened without passing a symbolic link, and its mutex. All names that an act touches are
/// reached through it, so renaming directories above it in between leads nowhere else.</summary>
internal sealed class StoreDirectory : IDisposable
{
    private static readonly TimeSpan MutexPoll = TimeSpan.FromMilliseconds(10);

    private StoreDirectory(FileDescriptor root, FileDescriptor here, byte[] relative) => (Root, Here, Relative) = (root, here, relative);

    public FileDescriptor Root { get; }

    public FileDescriptor Here { get; }

    /// <summary>The path from the root to here, without slashes at its ends; empty for the root itself.</summary>
    public byte[] Relative { get; }

    public static StoreDirectory? Open(FilePath root, FilePath directory, out BreakDecision.Refused? refusal)
    {
        if (!directory.IsAtOrBelow(root))
        {
            refusal = new(Refusal.UnsafeDirectory, $"{directory.Display} is not below the store root {root.Display}.");
            return null;
        }
        return OpenRelative(root, directory.Bytes[root.Bytes.TrimEnd((byte)'/').Length..].Trim((byte)'/').ToArray(), out refusal);
    }

    public static StoreDirectory? OpenRelative(FilePath root, byte[] relative, out BreakDecision.Refused? refusal)
    {
        if (IsInQuarantine(relative))
        {
            refusal = new(Refusal.NotOffered, "It is in the quarantine; undo or purge the operation that put it there.");
            return null;
        }
        if (!FileDescriptor.OpenDirectoryFollowingLinks(root.Bytes).TryGet(out var top, out var error))
        {
            refusal = new(error == Errno.NotFound ? Refusal.NotThere : Refusal.System, $"The store root {root.Display} cannot be opened: {FileLook.Words(error)}.");
            return null;
        }
        if (!top.OpenDirectoryBelow(relative).TryGet(out var here, out error))
        {
            top.Dispose();
            var path = relative.Length == 0 ? root : root.Join(relative);
            refusal = error switch
            {
                Errno.NotFound => new(Refusal.NotThere, $"The directory {path.Display} is not there."),
                Errno.SymbolicLink or Errno.CrossesDevice or Errno.NotADirectory =>
                    new(Refusal.UnsafeDirectory, $"The way to {path.Display} passes through a symbolic link or leaves the store root {root.Display}."),
                _ => new(Refusal.System, $"The directory {path.Display} cannot be opened: {FileLook.Words(error)}."),
            };
            return null;
        }
        refusal = null;
        return new StoreDirectory(top, here, relative);
    }

    /// <summary>Takes the directory's flock, which all our agents and command lines take before they touch a name in it. It is held until this is
    /// disposed. Other programs are not bound by it.</summary>
    public BreakDecision.Refused? TakeMutex(TimeSpan limit, TimeProvider clock, CancellationToken stop)
    {
        var start = clock.GetTimestamp();
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            switch (Here.TryFlockExclusive())
            {
                case Errno.None:
                    return null;
                case Errno.TryAgain when clock.GetElapsedTime(start) < limit:
                    stop.WaitHandle.WaitOne(MutexPoll);
                    break;
                case Errno.TryAgain:
                    return new(Refusal.Busy, "Another break is running in this directory.");
                case var error:
                    return new(Refusal.System, $"The directory cannot be locked: {FileLook.Words(error)}.");
            }
        }
    }

    public void ReleaseMutex() => Here.ReleaseFlock();

    /// <summary>The highest directory from the root down from which a rename to here stays on one mount and one file system (or subvolume):
    /// the root itself, or the top of a mount below it. Its path from the root, empty for the root.</summary>
    public Result<byte[]> FindTopOfFileSystem()
    {
        if (!Here.Stat().TryGet(out var wanted, out var error))
            return error;
        var top = Relative;
        for (var end = Relative.Length; end >= 0; end = end == 0 ? -1 : Math.Max(0, Relative.AsSpan(0, end).LastIndexOf((byte)'/')))
        {
            if (!Root.OpenDirectoryBelow(Relative.AsSpan(0, end)).TryGet(out var ancestor, out error))
                return error;
            using (ancestor)
            {
                if (!ancestor.Stat().TryGet(out var status, out error))
                    return error;
                if (!IsSameFileSystem(status, wanted))
                    break;
            }
            top = Relative[..end];
        }
        return top;
    }

    /// <summary>Whether that directory below a root is the root itself, or still the top of a file system of its own. False when nothing is mounted there (any more).</summary>
    /// <param name="top">From the root; empty for the root.</param>
    public static bool IsTopOfFileSystem(FilePath root, ReadOnlySpan<byte> top)
    {
        if (top.Length == 0)
            return true;
        if (!FileDescriptor.OpenDirectoryFollowingLinks(root.Bytes).TryGet(out var rooted))
            return false;
        using (rooted)
            return StatusOf(rooted, top) is { } here && StatusOf(rooted, top[..Math.Max(0, top.LastIndexOf((byte)'/'))]) is { } above && !IsSameFileSystem(here, above);
    }

    public void Dispose()
    {
        Here.Dispose();
        Root.Dispose();
    }

    private static bool IsInQuarantine(ReadOnlySpan<byte> relative)
    {
        foreach (var component in relative.Split((byte)'/'))
        {
            if (relative[component].SequenceEqual(QuarantineFolder.Name))
                return true;
        }
        return false;
    }

    private static FileStatus? StatusOf(FileDescriptor root, ReadOnlySpan<byte> relative)
    {
        if (!root.OpenDirectoryBelow(relative).TryGet(out var directory))
            return null;
        using (directory)
            return directory.Stat().TryGet(out var status) ? status : null;
    }

    // Two mounts of one file system refuse a rename between them as two file systems do.
    private static bool IsSameFileSystem(FileStatus first, FileStatus second) =>
        first.MountId == second.MountId && first.Identity.Major == second.Identity.Major && first.Identity.Minor == second.Identity.Minor;
}
