using Ops.Locks;

namespace Ops.Linux.Tests;

public sealed class MountReaderTests
{
    [Fact]
    public void A_file_is_on_the_mount_that_statx_names()
    {
        using var scratch = new ScratchDirectory();
        var file = ArtefactReader.Stat(FilePath.FromText(scratch.File("mbox"))).Value;

        var mount = Assert.Single(new MountReader().Read().Mounts, m => (ulong)m.Id == file.MountId);

        Assert.True(file.Path.IsAtOrBelow(mount.MountPoint));
        Assert.False(mount.IsReadOnly);
    }

    [Fact]
    public void A_table_that_cannot_be_read_says_so()
    {
        var mounts = new MountReader(new ReaderOptions { ProcRoot = "/nowhere" }).Read();

        Assert.Empty(mounts.Mounts);
        Assert.Single(mounts.Unparsed);
    }
}
