namespace Ops.Locks.Tests.Parsing;

public sealed class MountViewTests
{
    private static Mount Of(string root, string point, uint minor = 0) => new(1, 0xfe, minor, FilePath.FromText(root), FilePath.FromText(point), "ext4", "/dev/vda", false);

    [Theory]
    [InlineData("/var/mail/alice", "/srv/mail", "/var/mail", "/", "/", "/srv/mail/alice")]             // a container's bind mount of a host directory
    [InlineData("/tmp/.fe00.32", "/tmp/systemd-private-x/tmp", "/tmp", "/", "/", "/tmp/systemd-private-x/tmp/.fe00.32")]
    [InlineData("/var/mail/alice", "/", "/", "/", "/", "/var/mail/alice")]                             // the same layout in a namespace of its own
    [InlineData("/mail/alice", "/@/srv/mail", "/mail", "/@", "/", "/srv/mail/alice")]                  // a subvolume
    [InlineData("/mail/alice", "/mail", "/mail", "/mail", "/data", "/data/alice")]
    public void A_place_of_one_file_system_is_found_under_our_name(string path, string theirRoot, string theirPoint, string ourRoot, string ourPoint, string expected) =>
        Assert.Equal(expected, MountView.Translate(FilePath.FromText(path), Of(theirRoot, theirPoint), [Of(ourRoot, ourPoint)])?.Text);

    [Fact]
    public void A_place_that_no_mount_of_ours_shows_has_no_name_here()
    {
        Assert.Null(MountView.Translate(FilePath.FromText("/mail/alice"), Of("/mail", "/mail"), [Of("/", "/", minor: 1)]));
        Assert.Null(MountView.Translate(FilePath.FromText("/mail/alice"), Of("/mail", "/mail"), [Of("/other", "/")]));
        Assert.Null(MountView.Translate(FilePath.FromText("/elsewhere/alice"), Of("/mail", "/mail"), [Of("/", "/")]));
    }
}
