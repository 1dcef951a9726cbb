namespace Ops.Integrity.Tests;

public sealed class HazardTests
{
    private static readonly PidCycle Cycle = new(Highest: 32767, Last: 20_000, ForksPerSecond: 10);

    [Fact]
    public void A_number_above_the_last_one_comes_after_the_numbers_between() => Assert.Equal(TimeSpan.FromSeconds(100), Cycle.Until(21_000));

    [Fact]
    public void A_number_below_it_comes_after_the_end_and_300() => Assert.Equal(TimeSpan.FromSeconds((12_767 + 700 + 1) / 10.0), Cycle.Until(1000));

    [Fact]
    public void Nothing_is_said_where_nothing_was_started_and_of_numbers_that_do_not_come_round()
    {
        Assert.Null((Cycle with { ForksPerSecond = 0 }).Until(21_000));
        Assert.Null(Cycle.Until(299));
        Assert.Null(Cycle.Until(40_000));
    }

    [Fact]
    public void A_whole_cycle_brings_every_number()
    {
        Assert.Equal(1, Cycle.ShareWithin(TimeSpan.FromDays(1)));
        Assert.InRange(Cycle.ShareWithin(TimeSpan.FromMinutes(5)), 0.09, 0.1);
    }

    [Theory]
    [InlineData("0.31 0.22 0.15 2/345 20000\n", 20000)]
    [InlineData("", null)]
    [InlineData("0.31 0.22 x", null)]
    public void The_last_number_is_the_last_word_of_loadavg(string text, int? last) => Assert.Equal(last, PidCycle.LastGiven(System.Text.Encoding.ASCII.GetBytes(text)));

    [Theory]
    [InlineData(17, true, StageReuse.UnlinksFirst)]
    [InlineData(13, false, StageReuse.UnlinksFirst)]
    [InlineData(12, true, StageReuse.MayOverwrite)]
    [InlineData(12, false, StageReuse.UnlinksFirst)]
    [InlineData(10, true, StageReuse.UnlinksFirst)]
    [InlineData(10, false, StageReuse.MayOverwrite)]
    [InlineData(9, true, StageReuse.MayOverwrite)]
    [InlineData(null, true, StageReuse.Unknown)]
    public void What_a_Cyrus_does_with_a_staging_name_follows_from_the_index_it_writes(int? version, bool isSync, StageReuse reuse) =>
        Assert.Equal(reuse, StageHazard.ReuseBy(version, isSync));

    [Fact]
    public void The_sentences_say_no_more_than_was_measured()
    {
        var hazard = new StageHazard(FilePath.FromText("/p/sync./21000/ab"), 21_000, default, 2, [], PidRuns: false, StageReuse.MayOverwrite);
        Assert.Equal("Its pid comes round in about 100 s; every number does once in 55 min, at 10 starts a second", ReportWords.Comes(hazard, Cycle));
        Assert.Equal("No process was started while it was measured", ReportWords.Comes(hazard, null));
        Assert.StartsWith("A process with its pid runs now", ReportWords.Comes(hazard with { PidRuns = true }, Cycle), StringComparison.Ordinal);
    }
}
