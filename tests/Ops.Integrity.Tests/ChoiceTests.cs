namespace Ops.Integrity.Tests;

public sealed class ChoiceTests
{
    private static readonly ReadChoice OnePercent = new(Full: false, 0.01, Seed: 1);
    private static readonly ReadChoice Nothing = new(Full: false, 0, Seed: 1);
    private static readonly CyrusRecord Record = new(5, 10, new MessageGuid(1, 1, 1), 0, LastUpdated: 1000, InternalDate: 900);
    private static readonly StoredFile File = new("5.", new FileIdentity(8, 1, 5), 1, 10, new FileTime(1000, 0), new FileTime(900, 0));

    [Fact]
    public void What_has_a_reason_is_read_whatever_the_lot_says()
    {
        Assert.Equal(ReadReason.None, Nothing.ReasonFor(7, Record, File, staged: false));
        Assert.Equal(ReadReason.Staged, Nothing.ReasonFor(7, Record, File, staged: true));
        Assert.Equal(ReadReason.SeveralNames, Nothing.ReasonFor(7, Record, File with { LinkCount = 2 }, staged: false));
        Assert.Equal(ReadReason.ChangedLater, Nothing.ReasonFor(7, Record, File with { Changed = new FileTime(1003, 0) }, staged: false));
        Assert.Equal(ReadReason.WrittenLater, Nothing.ReasonFor(7, Record, File with { Modified = new FileTime(901, 0) }, staged: false));
        Assert.Equal(ReadReason.Full, (Nothing with { Full = true }).ReasonFor(7, Record, File, staged: false));
    }

    [Fact]
    public void A_delivery_that_takes_away_its_staging_name_right_after_the_record_is_no_reason() =>
        Assert.Equal(ReadReason.None, Nothing.ReasonFor(7, Record, File with { Changed = new FileTime(1002, 5) }, staged: false));

    [Fact]
    public void The_lot_falls_on_about_the_share_and_on_others_with_another_seed()
    {
        var first = Enumerable.Range(1, 100_000).Where(uid => OnePercent.Draws(7, (ulong)uid)).ToHashSet();
        var second = Enumerable.Range(1, 100_000).Where(uid => (OnePercent with { Seed = 2 }).Draws(7, (ulong)uid)).ToHashSet();
        Assert.InRange(first.Count, 850, 1150);
        Assert.InRange(first.Intersect(second).Count(), 0, 40);
    }

    [Fact]
    public void All_or_none_are_drawn_at_the_ends()
    {
        Assert.All(Enumerable.Range(1, 1000), uid => Assert.True((OnePercent with { Share = 1 }).Draws(7, (ulong)uid)));
        Assert.All(Enumerable.Range(1, 1000), uid => Assert.False(Nothing.Draws(7, (ulong)uid)));
    }
}
