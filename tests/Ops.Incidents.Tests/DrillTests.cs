namespace Ops.Incidents.Tests;

/// <summary>What a drill expects, and how it is scored.</summary>
public sealed class DrillTests
{
    private static readonly Finding Orphan = Given.Blank("o", "/s/cyrus/stage./42-1-1", "staging-file", "orphan-linked") with { Actions = ["remove"] };

    [Fact]
    public void Nine_incidents_are_known_and_only_two_of_them_may_be_broken()
    {
        Assert.Equal(
            [
                "killed-holder stale break break", "recycled-pid stale break break", "rename-over ghost-write rescue ", "empty-lock refused look ", "two-breakers refused look ",
                "frozen-holder held resume ", "deadlock waiting end-one ", "foreign-host refused look ", "linked-orphan orphan-linked remove remove",
            ],
            DrillIncident.All.Select(i => $"{i.Name} {Words.Of(i.Verdict)} {StepWords.Of(i.Step)} {string.Join(',', i.Offers)}"));
        Assert.All(DrillIncident.All, i => Assert.True(i is { Happened: [.., '.'], Because: [.., '.'] }, i.Name));
        // A step that takes a file away must be one that may be offered.
        Assert.All(DrillIncident.All, i => Assert.Equal(i.Step is StepVerb.Break or StepVerb.Remove, i.Offers.Count > 0));
    }

    [Fact]
    public void A_stale_lock_that_can_be_broken_is_right_and_has_its_time()
    {
        var score = DrillScore.Of(DrillIncident.KilledHolder, See("/s/anna", Given.DotLock("/s/anna.lock", "stale", 77, isAlive: false, actions: ["break"])), 1.25);

        Assert.Equal((VerdictWord.Stale, StepVerb.Break, 1.25), (score.Verdict, score.Step, score.Seconds));
        Assert.True(score.IsRight);
    }

    [Fact]
    public void A_lock_that_is_refused_where_it_is_stale_is_found_and_wrong_and_has_no_time()
    {
        var score = DrillScore.Of(DrillIncident.KilledHolder, See("/s/anna", Given.DotLock("/s/anna.lock", "refused")), 1.25);

        Assert.Equal((VerdictWord.Refused, StepVerb.Look), (score.Verdict, score.Step));
        Assert.True(score.IsFound);
        Assert.False(score.IsRight);
        Assert.Null(score.Seconds);
    }

    [Fact]
    public void What_is_not_shown_at_all_is_not_found()
    {
        var score = DrillScore.Of(DrillIncident.ForeignHost, See("/s/hilde", Given.DotLock("/s/anna.lock", "refused")), null);

        Assert.False(score.IsFound);
        Assert.Null(score.Step);
        Assert.False(score.IsRight);
    }

    [Fact]
    public void An_offer_to_break_what_may_be_in_use_is_wrong_even_with_the_right_verdict_and_step()
    {
        var sight = new DrillSight([VerdictWord.Refused], StepVerb.Look, ["break"]);

        var score = DrillScore.Of(DrillIncident.TwoBreakers, sight, 1);

        Assert.Equal(["break"], score.Dangers);
        Assert.False(score.IsRight);
        Assert.Equal("0 of 1 incident right. Dangerous: two-breakers.", DrillScore.Sentence([score]));
    }

    [Fact]
    public void A_staging_file_of_no_mailbox_has_its_next_step()
    {
        var score = DrillScore.Of(DrillIncident.LinkedOrphan, See("/s/cyrus/stage./42-1-1", Orphan), 2);

        Assert.True(score.IsRight);
        Assert.Equal("1 of 1 incident right, each within 2.0 s.", DrillScore.Sentence([score]));
    }

    [Theory]
    [InlineData(VerdictWord.Stale, StepVerb.Break, true)]
    [InlineData(VerdictWord.Stale, StepVerb.Look, false)]
    [InlineData(VerdictWord.Held, StepVerb.Break, false)]
    public void A_person_is_right_with_verdict_and_step(VerdictWord verdict, StepVerb step, bool right) =>
        Assert.Equal(right ? 30 : null, DrillScore.Of(DrillIncident.KilledHolder, verdict, step, 30).Seconds);

    [Theory]
    [InlineData(StepVerb.Break, "break")]
    [InlineData(StepVerb.Remove, "remove")]
    [InlineData(StepVerb.Wait, "")]
    public void A_person_who_would_take_away_a_lock_in_use_is_wrong_in_the_dangerous_way(StepVerb step, string danger) =>
        Assert.Equal(danger, string.Join(',', DrillScore.Of(DrillIncident.TwoBreakers, VerdictWord.Refused, step, 30).Dangers));

    [Fact]
    public void A_line_of_json_says_what_was_expected_and_what_was_shown()
    {
        var line = DrillLine.Of(new(DrillIncident.Deadlock, VerdictWord.Waiting, StepVerb.Look, [], null), "/s/georg");

        Assert.Equal(("deadlock", "/s/georg", true, false, "waiting", "waiting", "end-one", "look"), (line.Incident, line.Path, line.Found, line.Right, line.VerdictExpected, line.VerdictShown, line.StepExpected, line.StepShown));
        Assert.Equal("It needs root.", DrillLine.OfLeftOut(DrillIncident.Deadlock, "It needs root.").LeftOut);
    }

    private static DrillSight See(string path, params IReadOnlyList<Finding> findings) => DrillSight.Of(path, findings, Given.Now);
}
