namespace Ops.Linux.Tests;

public sealed class KernelClockTests
{
    [Fact]
    public void Boot_time_plus_time_since_boot_is_now()
    {
        var now = KernelClock.BootWallTime() + KernelClock.SinceBoot();

        Assert.InRange((DateTimeOffset.UtcNow - now).Duration(), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.True(KernelClock.TicksPerSecond > 0);
    }

    [Fact]
    public void A_user_without_a_name_is_shown_by_number()
    {
        Assert.Equal("root", Accounts.NameOf(0));
        Assert.Equal("4123456789", Accounts.NameOf(4123456789));
    }
}
