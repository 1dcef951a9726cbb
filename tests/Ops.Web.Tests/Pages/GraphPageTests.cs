using AngleSharp.Dom;
using Bunit;
using Ops.Web.Features.Graph;
using Ops.Web.Features.Mailboxes;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Pages;

public sealed class GraphPageTests : PageTest
{
    [Fact]
    public void A_deadlock_of_a_dot_lock_and_a_kernel_lock_is_drawn_as_one_marked_circle()
    {
        Report(Golden.Deadlock);

        var page = Render<GraphPage>();

        Assert.Equal(4, page.FindAll("svg.graph a.g-in-circle").Count);
        Assert.Equal(4, page.FindAll("svg.graph .g-edge.g-in-circle").Count);
        Assert.Contains("wait for each other", page.Find(".graph-sentence").TextContent, StringComparison.Ordinal);
        Assert.Contains("which closes the circle", page.Find(".graph-tree").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_box_is_a_link_to_its_finding_and_in_the_list_too()
    {
        Report(Living("a", "box", 10), Living("b", "box", 11, 1, 10));

        var page = Render<GraphPage>();

        string[] addresses = [Addresses.Finding(HostId, "a"), Addresses.Finding(HostId, "a"), Addresses.Finding(HostId, "b")];
        Assert.Equal(addresses, Hrefs(page.FindAll("svg.graph a")));
        Assert.Equal(addresses, Hrefs(page.FindAll(".graph-tree a")));
        Assert.Equal(["Root blocker"], page.FindAll(".graph-tree .badge").Select(b => b.TextContent));
    }

    [Fact]
    public void The_tab_key_stops_once_and_arrows_lead_along_the_waits()
    {
        Report(Living("a", "box", 10), Living("b", "box", 11, 1, 10), Living("c", "box", 12, 1, 10));

        var nodes = Render<GraphPage>().FindAll("svg.graph a");

        Assert.Equal(["0", "-1", "-1", "-1"], nodes.Select(n => n.GetAttribute("tabindex")));
        Assert.Equal([null, "0", "1", "1"], nodes.Select(n => n.GetAttribute("data-left")));
        Assert.Equal(["1", "2", null, null], nodes.Select(n => n.GetAttribute("data-right")));
        Assert.Equal("3", nodes[2].GetAttribute("data-down"));
        Assert.Equal("2", nodes[3].GetAttribute("data-up"));
    }

    [Fact]
    public void Three_hundred_equal_waiters_are_four_boxes_until_they_are_opened()
    {
        Report([Living("a", "box", 10), .. Enumerable.Range(100, 300).Select(p => Living($"w{p}", "box", p, 1, 10))]);

        var page = Render<GraphPage>();
        Assert.Equal(4, page.FindAll("svg.graph a").Count);
        Assert.Contains(page.FindAll(".graph-tree a"), a => a.TextContent == "299 more imapd");

        Nav.NavigateTo(page.FindAll("svg.graph a")[3].GetAttribute("href")!);
        Assert.Equal(2 + GraphFold.MostOpened + 1, page.FindAll("svg.graph a").Count);
    }

    [Fact]
    public async Task Boxes_stay_where_they_are_when_only_details_change_and_when_another_waiter_comes()
    {
        var at = Clock.GetUtcNow();
        Report(Living("a", "box", 10), Living("b", "box", 12, 1, 10) with { Since = at });
        var page = Render<GraphPage>();
        var before = Places(page);

        Change([Living("b", "box", 12, 1, 10) with { Since = at, Summary = "It waits longer." }, Living("c", "box", 11, 1, 10) with { Since = at.AddSeconds(5) }]);
        await Eventually(page, () => Assert.Equal(4, page.FindAll("svg.graph a").Count));

        Assert.Equal(before, Places(page)[..3]);
    }

    [Fact]
    public void Nothing_that_waits_is_said_with_what_was_looked_at()
    {
        Report(Living("a", "box", 10));

        var page = Render<GraphPage>();

        Assert.Contains("No process waits", page.Find(".empty-title").TextContent, StringComparison.Ordinal);
        Assert.Contains("/var/mail", page.Find(".empty").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Before_the_first_scan_nothing_is_concluded() =>
        Assert.Contains("The first scan is under way", Render<GraphPage>().Markup, StringComparison.Ordinal);

    [Fact]
    public void A_hostile_name_stays_text_and_has_no_style_or_script()
    {
        Report(Living("a", "box", 10) with { Path = "/var/mail/<script>\u202e\n\"onload=x" }, Living("b", "box", 11, 1, 10));

        var page = Render<GraphPage>();

        Assert.Empty(page.FindAll("script, [onload], .graph-part [style]"));
        Assert.DoesNotContain('\u202e', page.Markup);
    }

    [Fact]
    public void A_mailbox_has_its_part_of_the_graph_and_a_link_to_it()
    {
        Report(Golden.Deadlock);
        Nav.NavigateTo(Addresses.Mailbox(HostId, "/var/mail/box"));

        var panel = Render<MailboxPage>(p => p.Add(m => m.HostId, HostId)).Find("section[aria-labelledby=h-graph]");

        Assert.NotEmpty(panel.QuerySelectorAll("svg.graph a"));
        Assert.Equal(new GraphFilter(HostId, "/var/mail/box").ToAddress(), panel.QuerySelector(".panel-head a")!.GetAttribute("href"));
    }

    [Fact]
    public void A_chosen_mailbox_shows_nothing_of_the_others()
    {
        Report(Living("a", "one", 10), Living("b", "one", 11, 1, 10), Living("c", "two", 20), Living("d", "two", 21, 1, 20));
        Nav.NavigateTo(new GraphFilter(HostId, "/var/spool/imap/two").ToAddress());

        var page = Render<GraphPage>();

        Assert.DoesNotContain("imapd 10", page.Markup, StringComparison.Ordinal);
        Assert.Contains("imapd 20", page.Find(".graph-tree").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_is_read_as_it_was_written()
    {
        var filter = new GraphFilter("host 1", "/var/mail/a&b=c", "").WithOpen("more-2").WithOpen("more-1");

        Assert.Equal(filter, GraphFilter.FromAddress("http://localhost" + filter.ToAddress()));
        Assert.Equal("more-1,more-2", filter.Open);
    }

    private static Finding Living(string key, string group, int pid, int depth = 0, params IReadOnlyList<int> blockedBy) => Lock(key, group, pid, depth, blockedBy) with { OwnerAlive = true };

    private static List<string?> Hrefs(IEnumerable<IElement> links) => [.. links.Select(l => l.GetAttribute("href"))];

    private static List<(string?, string?, string?)> Places(IRenderedComponent<GraphPage> page) =>
        [.. page.FindAll("svg.graph a").Select(a => (a.GetAttribute("href"), a.QuerySelector("rect")!.GetAttribute("x"), a.QuerySelector("rect")!.GetAttribute("y")))];
}
