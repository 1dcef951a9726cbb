using System.Globalization;
using Bunit;
using Ops.Web.Features.Overview;
using Ops.Web.Live;

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
        var items = Attention.Of(Live.Current);
        var names = items.Select(i => i.Found.Finding.Path.Split('/')[^1]);
        Assert.Equal(["both", "replaced"], names.Take(2).Order());
        Assert.Equal(["queued.lock", "lonely.lock"], names.Skip(2));
        Assert.Contains("2 programs waiting for a dead owner", items.Select(Attention.Reason));
    }

    [Fact]
    public void What_a_mailbox_is_stuck_for_is_listed_once_and_a_file_of_no_mailbox_besides()
    {
        Report(Some.Finding("bob.lock", "stale"), Some.Finding("/var/spool/imap/stage./4711-1", "orphan-linked", "staging-file") with { Path = "/var/spool/imap/stage./4711-1", Mailbox = null });
        var page = Render<OverviewPage>();
        Assert.Single(page.FindAll("section[aria-labelledby=h-mailboxes] li"));
        Assert.Equal(["4711-1"], page.FindAll("section[aria-labelledby=h-attention] .path-name").Select(p => p.TextContent));
    }

    [Fact]
    public void A_stuck_mailbox_leads_to_its_next_step()
    {
        Report(Some.Finding("bob.lock", "stale") with { Actions = ["break"] });
        var link = Render<OverviewPage>().FindAll("section[aria-labelledby=h-mailboxes] a").Single(a => a.TextContent.StartsWith("Break…", StringComparison.Ordinal));
        Assert.Equal($"/finding/{HostId}/bob.lock", link.GetAttribute("href"));
    }

    [Theory]
    [InlineData("open-files", false)]
    [InlineData("clock", false)]
    [InlineData("journal", true)]
    [InlineData("store", true)]
    public void Only_what_stops_an_agent_from_judging_or_acting_stands_above_the_mailboxes(string area, bool above)
    {
        Live.SetStatus(Status(true, new BlindSpot(area, "this is what was not seen")));
        var page = Render<OverviewPage>();
        Assert.Equal(above ? 1 : 0, page.FindAll(".content > .notice, .notice.tone-info").Count);
        Assert.Contains("this is what was not seen", page.Find(".host-card details").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Hosts_that_are_silent_come_first_and_a_fleet_is_cut_short()
    {
        foreach (var number in Enumerable.Range(1, 20))
            Live.SetStatus(Status() with { HostId = $"id{number}", HostName = $"mail{number:00}", Connection = number is 17 or 18 ? HostConnection.Lost : HostConnection.Live });
        var hosts = Render<OverviewPage>().Find("section[aria-labelledby=h-hosts]");
        Assert.Equal(["mail17", "mail18"], hosts.QuerySelectorAll("h3").Take(2).Select(h => h.TextContent));
        Assert.Contains("2 not reporting, first in the list", hosts.TextContent, StringComparison.Ordinal);
        Assert.Equal(12, hosts.QuerySelectorAll(".host-card").Length);
        Assert.Matches("and [0-9]+ more", hosts.TextContent);
    }

    [Fact]
    public void In_the_bar_of_verdicts_one_finding_is_seen_next_to_ten_thousand()
    {
        Report([Some.Finding("bob.lock", "stale"), .. Enumerable.Range(0, 10_000).Select(i => Some.Finding($"held{i}.lock", "held"))]);
        var widths = Render<OverviewPage>().FindAll(".verdict-bar rect").Select(r => double.Parse(r.GetAttribute("width")!, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(2, widths.Count);
        Assert.InRange(widths[0], 5, 10);
        Assert.InRange(widths.Sum(), 900, 1000);
    }

    [Fact]
    public void A_deadlock_comes_right_after_lost_mail_and_before_a_dead_owner()
    {
        Report([.. Golden.Relations, .. Golden.Deadlock.Select(f => f with { Key = "dead" + f.Key })]);
        Assert.Equal([0, 0, 1, 2], Attention.Of(Live.Current).Take(4).Select(i => i.Rank));
        Assert.Contains("deadlock: 2 programs wait for each other", Attention.Of(Live.Current).Select(Attention.Reason));
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
        Assert.Contains("No change that matters since the console started", page.Markup, StringComparison.Ordinal);
        Change([Some.Finding("a", "stale")]);
        Change([], "a");
        await Eventually(page, () => Assert.Equal(2, page.FindAll("section[aria-labelledby=h-changes] li").Count));
        Assert.Contains("is gone", page.Find("section[aria-labelledby=h-changes] li").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Locks_that_come_and_go_as_they_should_are_no_news()
    {
        Report();
        Change([Some.Finding("held.lock"), Some.Finding("sentinel", "not-a-lock"), Some.Finding("waits.lock", "waiting"), Some.Finding("bob.lock", "stale")]);
        Change([], "held.lock", "waits.lock");
        Assert.Equal(["bob.lock"], Render<OverviewPage>().FindAll("section[aria-labelledby=h-changes] .path-name").Select(p => p.TextContent));
    }

    [Fact]
    public void Two_changes_of_one_finding_on_one_tick_of_the_clock_are_two_lines()
    {
        Report(Some.Finding("a"));
        Change([Some.Finding("a", "stale")]);
        Change([], "a");
        Assert.Equal(2, Render<OverviewPage>().FindAll("section[aria-labelledby=h-changes] li").Count);
    }

    [Fact]
    public void A_drill_is_shown_with_its_mark_after_the_real_hosts_and_counts_nowhere()
    {
        Report(Some.Finding("bob.lock", "stale"));
        Live.SetStatus(Status(true) with { HostId = "drill", HostName = "drill-mail1", Roots = ["/tmp/ops-drill-1/mail"], Policy = Some.Policy() with { IsDrill = true } });
        Live.Replace("drill", [Some.Finding("anna", "ghost-write", "mailbox") with { Host = "drill-mail1", Path = "/tmp/ops-drill-1/mail/anna", Mailbox = "/tmp/ops-drill-1/mail/anna" }], s => s);

        var page = Render<OverviewPage>();

        Assert.Contains("1 mailbox is stuck. No process waits. In a drill, 1 mailbox needs attention.", page.Find(".sentence").TextContent, StringComparison.Ordinal);
        var mailboxes = page.FindAll("section[aria-labelledby=h-mailboxes] li");
        Assert.Equal([false, true], mailboxes.Select(m => m.TextContent.Contains("drill", StringComparison.Ordinal)));
        Assert.Equal([false, true], Attention.Of(Live.Current).Select(i => i.IsDrill));
        Assert.Single(page.FindAll("section[aria-labelledby=h-hosts] .badge[title^='Made by ops drill']"));
    }

    [Fact]
    public void A_real_host_that_sees_the_locks_of_a_drill_does_not_report_them_as_its_own()
    {
        Report(Lock("held", "g", 0), Lock("waits", "g", 1) with { Path = "/tmp/ops-drill-1/mail/anna", Mailbox = "/tmp/ops-drill-1/mail/anna", Verdict = "waiting" });

        Assert.Contains("No mailbox is stuck.", Render<OverviewPage>().Find(".sentence").TextContent, StringComparison.Ordinal);
    }
}
