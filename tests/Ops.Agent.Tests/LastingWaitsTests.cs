namespace Ops.Agent.Tests;

/// <summary>When a wait for a kernel lock calls for a look at the stores.</summary>
public sealed class LastingWaitsTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 28, 2, 0, 0, TimeSpan.Zero);
    private readonly LastingWaits _waits = new();

    [Fact]
    public void A_wait_calls_once_when_it_has_lasted()
    {
        Assert.False(Take(0, "a", 0));
        Assert.False(Take(1.9, "a", 0));
        Assert.True(Take(2, "a", 0));
        Assert.False(Take(60, "a", 0));
    }

    [Fact]
    public void Waits_that_come_all_the_time_share_a_look_and_none_is_left_out()
    {
        Assert.True(Take(2, "a", 0));
        Assert.False(Take(5, "b", 3));
        Assert.True(Take(12, "b", 3));
    }

    [Fact]
    public void A_wait_that_ended_and_came_again_calls_again()
    {
        Assert.True(Take(2, "a", 0));
        Assert.False(_waits.Take([], Start.AddSeconds(20)));
        Assert.True(Take(32, "a", 30));
    }

    private bool Take(double now, string key, double since) => _waits.Take([(key, Start.AddSeconds(since))], Start.AddSeconds(now));
}
