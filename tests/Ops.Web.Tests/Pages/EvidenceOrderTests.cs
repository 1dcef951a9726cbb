using Ops.Web.Shared;

namespace Ops.Web.Tests.Pages;

public sealed class EvidenceOrderTests
{
    [Fact]
    public void What_rules_out_an_act_leads_then_what_is_unknown_then_owner_and_users_and_the_rest_is_folded()
    {
        var order = EvidenceOrder.Of(
        [
            Of(Questions.RegularFile), Of(Questions.OwnerRunning, "no"), Of(Questions.LinkCount), Of(Questions.LocalFileSystem, "unknown"), Of(Questions.Convention),
            Of(Questions.ThisHost, "no", blocks: true), Of(Questions.MailboxLocked, "no"),
        ]);

        Assert.Equal([Questions.ThisHost, Questions.LocalFileSystem, Questions.OwnerRunning, Questions.MailboxLocked], order.Deciding.Select(e => e.Question));
        Assert.Equal([Questions.RegularFile, Questions.LinkCount, Questions.Convention], order.Rest.Select(e => e.Question));
    }

    [Fact]
    public void Two_lines_are_not_folded()
    {
        var order = EvidenceOrder.Of([Of(Questions.RegularFile), Of(Questions.LinkCount), Of(Questions.OwnerRunning, "no")]);

        Assert.Equal([Questions.OwnerRunning, Questions.RegularFile, Questions.LinkCount], order.Deciding.Select(e => e.Question));
        Assert.Empty(order.Rest);
    }

    [Fact]
    public void Evidence_of_which_nothing_decides_is_shown_whole()
    {
        Assert.Empty(EvidenceOrder.Of([Of(Questions.RegularFile), Of(Questions.LinkCount), Of(Questions.Convention), Of(Questions.Space)]).Rest);
    }

    private static FindingEvidence Of(string question, string answer = "yes", bool blocks = false) => new(question, answer, "statx", "seen", DateTimeOffset.UnixEpoch, blocks);
}
