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
    [InlineData(17, StageForm.Digest, StageReuse.UnlinksFirst)]
    [InlineData(13, StageForm.Append, StageReuse.UnlinksFirst)]
    [InlineData(13, StageForm.OtherSync, StageReuse.UnlinksFirst)]
    [InlineData(12, StageForm.Digest, StageReuse.MayOverwrite)]
    [InlineData(12, StageForm.OtherSync, StageReuse.MayOverwrite)]
    [InlineData(12, StageForm.Append, StageReuse.UnlinksFirst)]
    [InlineData(10, StageForm.Numbered, StageReuse.UnlinksFirst)]
    [InlineData(10, StageForm.Append, StageReuse.MayOverwrite)]
    [InlineData(9, StageForm.Numbered, StageReuse.MayOverwrite)]
    [InlineData(null, StageForm.Digest, StageReuse.Unknown)]
    public void What_a_Cyrus_does_with_a_staging_name_follows_from_the_index_it_writes(int? version, StageForm form, StageReuse reuse) =>
        Assert.Equal(reuse, StageHazard.ReuseBy(version, form));

    [Theory]
    [InlineData(12, StageForm.Numbered, StageReuse.OtherForm)]
    [InlineData(17, StageForm.Numbered, StageReuse.OtherForm)]
    [InlineData(10, StageForm.Digest, StageReuse.MayOverwrite)]
    public void A_staging_name_of_another_release_than_the_indexes_is_judged_by_the_later_one(int version, StageForm form, StageReuse reuse) =>
        Assert.Equal(reuse, StageHazard.ReuseBy(version, form));

    [Theory]
    [InlineData("9.", true, StageForm.Numbered)]
    [InlineData("0.", true, StageForm.Numbered)]
    [InlineData("9.", false, StageForm.Append)]
    [InlineData(".", true, StageForm.OtherSync)]
    [InlineData("9", true, StageForm.OtherSync)]
    [InlineData("9.x.", true, StageForm.OtherSync)]
    [InlineData("fe05bcdcdc4928012781a5f1a2a77cbb5398e106", true, StageForm.Digest)]
    [InlineData("FE05bcdcdc4928012781a5f1a2a77cbb5398e106", true, StageForm.OtherSync)]
    [InlineData("", true, StageForm.OtherSync)]
    public void The_form_of_a_staging_name_says_which_release_wrote_it(string name, bool isSync, StageForm form) =>
        Assert.Equal(form, StageHazard.FormOf(System.Text.Encoding.ASCII.GetBytes(name), isSync));

    [Fact]
    public void The_sentences_say_no_more_than_was_measured()
    {
        var hazard = new StageHazard(FilePath.FromText("/p/sync./21000/ab"), 21_000, default, 2, [], PidRuns: false, StageReuse.MayOverwrite);
        Assert.Equal("Its pid comes round in about 100 s; every number does once in 55 min, at 10 starts a second", ReportWords.Comes(hazard, Cycle));
        Assert.Equal("No process was started while it was measured", ReportWords.Comes(hazard, null));
        Assert.StartsWith("A process with its pid runs now", ReportWords.Comes(hazard with { PidRuns = true }, Cycle), StringComparison.Ordinal);
    }
}
