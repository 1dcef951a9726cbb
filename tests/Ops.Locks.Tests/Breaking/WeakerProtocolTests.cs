namespace Ops.Locks.Tests.Breaking;

public sealed class WeakerProtocolTests
{
    [Theory]
    [InlineData("ext4", true, false)]
    [InlineData("xfs", true, false)]
    [InlineData("tmpfs", true, false)]
    [InlineData("ext2", true, true)] // the driver of its own cannot, ext4's can: known when it is tried
    [InlineData("overlay", true, true)]
    [InlineData("nfs4", true, true)]
    [InlineData("fuse.mergerfs", true, true)]
    [InlineData("nfs4", false, false)]
    public void It_may_be_needed_where_an_exchange_is_not_sure_and_it_is_allowed(string fileSystem, bool isAllowed, bool expected) =>
        Assert.Equal(expected, WeakerProtocol.MayBeNeeded(MountOf(fileSystem), isAllowed));

    [Fact]
    public void A_file_system_that_was_not_found_in_the_mount_table_is_not_a_sure_one() => Assert.True(WeakerProtocol.MayBeNeeded(null, isAllowed: true));

    [Fact]
    public void What_the_administrator_says_makes_a_network_file_system_local_for_what_is_there()
    {
        Assert.False(MountOf("nfs4").IsLocal);
        Assert.True((MountOf("nfs4") with { IsSaidUnshared = true }).IsLocal);
    }

    private static Mount MountOf(string fileSystem) => new(1, 0, 40, FilePath.Root, FilePath.FromText("/srv"), fileSystem, "server:/mail", IsReadOnly: false);
}
