using Ops.Web.Features.Detail;
using Ops.Web.Features.Overview;

namespace Ops.Web.Tests.Pages;

/// <summary>The advice of the detail page never says more than the agent offers.</summary>
public sealed class SafeNextTests
{
    [Fact]
    public void A_stale_lock_that_the_policy_keeps_is_not_advised_to_be_broken()
    {
        var offered = Some.Finding("alice.lock", "stale");
        Assert.StartsWith("Break it by takeover", SafeNext.Of(offered).Advice[0], StringComparison.Ordinal);
        var kept = offered with { Actions = [] };
        Assert.DoesNotContain(SafeNext.Of(kept).Advice, a => a.Contains("Break it", StringComparison.Ordinal) || a.Contains("breaking", StringComparison.Ordinal));
        Assert.NotNull(SafeNext.Of(kept).Refusal);
    }

    [Theory]
    [InlineData("orphan")]
    [InlineData("orphan-linked")]
    public void A_leftover_that_is_not_offered_is_not_advised_to_be_removed(string verdict)
    {
        var kept = Some.Finding("x", verdict, "staging-file") with { Actions = [] };
        Assert.DoesNotContain(SafeNext.Of(kept).Advice, a => a.StartsWith("Remove", StringComparison.Ordinal));
        Assert.StartsWith("Remove", SafeNext.Of(kept with { Actions = ["remove"] }).Advice[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_offered_is_not_listed_as_breakable_or_removable()
    {
        string Reason(Finding finding, int rank) => Attention.Reason(new(new Ops.Web.Live.LiveFinding("host-1", finding), rank, 0));
        var stale = Some.Finding("alice.lock", "stale");
        Assert.Equal("can be broken", Reason(stale, 4));
        Assert.Equal("its owner is gone", Reason(stale with { Actions = [] }, 4));
        Assert.DoesNotContain("removed", Reason(Some.Finding("x", "orphan-linked") with { Actions = [] }, 6), StringComparison.Ordinal);
    }
}
