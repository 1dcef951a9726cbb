using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.History;
using Ops.Web.Features.Mailboxes;
using Ops.Web.Features.Overview;
using Ops.Web.Live.Recording;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Pages;

public sealed class HistoryPageTests : PageTest
{
    [Fact]
    public void An_episode_names_holder_victims_and_how_it_ended()
    {
        Past.Rows.Add(FakeHistory.Row(1));

        var row = Render<HistoryPage>().Find("section[aria-labelledby=h-episodes] tbody tr").TextContent;

        Assert.Contains("imap (pid 4690)", row, StringComparison.Ordinal);
        Assert.Contains("2 processes, 1 m 01 s in all", row, StringComparison.Ordinal);
        Assert.Contains("broken by anna", row, StringComparison.Ordinal);
    }

    [Fact]
    public void Filters_are_in_the_address_and_reach_the_query()
    {
        Nav.NavigateTo("/history?mailbox=/var/mail/alice&program=imap&cause=stale&time=7d&host=host-1");

        var page = Render<HistoryPage>();

        Assert.Equal(("host-1", "/var/mail/alice", "imap", "stale"), (Past.Asked!.HostId, Past.Asked.Mailbox, Past.Asked.Program, Past.Asked.Cause));
        Assert.Equal(EpisodeNumbers.First(Clock.GetUtcNow() - TimeSpan.FromDays(7)), Past.Asked.Since);
        Assert.Contains("No episode matches the filters", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Older_continues_below_the_last_row()
    {
        Past.Rows.AddRange(Enumerable.Range(1, 60).Select(i => FakeHistory.Row(i)));
        var page = Render<HistoryPage>();

        page.FindAll("nav.pager button").Single(b => b.TextContent.Contains("Older", StringComparison.Ordinal)).Click();

        page.WaitForAssertion(() => Assert.Equal(10, page.FindAll("section[aria-labelledby=h-episodes] tbody tr").Count));
        Assert.EndsWith("below=11", Nav.Uri, StringComparison.Ordinal);
    }

    [Fact]
    public void The_heat_map_has_seconds_in_words_for_its_fields()
    {
        var hour = Clock.GetUtcNow().ToUnixTimeMilliseconds() / 3_600_000 * 3_600_000;
        Past.Heat.Add(new("/var/mail/alice", hour, 3, 1_234, 4));

        var cell = Render<HistoryPage>().Find(".heat td.heat-4");

        Assert.Equal("1\u2009234", cell.TextContent);
    }

    [Fact]
    public void Markup_in_what_a_host_reported_stays_text()
    {
        Past.Rows.Add(FakeHistory.Row(1, "/var/mail/<script>alert(1)</script>", "<b>x</b>"));

        var page = Render<HistoryPage>();

        Assert.Empty(page.FindAll("script, .panel b"));
    }

    [Fact]
    public void A_queue_that_dropped_changes_is_shown()
    {
        Services.GetRequiredService<HistoryPulse>().Beat([], [], new(10, 5, 0, Clock.GetUtcNow(), "disk full", Clock.GetUtcNow()), Clock.GetUtcNow());

        var notices = Render<HistoryPage>().Find(".notices").TextContent;

        Assert.Contains("disk full", notices, StringComparison.Ordinal);
        Assert.Contains("5 changes were not stored", notices, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mailbox_shows_its_last_day_also_when_nothing_concerns_it_now()
    {
        Past.Rows.Add(FakeHistory.Row(1));
        Report();
        Nav.NavigateTo(Addresses.Mailbox(HostId, "/var/mail/alice"));

        var page = Render<MailboxPage>(p => p.Add(m => m.HostId, HostId));

        Assert.Contains("broken by anna", page.Find("section[aria-labelledby=h-past]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_overview_has_four_charts_that_say_their_figures_and_mark_incidents()
    {
        var now = Clock.GetUtcNow();
        var at = now.ToUnixTimeMilliseconds() / 60_000 * 60_000;
        var incident = new Incident(Guid.NewGuid(), IncidentRule.Victims, HostId, "mail1", "/var/mail/alice", "alice", "3 processes wait for alice", now.AddMinutes(-5));
        var pulse = Services.GetRequiredService<HistoryPulse>();
        pulse.Beat([new HistoryMinute { HostId = HostId, At = at - 60_000, Waiting = 7, BlockedSeconds = 30, Stuck = 1, Stale = 2 }], [incident], new(0, 0, 0, null, null, null), now);
        pulse.Beat([new HistoryMinute { HostId = HostId, At = at, Waiting = 3, BlockedSeconds = 3, Stuck = 1, Stale = 2 }], [], new(0, 0, 0, null, null, null), now);
        Report();

        var charts = Render<OverviewPage>().FindAll(".chart svg");

        Assert.Equal(4, charts.Count);
        Assert.Equal("Waiting processes: 3 now, at most 7 in the last hour, 1 incident marked.", charts[0].GetAttribute("aria-label"));
        Assert.All(charts, c => Assert.NotNull(c.QuerySelector(".chart-band")));
    }

    [Fact]
    public void A_chart_says_unknown_once_no_host_was_heard_for_two_minutes()
    {
        var now = Clock.GetUtcNow();
        var at = now.ToUnixTimeMilliseconds() / 60_000 * 60_000;
        var pulse = Services.GetRequiredService<HistoryPulse>();
        pulse.Beat([new HistoryMinute { HostId = HostId, At = at - 180_000, Waiting = 7 }], [], new(0, 0, 0, null, null, null), now.AddMinutes(-3));
        pulse.Beat([], [], new(0, 0, 0, null, null, null), now);

        var chart = Render<LastHour>().Find(".chart");

        Assert.Equal("unknown", chart.QuerySelector(".chart-now")!.TextContent);
        Assert.Equal("Waiting processes: unknown now, at most 7 in the last hour.", chart.QuerySelector("svg")!.GetAttribute("aria-label"));
    }
}
