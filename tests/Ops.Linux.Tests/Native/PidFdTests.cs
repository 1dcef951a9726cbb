
namespace Ops.Linux.Tests;

public sealed class PidFdTests
{
    [Fact]
    public void A_signal_through_a_pidfd_ends_the_process_and_the_end_is_seen()
    {
        using var maker = LockMaker.Start();
        using var process = PidFd.Open(maker.Pid).Value;

        Assert.Equal(Errno.None, process.Send(Signal.Probe));
        Assert.False(process.WaitForExit(TimeSpan.Zero).Value);
        Assert.Equal(Errno.None, process.Send(Signal.Kill));
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(10)).Value);
        maker.WaitForExit();
        Assert.Equal(Errno.NoSuchProcess, process.Send(Signal.Probe));
    }

    [Fact]
    public void A_process_that_is_gone_cannot_be_opened()
    {
        using var maker = LockMaker.Start();
        maker.Kill();

        Assert.Equal(Errno.NoSuchProcess, PidFd.Open(maker.Pid).Error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_pid_that_no_process_can_have_is_refused(int pid) =>
        Assert.Equal(Errno.InvalidArgument, PidFd.Open(pid).Error);
}
