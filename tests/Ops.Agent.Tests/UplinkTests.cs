namespace Ops.Agent.Tests;

public sealed class UplinkTests
{
    [Theory]
    [InlineData("https://console.example.org/", false, true)]
    [InlineData("http://127.0.0.1:5000/", false, true)]
    [InlineData("http://localhost:5000/", false, true)]
    [InlineData("http://[::1]:5000/", false, true)]
    [InlineData("http://console.example.org/", false, false)]
    [InlineData("http://console.example.org/", true, true)]
    [InlineData("unix:/run/mailstore-ops-console/agent.sock", false, true)]
    [InlineData("unix://run/agent.sock", false, false)]
    [InlineData("unix:agent.sock", false, false)]
    [InlineData("ftp://console.example.org/", true, false)]
    public void A_token_crosses_a_network_in_the_clear_only_when_that_was_asked_for(string console, bool allowHttp, bool accepted) =>
        Assert.Equal(accepted, UplinkOptions.Problem(new Uri(console), allowHttp) is null);

    [Fact]
    public void Pauses_grow_to_half_a_minute_and_are_spread()
    {
        Assert.Equal(0.5, Uplink.Pause(0, 0.5).TotalSeconds);
        Assert.Equal(4, Uplink.Pause(3, 0.5).TotalSeconds);
        Assert.Equal(30, Uplink.Pause(1000, 0.5).TotalSeconds);
        Assert.Equal(22.5, Uplink.Pause(1000, 0).TotalSeconds);
    }

    [Fact]
    public void The_next_console_of_a_fleet_is_tried_at_once_and_only_a_whole_round_without_answer_makes_the_agent_wait()
    {
        Assert.Equal([0.2, 0.2, 0.5, 0.2, 0.2, 1, 0.2], Enumerable.Range(0, 7).Select(failures => Uplink.PauseAfter(failures, 3, 0.5).TotalSeconds));
        Assert.Equal([0.5, 1, 2], Enumerable.Range(0, 3).Select(failures => Uplink.PauseAfter(failures, 1, 0.5).TotalSeconds));
    }

    [Theory]
    [InlineData(ScanArea.KernelLocks, 0, 1000)]
    [InlineData(ScanArea.KernelLocks, 100, 900)]
    [InlineData(ScanArea.KernelLocks, 300, 700)]
    [InlineData(ScanArea.KernelLocks, 500, 1000)]
    [InlineData(ScanArea.Stores, 100, 2000)]
    [InlineData(ScanArea.Stores, 1000, 8000)]
    public void Dear_scans_come_less_often(ScanArea area, int tookMilliseconds, int pauseMilliseconds) =>
        Assert.Equal(pauseMilliseconds, ScanLoop.PauseAfter(area, TimeSpan.FromMilliseconds(tookMilliseconds)).TotalMilliseconds);

    [Theory]
    [InlineData(1, 2)]
    [InlineData(25, 5)]
    [InlineData(1_000, 30)]
    public void A_look_at_known_names_takes_half_a_hundredth_of_a_core_at_most_and_waits_no_longer_than_half_a_minute(int usedMilliseconds, int pauseSeconds) =>
        Assert.Equal(pauseSeconds, ScanLoop.PauseWhileKnown(TimeSpan.FromMilliseconds(usedMilliseconds)).TotalSeconds);

    [Theory]
    [InlineData(ScanArea.KernelLocks, 1, 1, 2)]
    [InlineData(ScanArea.KernelLocks, 10, 1, 8)]
    [InlineData(ScanArea.KernelLocks, 1_000, 8, 10)]
    [InlineData(ScanArea.Stores, 1, 1, 5)]
    [InlineData(ScanArea.Stores, 20, 1, 16)]
    [InlineData(ScanArea.Stores, 20, 2, 30)]
    [InlineData(ScanArea.Stores, 1_000, 8, 30)]
    public void While_nothing_changes_a_look_is_left_out_but_not_for_long(ScanArea area, int usedMilliseconds, double slowdown, int restSeconds) =>
        Assert.Equal(restSeconds, ScanLoop.RestAfter(area, TimeSpan.FromMilliseconds(usedMilliseconds), slowdown).TotalSeconds);

    [Theory]
    [InlineData(20, 250)]
    [InlineData(200, 400)]
    public void A_look_that_only_confirms_comes_soon(int tookMilliseconds, int pauseMilliseconds) =>
        Assert.Equal(pauseMilliseconds, ScanLoop.PauseInDoubt(TimeSpan.FromMilliseconds(tookMilliseconds)).TotalMilliseconds);
}
