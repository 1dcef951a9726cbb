using Bunit;
using Ops.Web.Features.Overview;

namespace Ops.Web.Tests.Pages;

public sealed class OverviewPageTests : PageTest
{
    [Fact]
    public void A_healthy_host_says_what_was_looked_at()
    {
        Report();
        var page = Render<OverviewPage>();
        Assert.Contains("Nothing needs attention", page.Markup, StringComparison.Ordinal);
        Assert.Contains("/var/mail", page.Find(".empty").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Before_the_first_scan_nothing_is_called_healthy()
    {
        var page = Render<OverviewPage>();
        Assert.DoesNotContain("Nothing needs attention", page.Markup, StringComparison.Ordinal);
        Assert.Contains("The first scan is under way", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void An_agent_that_is_not_root_has_a_banner_that_names_what_it_cannot_see()
    {
        Live.SetStatus(Status(false, new BlindSpot("processes", "83 processes belong to others")));
        var page = Render<OverviewPage>();
        Assert.Contains("does not run as root", page.Markup, StringComparison.Ordinal);
        Assert.Contains("83 processes belong to others", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Tiles_count_by_verdict_and_lead_to_the_filtered_lists()
    {
        Report(Some.Finding("a", "stale"), Some.Finding("b", "held"), Lock("k", "g", 1));
        var page = Render<OverviewPage>();
        var links = page.FindAll(".tile-links a").Select(a => (a.TextContent, a.GetAttribute("href")));
        Assert.Equal([("1 file", "/leftovers?verdict=stale"), ("1 lock", "/locks?verdict=held"), ("1 file", "/leftovers?verdict=held")], links);
    }

    [Fact]
    public void A_verdict_that_no_agent_gives_has_a_tile_only_once_it_occurs()
    {
        Report(Some.Finding("a", "stale"));
        Assert.DoesNotContain("Mismatch", Render<OverviewPage>().Find(".tiles").TextContent, StringComparison.Ordinal);
        Report(Some.Finding("a", "stale"), Some.Finding("b", "mismatch"));
        Assert.Contains("Mismatch", Render<OverviewPage>().Find(".tiles").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Mail_at_risk_comes_before_a_stale_lock_with_waiters_and_that_before_one_without()
    {
        Report(Golden.Relations);
        var page = Render<OverviewPage>();
        var shown = page.FindAll("section[aria-labelledby=h-attention] .path-name").Select(p => p.TextContent);
        Assert.Equal(["both", "replaced"], shown.Take(2).Order());
        Assert.Equal(["queued.lock", "lonely.lock"], shown.Skip(2));
        Assert.Contains("2 programs waiting for a dead owner", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deadlock_comes_right_after_lost_mail_and_before_a_dead_owner()
    {
        Report([.. Golden.Relations, .. Golden.Deadlock.Select(f => f with { Key = "dead" + f.Key })]);
        Assert.Equal([0, 0, 1, 2], Attention.Of(Live.Current).Take(4).Select(i => i.Rank));
        Assert.Contains("deadlock: 2 programs wait for each other", Render<OverviewPage>().Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stopped_holder_that_others_wait_for_needs_attention()
    {
        FindingProcess Process(string state) => new(20, 1, Guid.Empty, 1, "imapd", "imapd", null, 1, "cyrus", null, state, DateTimeOffset.UnixEpoch, [20]);
        Report(Lock("h", "g", 20) with { Process = Process("T") }, Lock("w", "g", 21, 1, 20), Lock("h2", "g2", 20) with { Process = Process("S") }, Lock("w2", "g2", 22, 1, 20));
        Assert.Equal(["h"], Attention.Of(Live.Current).Select(i => i.Found.Key));
    }

    [Fact]
    public async Task What_changed_last_is_listed_newest_first()
    {
        Report(Some.Finding("a"));
        var page = Render<OverviewPage>();
        Assert.Contains("No change since the console started", page.Markup, StringComparison.Ordinal);
        Change([Some.Finding("a", "stale")]);
        Change([], "a");
        await Eventually(page, () => Assert.Equal(2, page.FindAll("section[aria-labelledby=h-changes] li").Count));
        Assert.Contains("is gone", page.Find("section[aria-labelledby=h-changes] li").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_changes_of_one_finding_on_one_tick_of_the_clock_are_two_lines()
    {
        Report(Some.Finding("a"));
        Change([Some.Finding("a", "stale")]);
        Change([], "a");
        Assert.Equal(2, Render<OverviewPage>().FindAll("section[aria-labelledby=h-changes] li").Count);
    }
}
