namespace Ops.Locks.Tests;

/// <summary>A process that was seen to give a lock its name is evidence. It never makes a file breakable that is not without it.</summary>
public sealed class CreatorEvidenceTests
{
    private static readonly ProcessFacts Maker = Given.Process(77, Given.Now.AddHours(-3), "sh");
    private static readonly Creator Seen = new(77, Maker, Given.Process(70, Given.Now.AddHours(-9), "cron"), Given.Now.AddHours(-2));

    // Empty, with the mode of many programs: no rule ever calls it stale.
    private static readonly ArtefactFacts Anonymous = Given.Artefact(Given.File("/var/mail/alice.lock", "", Modes.O644), Given.Mailbox());

    // One byte "0" in mode 0444, as procmail makes it: stale by its age.
    private static readonly ArtefactFacts Aged = Given.Artefact(Given.File("/var/mail/alice.lock", "0", Modes.O444), Given.Mailbox());

    [Fact]
    public void An_anonymous_lock_whose_creator_has_ended_stays_refused_and_says_who_it_was()
    {
        var verdict = Judge(Anonymous with { Creator = Seen });
        Assert.Equal((VerdictWord.Refused, 0), (verdict.Word, verdict.Actions.Count));
        var evidence = verdict.Of(Questions.CreatorRunning)!;
        Assert.Equal((Answer.No, false), (evidence.Answer, evidence.Blocks));
        Assert.Contains("pid 77 (sh, user mail)", evidence.Detail, StringComparison.Ordinal);
        Assert.Contains("pid 70 (cron)", evidence.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_creator_that_has_ended_changes_no_verdict_and_no_fingerprint()
    {
        foreach (var artefact in (ArtefactFacts[])[Anonymous, Aged])
        {
            var (without, with) = (Judge(artefact), Judge(artefact with { Creator = Seen }));
            Assert.Equal((without.Word, without.Summary), (with.Word, with.Summary));
            Assert.Equal(without.Actions, with.Actions);
            Assert.Equal(Fingerprint.Of(artefact.File, without), Fingerprint.Of(artefact.File, with));
        }
    }

    [Fact]
    public void A_lock_that_is_stale_by_its_age_is_refused_while_its_creator_runs()
    {
        Assert.Equal(VerdictWord.Stale, Judge(Aged).Word);
        var verdict = Judge(Aged with { Creator = Seen }, Maker);
        Assert.Equal((VerdictWord.Refused, 0), (verdict.Word, verdict.Actions.Count));
        Assert.StartsWith("Left alone: pid 77 (sh, user mail), which gave it this name, still runs", verdict.Summary, StringComparison.Ordinal);
        Assert.True(verdict.Of(Questions.CreatorRunning)!.Blocks);
    }

    [Fact]
    public void A_later_process_of_the_creators_number_is_not_the_creator()
    {
        var verdict = Judge(Aged with { Creator = Seen }, Given.Process(77, Given.Now.AddMinutes(-1), "sh"));
        Assert.Equal((VerdictWord.Stale, Answer.No), (verdict.Word, verdict.Of(Questions.CreatorRunning)!.Answer));
    }

    [Fact]
    public void A_creator_that_could_not_be_read_and_whose_number_is_in_use_keeps_an_old_lock_refused()
    {
        var unread = Seen with { Process = null, Parent = null };
        Assert.Equal(VerdictWord.Refused, Judge(Aged with { Creator = unread }, Given.Process(77)).Word);
        Assert.Equal(VerdictWord.Stale, Judge(Aged with { Creator = unread }).Word);
    }

    [Fact]
    public void A_creator_that_may_be_hidden_is_unknown_and_not_gone()
    {
        var verdict = ArtefactClassifier.Classify(Aged with { Creator = Seen }, Given.Host(allProcesses: false), JudgingOptions.Default)!;
        Assert.Equal((VerdictWord.Refused, Answer.Unknown), (verdict.Word, verdict.Of(Questions.CreatorRunning)!.Answer));
    }

    [Fact]
    public void A_creator_of_an_earlier_boot_is_gone_whatever_has_its_number()
    {
        var before = Seen with { Process = Maker with { Identity = Maker.Identity with { BootId = Guid.NewGuid() } } };
        Assert.Equal(Answer.No, Judge(Aged with { Creator = before }, Maker).Of(Questions.CreatorRunning)!.Answer);
    }

    [Fact]
    public void A_lock_that_names_a_dead_owner_is_judged_by_that_name_and_the_creator_informs()
    {
        var named = Given.Artefact(Given.File("/var/mail/alice.lock", "4242\n", Modes.O644), Given.Mailbox());
        var (without, with) = (Judge(named, Maker), Judge(named with { Creator = Seen }, Maker));
        Assert.Equal((without.Word, without.Owner.Pid), (with.Word, with.Owner.Pid));
        Assert.False(with.Of(Questions.CreatorRunning)!.Blocks);
    }

    [Fact]
    public void A_hostile_name_is_refused_for_its_own_reason_and_not_for_its_creator()
    {
        var open = Anonymous with { Directory = Given.Directory(mode: Modes.O777), Creator = Seen };
        Assert.Equal(Judge(open with { Creator = null }, Maker).Summary, Judge(open, Maker).Summary);
    }

    [Fact]
    public void The_child_of_a_creator_that_has_ended_keeps_its_lock_by_what_it_has_open()
    {
        var child = Given.Process(78, Given.Now.AddHours(-3), "sh");
        var host = Given.Host([child], open: [Given.Open(Aged.File, child)]);
        var verdict = ArtefactClassifier.Classify(Aged with { Creator = Seen }, host, JudgingOptions.Default)!;
        Assert.DoesNotContain(OperatorAction.Break, verdict.Actions);
    }

    private static Verdict Judge(ArtefactFacts artefact, params ProcessFacts[] processes) =>
        ArtefactClassifier.Classify(artefact, Given.Host(processes), JudgingOptions.Default)!;
}
