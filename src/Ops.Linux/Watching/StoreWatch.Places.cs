using Ops.Locks;

namespace Ops.Linux;

// Which places are watched, and why the others are not.
public sealed partial class StoreWatch
{
    /// <returns>Whether the places are others than before.</returns>
    private bool MarkPlaces()
    {
        var mounts = new MountReader().Read().Mounts;
        List<FilePath> wanted = [.. _roots.Select(r => r.Path),
            .. mounts.Where(m => m.MayHoldStores && _roots.Any(r => !r.TopLevelOnly && m.MountPoint != r.Path && m.MountPoint.IsAtOrBelow(r.Path))).Select(m => m.MountPoint)];
        var silent = _silent(mounts);
        List<WatchedPlace> places = [];
        List<UnwatchedPlace> unwatched = [];
        List<FilePath> missing = [];
        foreach (var path in wanted.Distinct())
        {
            if (Mark(path, Mount.At(mounts, path), silent).TryGet(out var place, out var error))
                places.Add(place);
            else if (error == Errno.NotFound)
                missing.Add(path);
            else
                unwatched.Add(new UnwatchedPlace(path, Why(error, Mount.At(mounts, path))));
        }
        unwatched.AddRange(SeenTwice(places, mounts));
        // Also one that holds no store: what it covered is not there, and is there again without an event once it is unmounted.
        List<(int, FilePath)> mountPoints = [.. mounts.Where(m => _roots.Any(r => m.MountPoint.IsAtOrBelow(r.Path) || r.Path.IsAtOrBelow(m.MountPoint))).Select(m => (m.Id, m.MountPoint))];
        var isOther = !_places.SequenceEqual(places) || !_mountPoints.SequenceEqual(mountPoints);
        (_places, _mountPoints, _missing) = (places, mountPoints, missing);
        _unwatched = unwatched;
        return isOther;
    }

    /// <summary>Places that show the same directories as another one does: an event is reported under one of their paths only.</summary>
    private static IEnumerable<UnwatchedPlace> SeenTwice(List<WatchedPlace> places, IReadOnlyList<Mount> mounts)
    {
        var seen = places.Select(p => (Place: p, Mount: Mount.At(mounts, p.Path))).Where(p => p.Mount is not null)
            .Select(p => (p.Place, p.Mount!.Id, Inside: p.Mount.Root.Join(p.Place.Path.Bytes[Math.Min(p.Mount.MountPoint.Bytes.Length, p.Place.Path.Bytes.Length)..].TrimStart((byte)'/')))).ToList();
        return seen.Where(p => seen.Exists(q => q.Id != p.Id && q.Place.FileSystem == p.Place.FileSystem && p.Inside.IsAtOrBelow(q.Inside)))
            .Select(p => new UnwatchedPlace(p.Place.Path, "its files are below another root as well, and changes are reported there"));
    }

    private Result<WatchedPlace> Mark(FilePath path, Mount? mount, IReadOnlyList<Mount> silent)
    {
        if (mount is null || silent.Contains(mount))
            return Errno.TimedOut;
        // Names that another host makes on a shared file system raise no event here.
        if (!mount.IsLocalDisk)
            return Errno.CrossesDevice;
        if (!FileDescriptor.OpenDirectory(path.Bytes).TryGet(out var directory, out var error))
            return error;
        using (directory)
        {
            if (!directory.FileSystemIdentifier().TryGet(out var fileSystem, out error))
                return error;
            error = _queue.Watch(path.Bytes);
            return error == Errno.None ? new WatchedPlace(path, fileSystem, HasSubvolumes: mount.FileSystem == "btrfs") : error;
        }
    }

    private static string Why(Errno error, Mount? mount) => (error, mount) switch
    {
        (Errno.TimedOut, _) => "its file system does not answer",
        // Since Linux 5.13 a queue is given to everyone, and the right is asked for here.
        (Errno.NotPermitted, _) => "no right to watch file systems (CAP_SYS_ADMIN)",
        (Errno.CrossesDevice, { IsLocalDisk: false }) => $"{FilePath.Escape(mount!.FileSystem)} reports no changes that other hosts make",
        (Errno.CrossesDevice, { }) => $"{FilePath.Escape(mount!.FileSystem)} reports no changes of a subvolume that is mounted by itself",
        (Errno.NotSupported, { }) => $"{FilePath.Escape(mount!.FileSystem)} reports no changes of names",
        _ => ArtefactReader.Words(error),
    };
}
