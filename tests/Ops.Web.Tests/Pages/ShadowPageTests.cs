using Bunit;
using Ops.Web.Features.Overview;
using Ops.Web.Features.Shadow;

namespace Ops.Web.Tests.Pages;

public sealed class ShadowPageTests : PageTest
{
    [Fact]
    public void Would_be_errors_stand_on_top_with_what_to_conclude()
    {
        Told("confirmed", "confirmed", "owner-returned", "changed", "gone-by-itself", "would-act");
        var page = Render<ShadowPage>();
        Assert.Contains("2 confirmed, 2 would-be errors in 9 days.", page.Find(".notice").TextContent, StringComparison.Ordinal);
        Assert.Contains("Leave shadow mode on", page.Find(".notice").TextContent, StringComparison.Ordinal);
        Assert.Equal(["1", "1", "1", "1", "2"], page.FindAll(".tile-number").Select(t => t.TextContent));
        Assert.Equal(6, page.FindAll(".grid-body [role=row]").Count);
    }

    [Theory]
    [InlineData("confirmed", "1 confirmed, 0 would-be errors in 9 days.", "would have been right")]
    [InlineData("would-act", "0 confirmed, 0 would-be errors in 9 days.", "Nothing is confirmed yet")]
    [InlineData("changed", "0 confirmed, 1 would-be error in 9 days.", "in use")]
    public void The_conclusion_claims_no_more_than_the_numbers_do(string state, string sentence, string conclusion)
    {
        Told(state);
        var notice = Render<ShadowPage>().Find(".notice").TextContent;
        Assert.Contains(sentence, notice, StringComparison.Ordinal);
        Assert.Contains(conclusion, notice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_and_host_are_filtered_by_the_address()
    {
        Told("confirmed", "owner-returned", "changed");
        Nav.NavigateTo("/shadow?state=errors");
        var page = Render<ShadowPage>();
        Assert.Equal(2, page.FindAll(".grid-body [role=row]").Count);
        await ChooseAsync(page, "f-state", "changed");
        Assert.EndsWith("/shadow?state=changed", Nav.Uri, StringComparison.Ordinal);
        Assert.Single(page.FindAll(".grid-body [role=row]"));
        Nav.NavigateTo("/shadow?host=another");
        Assert.Empty(page.FindAll(".grid-body [role=row]"));
        Assert.Contains("No entry matches the filters", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_shows_what_was_seen_afterwards_and_what_its_state_means()
    {
        Told("owner-returned");
        var page = Render<ShadowPage>();
        page.Find(".grid-body [role=row]").Click();
        var panel = page.Find(".side-panel").TextContent;
        Assert.Contains("pid 7 came back", panel, StringComparison.Ordinal);
        Assert.Contains("from a living program", panel, StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_that_is_not_known_is_no_error_and_no_confirmation()
    {
        Told("something-new");
        var page = Render<ShadowPage>();
        Assert.Contains("0 confirmed, 0 would-be errors", page.Find(".notice").TextContent, StringComparison.Ordinal);
        Assert.Contains("something-new", page.Find(".grid-body").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_shadow_mode_and_without_an_answer_the_page_says_which()
    {
        Assert.Contains("No host is in shadow mode", Render<ShadowPage>().Markup, StringComparison.Ordinal);
        Shadows.Answer = host => new(host, "mail1", null, "The agent of mail1 is not connected.");
        var page = Render<ShadowPage>();
        Assert.Contains("The agent of mail1 is not connected.", page.Find(".notice").TextContent, StringComparison.Ordinal);
        Assert.Contains("No complete answer yet", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_in_shadow_mode_is_marked_where_hosts_are_listed()
    {
        Live.ChangeStatus(HostId, s => s with { Policy = Some.Policy(shadow: true) });
        Assert.Contains("shadow mode", Render<OverviewPage>().Find(".host-card").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_that_has_stopped_acting_is_shown_loudly_on_the_overview()
    {
        Live.ChangeStatus(HostId, s => s with { CircuitOpen = "30 acts in the last minute." });
        var notice = Render<OverviewPage>().Find(".notices .notice").TextContent;
        Assert.Contains("mail1 has stopped acting.", notice, StringComparison.Ordinal);
        Assert.Contains("30 acts in the last minute.", notice, StringComparison.Ordinal);
    }

    private void Told(params string[] states) => Shadows.Answer = host => new(host, "mail1", new(IsOn: true, Clock.GetUtcNow().AddDays(-9.5), [.. states.Select((s, i) => new ShadowEntry(
        Clock.GetUtcNow().AddHours(-i), "break", $"/var/mail/{i}.lock", null, "exim", "pid 7 is not running", s, s is "owner-returned" ? "pid 7 came back" : null))]));
}
