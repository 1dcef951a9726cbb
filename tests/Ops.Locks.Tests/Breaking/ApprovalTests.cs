namespace Ops.Locks.Tests.Breaking;

public sealed class ApprovalTests
{
    private static Refusal? Refuse(int needed, string[] approvers, string? glass = null, bool allows = true) => Approval.Refuse("alice", approvers, needed, glass, allows)?.Reason;

    [Fact]
    public void Enough_other_people_approve()
    {
        Assert.Null(Refuse(0, []));
        Assert.Null(Refuse(2, ["bob", "carol"]));
        Assert.Equal(Refusal.NeedsApproval, Refuse(1, []));
        Assert.Equal(Refusal.NeedsApproval, Refuse(2, ["bob"]));
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("ALICE")]
    [InlineData(" alice ")]
    public void The_actor_never_approves_however_the_name_is_written(string name) => Assert.Equal(Refusal.NotApprovedByAnother, Refuse(1, [name]));

    [Fact]
    public void One_person_counts_once() => Assert.Equal(Refusal.NotApprovedByAnother, Refuse(2, ["bob", "Bob "]));

    [Fact]
    public void Break_glass_stands_in_for_approvers_where_the_policy_allows_it()
    {
        Assert.Null(Refuse(2, [], "the store is on fire"));
        Assert.Equal(Refusal.Policy, Refuse(2, [], "the store is on fire", allows: false));
        Assert.Equal(Refusal.Policy, Refuse(0, [], "no need", allows: false));
        Assert.Equal(Refusal.NotApprovedByAnother, Refuse(2, ["alice"], "the store is on fire"));
    }
}
