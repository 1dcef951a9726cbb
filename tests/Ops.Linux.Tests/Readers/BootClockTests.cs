namespace Ops.Linux.Tests;

public sealed class BootClockTests
{
    private static readonly DateTimeOffset Boot = new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);
    private DateTimeOffset _reads = Boot;

    [Fact]
    public void A_step_forward_is_reported_from_then_on_and_jitter_and_a_step_back_are_not()
    {
        var clock = new BootClock(() => _reads);
        _reads = Boot.AddMilliseconds(900);
        Assert.Equal(TimeSpan.Zero, clock.SetForward());
        _reads = Boot.AddHours(-1);
        Assert.Equal(TimeSpan.Zero, clock.SetForward());
        _reads = Boot;
        Assert.Equal(TimeSpan.FromHours(1), clock.SetForward());
    }

    [Fact]
    public void What_an_earlier_agent_of_this_boot_saw_counts()
    {
        var clock = new BootClock(() => _reads);
        clock.Remember(Boot.AddMinutes(5));
        Assert.Equal(TimeSpan.Zero, clock.SetForward());
        clock.Remember(Boot.AddMinutes(-5));
        Assert.Equal((TimeSpan.FromMinutes(5), Boot.AddMinutes(-5)), (clock.SetForward(), clock.Earliest));
    }

    [Fact]
    public void The_real_clock_gives_a_boot_before_now()
    {
        var clock = new BootClock();
        Assert.InRange(clock.BootedAt(), DateTimeOffset.UnixEpoch, DateTimeOffset.UtcNow);
        Assert.Equal(clock.BootedAt(), clock.Earliest);
    }
}
