namespace Ops.Locks;

/// <summary>A file that a process has open or mapped.</summary>
/// <param name="Descriptor">Number of the descriptor, null for a mapping, a working directory or a root.</param>
/// <param name="CanWrite">Whether it was opened, or is mapped shared, for writing.</param>
public sealed record OpenFile(FileIdentity File, ProcessFacts Process, int? Descriptor, bool CanWrite, FilePath? Path)
{
    /// <summary>See <see cref="LockEntry.Foreign"/>.</summary>
    public ForeignView? Foreign { get; init; }

    /// <summary>It was opened through an overlay, whose files have a device of their own: the number of the inode is the same, and no more is known.</summary>
    public bool IsThroughLayer { get; init; }

    /// <summary>For one opened through an overlay: when the file that it shows was made, which an overlay passes on from the layer; null where that is not kept.</summary>
    public FileTime? BornAt { get; init; }

    /// <summary>For the same: whether the overlay names all its layers by whole paths, so that files in them are recognised by their place (<see cref="HostFacts.LayerOver"/>).</summary>
    public bool AreLayersNamed { get; init; }

    /// <summary>
    /// Whether it is surely another file that happens to have the same number: it was made at another time. Of one that was opened for reading this does not hold by itself: an overlay gives the
    /// time of the copy that a later writer had it make.
    /// </summary>
    /// <remarks>fs/overlayfs/inode.c <c>ovl_getattr</c>: times are those of the real file, of the copy once there is one.</remarks>
    public bool IsSurelyOther(FileFacts file) => IsThroughLayer && BornAt is { } born && file.BornAt is { } known && born != known && (CanWrite || AreLayersNamed);
}

/// <summary>A file or directory whose changes a process is notified of (inotify(7)).</summary>
/// <param name="File">Its number, and the device of its file system as the mount table names it: that of <c>stat</c> is another one on btrfs.</param>
public sealed record FileWatch(FileIdentity File, ProcessFacts Process);

/// <summary>Who has which of the asked-for files open.</summary>
/// <param name="Unreadable">Pids whose descriptors could not be read: for those, "not open" is not proven.</param>
public sealed record OpenFileIndex(IReadOnlyDictionary<FileIdentity, IReadOnlyList<OpenFile>> Files, IReadOnlyList<int> Unreadable)
{
    /// <summary>Regular files without any name that a process has open for writing, whether they were asked for or not. Paths end in the kernel's " (deleted)".</summary>
    public IReadOnlyList<OpenFile> Nameless { get; init; } = [];

    /// <summary>Who watches the files that were asked for.</summary>
    public IReadOnlyList<FileWatch> Watches { get; init; } = [];

    /// <summary>Processes that watch this file or directory.</summary>
    public IEnumerable<ProcessFacts> WatchersOf(FileIdentity file, Mount? mount) => Watches.Count == 0 || mount is null ? []
        : Watches.Where(w => w.File == new FileIdentity(mount.Major, mount.Minor, file.Inode)).Select(w => w.Process).DistinctBy(p => p.Pid);

    private ILookup<FilePath, OpenFile>? _byFormerName;

    /// <summary>Those of <see cref="Nameless"/> that had this name.</summary>
    public IEnumerable<OpenFile> FormerlyAt(FilePath path) => Nameless.Count == 0 ? [] : (_byFormerName ??= Nameless.Where(o => o.Path is not null).ToLookup(o => o.Path!.Value))[path.Append(" (deleted)")];

    public static OpenFileIndex Empty { get; } = new(new Dictionary<FileIdentity, IReadOnlyList<OpenFile>>(), []);

    /// <summary>The same, with what is open of the files below counted as open of those that an overlay shows in their place.</summary>
    /// <param name="below">A file in a layer, and the one that the overlay shows.</param>
    public OpenFileIndex WithLayersBelow(IReadOnlyDictionary<FileIdentity, FileIdentity> below)
    {
        if (!below.Keys.Any(Files.ContainsKey))
            return this;
        var files = Files.ToDictionary(f => f.Key, f => f.Value);
        foreach (var (layer, shown) in below.Where(b => Files.ContainsKey(b.Key)))
            files[shown] = [.. files.GetValueOrDefault(shown) ?? [], .. Files[layer].Select(o => o with { File = shown, IsThroughLayer = true })];
        return this with { Files = files };
    }

    /// <summary>The same without those opened through an overlay that are surely other files than these.</summary>
    public OpenFileIndex WithoutOthers(IEnumerable<FileFacts> files)
    {
        var kept = new Dictionary<FileIdentity, IReadOnlyList<OpenFile>>();
        foreach (var file in files.DistinctBy(f => f.Identity))
        {
            if (Files.TryGetValue(file.Identity, out var open) && open.Any(o => o.IsSurelyOther(file)))
                kept[file.Identity] = [.. open.Where(o => !o.IsSurelyOther(file))];
        }
        return kept.Count == 0 ? this : this with { Files = Files.ToDictionary(f => f.Key, f => kept.GetValueOrDefault(f.Key, f.Value)) };
    }

    public IReadOnlyList<OpenFile> Of(FileIdentity file) => Files.TryGetValue(file, out var open) ? open : [];
}
