namespace Ops.Locks.Tests.Breaking;

public sealed class ShadowJudgeTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly ShadowLook Was = new("fe:00:12", 8, Given.Now, IsAlive: false, IsOffered: true, "Stale.");

    private static ShadowState Next(ShadowLook? now, double minutes = 5, ShadowState state = ShadowState.WouldAct) =>
        ShadowJudge.Next(state, Was, now, TimeSpan.FromMinutes(minutes), Hour).State;

    [Fact]
    public void Undisturbed_for_the_whole_watch_is_confirmed()
    {
        Assert.Equal(ShadowState.WouldAct, Next(Was, 59));
        Assert.Equal(ShadowState.Confirmed, Next(Was, 60));
    }

    [Fact]
    public void A_living_owner_is_a_would_be_error_also_after_it_was_confirmed()
    {
        var alive = Was with { IsAlive = true, IsOffered = false, Summary = "Held: pid 7 (imapd)." };
        Assert.Equal((ShadowState.OwnerReturned, "Held: pid 7 (imapd)."), ShadowJudge.Next(ShadowState.WouldAct, Was, alive, Hour, Hour));
        Assert.Equal(ShadowState.OwnerReturned, Next(alive, 90, ShadowState.Confirmed));
    }

    [Fact]
    public void A_file_that_was_written_to_is_a_would_be_error()
    {
        Assert.Equal(ShadowState.Changed, Next(Was with { Size = 9 }));
        Assert.Equal(ShadowState.Changed, Next(Was with { ModifiedAt = Given.Now.AddSeconds(1) }, 90, ShadowState.Confirmed));
    }

    [Fact]
    public void Gone_or_replaced_is_neither_right_nor_wrong()
    {
        Assert.Equal(ShadowState.GoneByItself, Next(null));
        Assert.Equal(ShadowState.GoneByItself, Next(Was with { File = "fe:00:13", IsAlive = true }));
        Assert.Equal(ShadowState.Confirmed, Next(null, 90, ShadowState.Confirmed));
    }

    [Fact]
    public void What_would_be_refused_for_a_while_says_so_and_is_watched_on() => Assert.Equal(
        (ShadowState.WouldAct, "At present it would be refused: In use."),
        ShadowJudge.Next(ShadowState.WouldAct, Was, Was with { IsOffered = false, Summary = "In use." }, TimeSpan.FromMinutes(5), Hour));

    [Theory]
    [InlineData(ShadowState.OwnerReturned)]
    [InlineData(ShadowState.Changed)]
    [InlineData(ShadowState.GoneByItself)]
    public void The_first_answer_stands(ShadowState state) => Assert.Equal(state, Next(Was, 90, state));
}
