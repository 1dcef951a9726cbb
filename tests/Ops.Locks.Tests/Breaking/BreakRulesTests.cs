namespace Ops.Locks.Tests.Breaking;

public sealed class BreakRulesTests
{
    private static readonly FileFacts Stale = Given.File("/var/mail/alice.lock", "4242\n", Modes.O644);

    private static (ArtefactFacts Artefact, Verdict Verdict) Look(FileFacts file, HostFacts? host = null)
    {
        var artefact = Given.Artefact(file, Given.Mailbox());
        return (artefact, ArtefactClassifier.Classify(artefact, host ?? Given.Host(), JudgingOptions.Default)!);
    }

    [Fact]
    public void A_stale_lock_with_the_fingerprint_of_the_preview_is_taken_over_with_a_lock_of_the_same_form()
    {
        var (artefact, verdict) = Look(Stale);
        var plan = Assert.IsType<BreakDecision.TakeOver>(BreakRules.Decide(OperatorAction.Break, artefact, verdict, Fingerprint.Of(Stale, verdict)));
        Assert.Equal("777\n"u8.ToArray(), plan.Ours(777, "mail1").Content);
    }

    [Fact]
    public void A_lock_replaced_after_the_preview_is_refused_as_changed()
    {
        var (_, before) = Look(Stale);
        var asked = Fingerprint.Of(Stale, before);
        var (artefact, verdict) = Look(Stale with { Identity = Stale.Identity with { Inode = 101 } });
        var refused = Assert.IsType<BreakDecision.Refused>(BreakRules.Decide(OperatorAction.Break, artefact, verdict, asked));
        Assert.Equal(Refusal.Changed, refused.Reason);
    }

    [Fact]
    public void A_lock_whose_owner_came_back_is_refused_with_that_reason()
    {
        var (_, before) = Look(Stale);
        var (artefact, verdict) = Look(Stale, Given.Host([Given.Process(4242)]));
        var refused = Assert.IsType<BreakDecision.Refused>(BreakRules.Decide(OperatorAction.Break, artefact, verdict, Fingerprint.Of(Stale, before)));
        Assert.Equal(Refusal.OwnerAlive, refused.Reason);
    }

    [Fact]
    public void A_stale_lock_is_broken_never_removed()
    {
        var (artefact, verdict) = Look(Stale);
        Assert.Equal(Refusal.NotOffered, Assert.IsType<BreakDecision.Refused>(BreakRules.Decide(OperatorAction.Remove, artefact, verdict, null)).Reason);
    }

    [Fact]
    public void A_clock_that_ticks_on_does_not_change_the_fingerprint()
    {
        var (artefact, verdict) = Look(Stale);
        var later = ArtefactClassifier.Classify(artefact, Given.Host() with { Now = Given.Now.AddMinutes(3) }, JudgingOptions.Default)!;
        Assert.Equal(Fingerprint.Of(Stale, verdict), Fingerprint.Of(Stale, later));
    }

    [Fact]
    public void Every_fact_of_the_file_is_in_the_fingerprint()
    {
        var (_, verdict) = Look(Stale);
        FileFacts[] others =
        [
            Stale with { Path = FilePath.FromText("/var/mail/bob.lock") },
            Stale with { Identity = Stale.Identity with { Inode = 1 } },
            Stale with { Mode = Modes.O600 },
            Stale with { Uid = 1 },
            Stale with { Size = 6 },
            Stale with { LinkCount = 2 },
            Stale with { ChangedAt = Stale.ChangedAt with { Nanoseconds = Stale.ChangedAt.Nanoseconds + 1 } },
            Stale with { ModifiedAt = Stale.ModifiedAt with { Seconds = Stale.ModifiedAt.Seconds + 1 } },
            Stale with { Content = FileContent.Of("4243\n"u8) },
        ];
        Assert.All(others, other => Assert.NotEqual(Fingerprint.Of(Stale, verdict), Fingerprint.Of(other, verdict)));
        Assert.Equal(others.Length, others.Select(o => Fingerprint.Of(o, verdict)).Distinct().Count());
    }

    [Theory]
    [InlineData("4242:mx2", Refusal.OtherHost)]
    [InlineData("", Refusal.TooYoung)]
    public void Each_refusal_has_its_own_reason(string text, Refusal reason)
    {
        var (artefact, verdict) = Look(Given.File("/var/mail/alice.lock", text, Modes.O600, age: TimeSpan.FromMinutes(5)));
        Assert.Equal(reason, Assert.IsType<BreakDecision.Refused>(BreakRules.Decide(OperatorAction.Break, artefact, verdict, null)).Reason);
    }
}
