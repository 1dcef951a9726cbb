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

    /// <summary>
    /// Whether only processes of this kernel can have files of it open. Anything not known to be local counts as shared:
    /// network and cluster file systems, 9p, virtiofs and every FUSE.
    /// </summary>
    public bool IsLocal => Local.Contains(FileSystem);
}
