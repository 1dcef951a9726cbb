namespace Ops.Integrity.Tests;

public sealed class SecondLookTests
{
    private static readonly StoredFile File = new("2.", new FileIdentity(8, 1, 2), 1, 20, new FileTime(100, 0), new FileTime(90, 0));
    private static readonly Suspect First = new(CheckKind.Content, "2.", new IndexClaim(2, 20, new MessageGuid(1, 1, 1)), File, new MessageGuid(2, 2, 2));

    [Fact]
    public void The_same_entry_and_the_same_bytes_confirm_it() => Assert.Equal(SecondAnswer.Confirmed, SecondLook.Answer(First, First with { }));

    [Fact]
    public void A_name_more_or_less_moves_the_change_time_and_not_the_bytes() =>
        Assert.Equal(SecondAnswer.Confirmed, SecondLook.Answer(First, First with { File = File with { LinkCount = 2, Changed = new FileTime(200, 0) } }));

    [Fact]
    public void No_suspect_the_second_time_settles_it() => Assert.Equal(SecondAnswer.Settled, SecondLook.Answer(First, null));

    [Fact]
    public void Another_inode_size_time_entry_or_digest_asks_for_one_more_look()
    {
        Suspect[] others =
        [
            First with { File = File with { Identity = new FileIdentity(8, 1, 3) } }, First with { File = File with { Size = 21 } }, First with { File = File with { Modified = new FileTime(91, 0) } },
            First with { Claim = new IndexClaim(2, 21, new MessageGuid(1, 1, 1)) }, First with { Digest = new MessageGuid(3, 3, 3) }, First with { File = null }, First with { LineSize = 4 },
        ];
        Assert.All(others, other => Assert.Equal(SecondAnswer.Unsteady, SecondLook.Answer(First, other)));
    }

    [Fact]
    public void A_file_that_is_missing_twice_is_confirmed()
    {
        var missing = new Suspect(CheckKind.Missing, "2.", new IndexClaim(2, 20, null), null);
        Assert.Equal(SecondAnswer.Confirmed, SecondLook.Answer(missing, missing with { }));
    }
}
