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
    public bool IsLocal => Local.Contains(FileSystem) || IsSaidUnshared;

    /// <summary>The administrator of this host says that no other host uses what is looked at here, whatever the file system is. Said of directories: set for the artefact
    /// that lies in one.</summary>
    public bool IsSaidUnshared { get; init; }

    /// <summary>Whether two names can surely be exchanged in one step on it. The others are known only when it is tried.</summary>
    public bool SurelyExchanges => Exchanging.Contains(FileSystem);

    /// <summary>Whether anybody could keep mail on it. What cannot hold a store is not entered, not even to look.</summary>
    public bool MayHoldStores => !NoStores.Contains(FileSystem);
}
