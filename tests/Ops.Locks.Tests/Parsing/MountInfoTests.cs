using System.Text;

namespace Ops.Locks.Tests;

public sealed class MountInfoTests
{
    private static ParsedMounts CapturedMounts => MountInfo.Parse(Captured.Proc("mountinfo.txt"));

    private static Mount Mount(int id) => Assert.Single(CapturedMounts.Mounts, m => m.Id == id);

    [Fact]
    public void Every_line_is_a_mount()
    {
        Assert.Empty(CapturedMounts.Unparsed);
        Assert.Equal(11, CapturedMounts.Mounts.Count);
        Assert.Equal(
            new Mount(27, 254, 0, FilePath.Root, FilePath.Root, "ext4", "/dev/vda", IsReadOnly: false), Mount(27));
    }

    [Fact]
    public void Two_subvolumes_share_the_device_that_the_lock_list_shows()
    {
        Assert.Equal((0u, 48u), (Mount(61).Major, Mount(61).Minor));
        Assert.Equal((Mount(61).Major, Mount(61).Minor), (Mount(62).Major, Mount(62).Minor));
        Assert.Equal("/@mail", Mount(61).Root.Text);

        var row = ProcLocks.Parse(Captured.Proc("locks-btrfs-subvolumes.txt")).Rows[0];
        Assert.Equal((row.Device!.Value.Major, row.Device.Value.Minor), (Mount(61).Major, Mount(61).Minor));
    }

    [Fact]
    public void Blanks_backslashes_and_line_feeds_in_names_are_unescaped()
    {
        Assert.Equal("/srv/mail of all\\here\nthere", Mount(71).MountPoint.Text);
        Assert.Equal("filer:/export/mail box", Mount(71).Source);
        Assert.False(Mount(71).IsLocal);
    }

    [Theory]
    [InlineData(28, true)]
    [InlineData(72, true)]
    [InlineData(27, false)]
    [InlineData(70, false)]
    public void A_mount_is_read_only_by_its_own_options_or_those_of_its_file_system(int id, bool readOnly) =>
        Assert.Equal(readOnly, Mount(id).IsReadOnly);

    [Fact]
    public void A_mount_without_a_source_is_read()
    {
        Assert.Equal(("tmpfs", "", false), (Mount(73).FileSystem, Mount(73).Source, Mount(73).IsReadOnly));
    }

    [Theory]
    [InlineData("rw", null)]
    [InlineData("rw,hidepid=0", null)]
    [InlineData("rw,hidepid=off", null)]
    [InlineData("rw,gid=4,hidepid=2", "hidepid=2")]
    [InlineData("rw,hidepid=invisible", "hidepid=invisible")]
    public void A_proc_that_hides_processes_is_reported(string options, string? hides) =>
        Assert.Equal(hides, MountInfo.Parse(Encoding.UTF8.GetBytes($"22 27 0:21 / /proc rw - proc proc {options}\n")).ProcHides);

    [Theory]
    [InlineData("rw,lowerdir=/low,upperdir=/up,workdir=/work", "/low /up")]
    [InlineData("rw,lowerdir=/a:/b::/data,upperdir=/u\\040p", "/a /b /data /u p")]
    [InlineData("ro,lowerdir=/a\\134:b:/c", "/a:b /c")]
    [InlineData("rw,lowerdir+=/a,datadir+=/d,upperdir=/x\\054y", "/a /d /x,y")]
    [InlineData("rw,lowerdir=l/AB:l/CD,upperdir=/var/lib/docker/overlay2/x/diff", "l/AB l/CD /var/lib/docker/overlay2/x/diff")]
    [InlineData("rw,seclabel", "")]
    public void The_layers_of_an_overlay_are_read_from_its_options(string options, string layers) =>
        Assert.Equal(layers, string.Join(' ', MountInfo.Parse(Encoding.UTF8.GetBytes($"90 27 0:55 / /merged rw - overlay overlay {options}\n")).Mounts.Single().Layers.Select(l => l.Text)));

    [Theory]
    [InlineData("rw,lowerdir=/a,upperdir=/b\\040c,workdir=/w", "/b c")]
    [InlineData("rw,lowerdir=/a,upperdir=b,workdir=w", null)]
    [InlineData("ro,lowerdir=/a:/b", null)]
    public void The_upper_layer_is_known_by_its_whole_path_only(string options, string? upper) =>
        Assert.Equal(upper, MountInfo.Parse(Encoding.UTF8.GetBytes($"90 27 0:55 / /merged rw - overlay overlay {options}\n")).Mounts.Single().Upper?.Text);

    [Fact]
    public void Only_an_overlay_has_layers() =>
        Assert.Empty(MountInfo.Parse("27 1 254:0 / / rw - ext4 /dev/vda rw,lowerdir=/x\n"u8).Mounts.Single().Layers);

    [Theory]
    [InlineData("27 1 254:0 / / rw,relatime - ext4 /dev/vda rw")]
    [InlineData("27 1 254:0 / / rw,relatime\n")]
    [InlineData("27 1 254 / / rw,relatime - ext4 /dev/vda rw\n")]
    [InlineData("x 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n")]
    [InlineData("27 1 254:0 / / rw,relatime -\n")]
    public void A_line_that_was_cut_off_or_is_unknown_is_kept_as_text(string line)
    {
        var mounts = MountInfo.Parse(Encoding.UTF8.GetBytes(line));

        Assert.Empty(mounts.Mounts);
        Assert.Single(mounts.Unparsed);
    }

    [Fact]
    public void No_damage_makes_the_parser_throw_or_lose_a_line()
    {
        foreach (var damaged in Captured.Damaged(Captured.Proc("mountinfo.txt")))
        {
            var mounts = MountInfo.Parse(damaged);
            Assert.Equal(
                Encoding.Latin1.GetString(damaged).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, mounts.Mounts.Count + mounts.Unparsed.Count);
        }
    }
}
