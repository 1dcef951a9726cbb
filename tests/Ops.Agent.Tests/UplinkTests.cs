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
    [InlineData(20, 250)]
    [InlineData(200, 400)]
    public void A_look_that_only_confirms_comes_soon(int tookMilliseconds, int pauseMilliseconds) =>
        Assert.Equal(pauseMilliseconds, ScanLoop.PauseInDoubt(TimeSpan.FromMilliseconds(tookMilliseconds)).TotalMilliseconds);
}
