using System.Text;

namespace Ops.Locks.Tests;

public sealed class LockListMarkTests
{
    private const string Alice = "POSIX  ADVISORY  WRITE 100 08:01:11 0 EOF", Bob = "FLOCK  ADVISORY  WRITE 200 08:01:12 0 EOF", Waits = "-> POSIX  ADVISORY  WRITE 300 08:01:11 0 EOF";

    [Fact]
    public void The_order_of_the_rows_and_their_numbers_do_not_count() => Assert.Equal(Mark($"1: {Alice}", $"2: {Bob}"), Mark($"7: {Bob}", $"9: {Alice}"));

    [Theory]
    [InlineData("1: " + Alice)]
    [InlineData("1: " + Alice, "2: " + Bob, "3: " + Bob)]
    [InlineData("1: " + Alice, "2: FLOCK  ADVISORY  WRITE 201 08:01:12 0 EOF")]
    [InlineData("1: " + Alice, "2: FLOCK  ADVISORY  READ 200 08:01:12 0 EOF")]
    [InlineData("1: " + Alice, "2: FLOCK  ADVISORY  WRITE 200 08:01:13 0 EOF")]
    [InlineData("1: " + Alice, "1: " + Waits, "2: " + Bob)]
    public void Another_list_has_another_mark(params string[] rows) => Assert.NotEqual(Mark($"1: {Alice}", $"2: {Bob}"), Mark(rows));

    [Fact]
    public void Locks_of_the_process_that_looks_do_not_count() => Assert.Equal(Mark($"1: {Alice}"), Mark($"1: {Alice}", "2: POSIX  ADVISORY  READ 999 08:01:20 0 EOF"));

    [Fact]
    public void A_process_that_waits_is_noted()
    {
        Assert.False(Mark($"1: {Alice}").HasWaiters);
        Assert.True(Mark($"1: {Alice}", $"1: {Waits}").HasWaiters);
    }

    private static LockListMark Mark(params string[] rows) => LockListMark.Of(ProcLocks.Parse(Encoding.ASCII.GetBytes(string.Concat(rows.Select(r => r + "\n")))), except: 999);
}
