namespace Ops.Locks;

/// <summary>One line of <c>/proc/self/mountinfo</c>.</summary>
/// <param name="Major">Device of the superblock, as <c>/proc/locks</c> shows it; a subvolume's <c>st_dev</c> may differ.</param>
public sealed record Mount(int Id, uint Major, uint Minor, FilePath Root, FilePath MountPoint, string FileSystem, string Source, bool IsReadOnly)
{
    private static readonly HashSet<string> Local = new(StringComparer.Ordinal)
    {
        "ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "ramfs", "devtmpfs", "overlay", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs", "nilfs2",
        "vfat", "exfat", "iso9660", "squashfs", "erofs",
    };

    // Those whose rename knows RENAME_EXCHANGE, from the kernel's sources (fs/*/namei.c, mm/shmem.c). ext2 may be the driver of its own, which does not; an
    // overlay asks the file system below; FUSE asks its server.
    private static readonly HashSet<string> Exchanging = new(StringComparer.Ordinal)
    {
        "ext3", "ext4", "xfs", "btrfs", "tmpfs", "f2fs", "bcachefs",
    };

    // Those whose rename refuses that flag, from the same sources.
    private static readonly HashSet<string> NotExchanging = new(StringComparer.Ordinal)
    {
        "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "ocfs2", "jfs", "nilfs2", "reiserfs", "ntfs3", "exfat", "hfsplus",
    };

    // Directories of these are not stores, and some cost a wait or an action to enter.
    private static readonly HashSet<string> NoStores = new(StringComparer.Ordinal)
    {
        "proc", "sysfs", "cgroup", "cgroup2", "devpts", "devtmpfs", "securityfs", "debugfs", "tracefs", "bpf", "pstore", "configfs", "fusectl",
        "mqueue", "hugetlbfs", "autofs", "binfmt_misc", "efivarfs", "nsfs", "rpc_pipefs", "nfsd",
    };

    /// <summary>
    /// Whether only processes of this kernel can have files of it open. Anything not known to be local counts as shared:
    /// network and cluster file systems, 9p, virtiofs and every FUSE.
    /// </summary>
    public bool IsLocal => IsLocalDisk || IsSaidUnshared;

    /// <summary>Whether its kind says so. On the others a reader may wait permanently.</summary>
    public bool IsLocalDisk => Local.Contains(FileSystem);

    /// <summary>The administrator of this host says that no other host uses what is looked at here, whatever the file system is. Said of directories: of an artefact's mount it
    /// is true only if the artefact is in one.</summary>
    public bool IsSaidUnshared { get; init; }

    /// <summary>For an overlay: the directories whose files it shows; empty for any other.</summary>
    public IReadOnlyList<FilePath> Layers { get; init; } = [];

    /// <summary>For an overlay: the one of them that is written to; null where it has none, or where it is not named by a whole path.</summary>
    public FilePath? Upper { get; init; }

    /// <summary>Where a path below this mount is within its file system: two mounts of one file system give the same answer for the same file.</summary>
    public FilePath WithinFileSystem(FilePath path) => Root.Resolve(path.Bytes[Math.Min(path.Bytes.Length, MountPoint.Bytes.TrimEnd((byte)'/').Length)..].TrimStart((byte)'/'));

    /// <summary>For a network file system: the options it is mounted with, of the mount and of the file system; empty for any other.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Whether times of its files are those of this host's clock. A file server has its own, and a host that uses the files alone still does not set it.</summary>
    public bool HasOurClock => IsLocalDisk;

    /// <summary>The mount through which a path is seen: of those at the deepest mount point the last. Null when the table is empty.</summary>
    public static Mount? At(IEnumerable<Mount> mounts, FilePath path) => mounts.Where(m => path.IsAtOrBelow(m.MountPoint)).OrderBy(m => m.MountPoint.Bytes.Length).LastOrDefault();

    /// <summary>Whether two names can surely be exchanged in one step on it.</summary>
    public bool SurelyExchanges => Exchanging.Contains(FileSystem);

    /// <summary>The same in three values. Where it is unknown, only a real exchange of two files shows it: the kernel asks the file system last, when both names are there.</summary>
    /// <remarks>An overlay hands the call to its upper layer (fs/overlayfs/dir.c: ovl_rename), which in practice is one that can.</remarks>
    public Answer Exchanges => SurelyExchanges || FileSystem == "overlay" ? Answer.Yes : NotExchanging.Contains(FileSystem) ? Answer.No : Answer.Unknown;

    /// <summary>Whether anybody could keep mail on it. What cannot hold a store is not entered, not even to look.</summary>
    public bool MayHoldStores => !NoStores.Contains(FileSystem);
}
