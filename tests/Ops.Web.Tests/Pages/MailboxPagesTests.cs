using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Ops.Web.Features.Mailboxes;
using Ops.Web.Features.Overview;
using Ops.Web.Features.Why;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Pages;

/// <summary>Mailboxes and answers from what agents really sent.</summary>
public sealed class MailboxPagesTests : PageTest
{
    [Fact]
    public void Mail_that_is_being_lost_comes_first_and_leads_to_its_mailbox()
    {
        Report(Golden.Relations);

        var page = Render<MailboxesPage>();

        var first = page.Find("section li");
        Assert.Contains("Losing mail", first.TextContent, StringComparison.Ordinal);
        Assert.StartsWith("/mailboxes/", first.QuerySelector("a")!.GetAttribute("href"), StringComparison.Ordinal);
        Assert.Contains("losing mail", page.Find("p.sentence").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tab_carries_the_number_of_mailboxes_that_are_stuck_or_worse()
    {
        Report(Golden.Relations);
        var stuck = Services.GetRequiredService<MailboxBoards>().WorstFirst(Live.Current).Count(m => m.Card.State is MailboxState.LosingMail or MailboxState.Deadlocked or MailboxState.Stuck);

        Assert.True(stuck > 0);
        Assert.Equal(stuck.ToString(System.Globalization.CultureInfo.InvariantCulture), Render<Frame.StuckMark>().Find("#stuck").GetAttribute("data-stuck"));
    }

    [Fact]
    public void A_filter_by_state_shows_only_that_state_and_is_in_the_address()
    {
        Report(Golden.Relations);
        Nav.NavigateTo("/mailboxes?state=stuck");

        var page = Render<MailboxesPage>();

        Assert.NotEmpty(page.FindAll("section li"));
        Assert.All(page.FindAll("section li .badge"), b => Assert.Equal("Stuck", b.TextContent.Trim()));
    }

    [Fact]
    public void What_waits_in_the_queue_is_on_the_page_of_its_mailbox_and_in_the_list()
    {
        Report([Some.Finding("alice.lock", "stale") with { Mailbox = "/var/mail/alice" }]);
        Live.SetStatus(Live.Current.Host(HostId)!.Status with
        {
            Queues = [new("postfix", Clock.GetUtcNow(), 5000, null, [new("alice", 14, Clock.GetUtcNow().AddMinutes(-22), "unable to lock <b>")])],
        });
        const string Sentence = "14 messages wait in the queue of postfix for alice, the oldest for 22 min. Postfix says: Unable to lock <b>.";
        Nav.NavigateTo(Addresses.Mailbox(HostId, "/var/mail/alice"));

        Assert.Contains(Sentence, Render<MailboxPage>(p => p.Add(m => m.HostId, HostId)).Find("section[aria-labelledby=h-chain]").TextContent, StringComparison.Ordinal);
        Nav.NavigateTo("/mailboxes");
        Assert.Contains(Sentence, Render<MailboxesPage>().Find("section li").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Before_the_first_scan_no_mailbox_is_called_free()
    {
        var page = Render<MailboxesPage>();

        Assert.Contains("The first scan is under way", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("No mailbox is in use", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deadlock_is_named_on_its_mailbox_with_who_gives_up()
    {
        Report(Golden.Deadlock);
        var box = Boards.Of(Live.Current)[0].Cards[0];
        Assert.Equal(MailboxState.Deadlocked, box.State);
        Nav.NavigateTo(Addresses.Mailbox(HostId, box.Path));

        var page = Render<MailboxPage>(p => p.Add(m => m.HostId, HostId));

        Assert.Contains("Deadlocked", page.Find(".detail-title").TextContent, StringComparison.Ordinal);
        Assert.Contains("One of them must give up.", page.Find("section[aria-labelledby=h-next]").TextContent, StringComparison.Ordinal);
        Assert.Contains("waits", page.Find("section[aria-labelledby=h-chain]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_by_itself_needs_no_graph_and_a_deadlock_has_one()
    {
        Report([.. Golden.Deadlock, Some.Finding("lone.lock", "refused") with { Mailbox = "/var/mail/lone" }]);
        Nav.NavigateTo(Addresses.Mailbox(HostId, "/var/mail/lone"));
        var lone = Render<MailboxPage>(p => p.Add(m => m.HostId, HostId));
        Assert.NotEmpty(lone.FindAll("section[aria-labelledby=h-findings] li"));
        Assert.Empty(lone.FindAll("section[aria-labelledby=h-graph]"));

        Nav.NavigateTo(Addresses.Mailbox(HostId, Boards.Of(Live.Current)[0].Cards.First(c => c.State == MailboxState.Deadlocked).Path));
        Assert.NotEmpty(Render<MailboxPage>(p => p.Add(m => m.HostId, HostId)).FindAll("section[aria-labelledby=h-graph]"));
    }

    [Fact]
    public void A_mailbox_that_nothing_concerns_any_more_says_so()
    {
        Report(Golden.Deadlock);
        Nav.NavigateTo(Addresses.Mailbox(HostId, "/var/mail/zoe"));

        Assert.Contains("Nothing concerns this mailbox now", Render<MailboxPage>(p => p.Add(m => m.HostId, HostId)).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pasted_line_is_answered_with_its_cause_and_the_next_step()
    {
        Report(Golden.Relations);
        var stale = Golden.Relations.First(f => f.Verdict == "stale" && f.Relation is null);
        Nav.NavigateTo($"/why?q={Uri.EscapeDataString($"procmail: Lock failure on \"{stale.Path}\"")}");

        var page = Render<WhyPage>();

        Assert.Contains("is stuck.", page.Find("section[aria-labelledby=h-answer] .sentence").TextContent, StringComparison.Ordinal);
        Assert.NotEmpty(page.FindAll("section[aria-labelledby=h-next]"));
    }

    [Fact]
    public void Markup_in_a_question_stays_text()
    {
        Report(Golden.Relations);
        Nav.NavigateTo($"/why?q={Uri.EscapeDataString("<script>alert(1)</script>")}");

        var page = Render<WhyPage>();

        Assert.Empty(page.FindAll("script"));
        Assert.Contains("<script>alert(1)</script>", page.Find(".sentence").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_overview_begins_with_the_state_in_one_sentence()
    {
        Report(Golden.Deadlock);

        var page = Render<OverviewPage>();

        Assert.Contains("1 mailbox is deadlocked.", page.Find("p.sentence").TextContent, StringComparison.Ordinal);
        Assert.NotEmpty(page.FindAll("section[aria-labelledby=h-mailboxes] li"));
    }

    [Fact]
    public void Few_findings_are_judged_at_once_and_many_at_most_every_two_seconds()
    {
        Report(Golden.Deadlock);
        Assert.NotEmpty(Boards.Of(Live.Current)[0].Cards);
        Report();
        Assert.Empty(Boards.Of(Live.Current)[0].Cards);

        var many = Enumerable.Range(0, 2_100).Select(i => Some.Finding($"k{i}", "stale") with { Mailbox = $"/var/mail/u{i}" }).ToArray();
        Report(many);
        Assert.Equal(2_100, Boards.Of(Live.Current)[0].Cards.Count);
        Report([.. many.Skip(50)]);
        Assert.Equal(2_100, Boards.Of(Live.Current)[0].Cards.Count);
        Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2_050, Boards.Of(Live.Current)[0].Cards.Count);
    }

    private MailboxBoards Boards => Services.GetRequiredService<MailboxBoards>();
}
