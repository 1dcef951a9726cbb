using Ops.Testing;
using Xunit.Abstractions;

namespace Ops.EndToEnd.Tests;

/// <summary>The short form of the run that <c>bench/run.sh</c> does with a thousand breaks.</summary>
public sealed class StressTests(ITestOutputHelper output)
{
    private const int Breaks = 40, Removals = 5;

    [Fact]
    public async Task No_living_lock_and_no_mail_is_lost_while_stale_locks_are_broken_on_busy_names()
    {
        using var scratch = new Scratch();
        var result = await new StressRun(new StressStore(scratch, mailboxes: 64), new StressOptions(Breaks, Removals)).RunAsync();
        output.WriteLine(result.ToString());
        Assert.Empty(result.Problems);
        // What the run is about must have happened, or it proved nothing.
        Assert.True(result.Broken >= Breaks, result.ToString());
        Assert.True(result.GivenBack > 0, result.ToString());
        Assert.True(result.LeftAlone > 0, result.ToString());
        Assert.Equal(Removals, result.Removed);
        Assert.True(result.Messages > 1000, result.ToString());
        Assert.True(result.Staged > 1000, result.ToString());
    }
}
