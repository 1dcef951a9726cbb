namespace Ops.Integrity.Tests;

public sealed class NameGroupsTests
{
    private static readonly MessageGuid Alice = new(1, 1, 1);
    private static readonly MessageGuid Bob = new(2, 2, 2);

    [Fact]
    public void One_inode_in_two_mailboxes_is_right_where_both_records_say_the_same() =>
        Assert.Empty(NameGroups.Disagreeing([Name("a", 1, 10, Alice), Name("b", 1, 10, Alice), Name("c", 2, 10, Bob)]));

    [Fact]
    public void Two_records_with_other_hashes_for_one_inode_contradict_each_other()
    {
        var group = Assert.Single(NameGroups.Disagreeing([Name("a", 1, 10, Alice), Name("b", 1, 10, Bob), Name("c", 2, 10, Bob)]));
        Assert.Equal(["a", "b"], group.Select(m => m.Mailbox.Text));
    }

    [Fact]
    public void Where_no_hash_is_kept_the_sizes_must_agree()
    {
        Assert.Empty(NameGroups.Disagreeing([Name("a", 1, 10, null), Name("b", 1, 10, null)]));
        Assert.Single(NameGroups.Disagreeing([Name("a", 1, 10, null), Name("b", 1, 11, null)]));
    }

    [Fact]
    public void A_record_without_a_hash_does_not_hide_two_that_contradict_each_other()
    {
        Assert.Empty(NameGroups.Disagreeing([Name("a", 1, 10, null), Name("b", 1, 10, Bob)]));
        Assert.Single(NameGroups.Disagreeing([Name("a", 1, 10, null), Name("b", 1, 10, Alice), Name("c", 1, 10, Bob)]));
    }

    private static NamedMessage Name(string mailbox, ulong inode, ulong size, MessageGuid? digest) =>
        new(FilePath.FromText(mailbox), "1.", new FileIdentity(8, 1, inode), new IndexClaim(1, size, digest));
}
