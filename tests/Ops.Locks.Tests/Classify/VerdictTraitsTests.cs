namespace Ops.Locks.Tests.Classify;

public sealed class VerdictTraitsTests
{
    [Fact]
    public void No_verdict_has_an_owner_who_lives_and_is_gone() =>
        Assert.DoesNotContain(Enum.GetValues<VerdictWord>().Select(VerdictTraits.Of), t => t.HasLivingOwner && t.OwnerIsGone);

    [Fact]
    public void Where_mail_is_lost_a_program_lives_and_keeps_others_out() =>
        Assert.All(Enum.GetValues<VerdictWord>().Select(VerdictTraits.Of).Where(t => t.LosesMail), t => Assert.True(t.HasLivingOwner && t.KeepsOut));

    [Fact]
    public void What_was_refused_says_nothing_of_its_owner() => Assert.Equal(new VerdictTraits(), VerdictTraits.Of(VerdictWord.Refused));
}
