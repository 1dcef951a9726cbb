using Bunit;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Quarantined;
using Ops.Web.Features.Quarantine;
using Ops.Web.Live;

namespace Ops.Web.Tests.Pages;

public sealed class QuarantinePageTests : PageTest
{
    [Fact]
    public void Items_are_listed_newest_first_with_who_when_and_why()
    {
        Lies(Some.Kept(1) with { Reason = "old one" }, Some.Kept(2) with { Action = "remove", TakenAt = DateTimeOffset.UnixEpoch.AddHours(1), Actor = "bert", Reason = "left by a crash" });
        var page = Render<QuarantinePage>();
        var rows = page.FindAll(".grid-body [role=row]");
        Assert.Equal(2, rows.Count);
        Assert.Contains("/var/mail/2.lock", rows[0].QuerySelector(".path")!.GetAttribute("title"), StringComparison.Ordinal);
        foreach (var text in (string[])["Removed", "bert", "left by a crash", "mail1"])
            Assert.Contains(text, rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("2 files", page.Find(".page-head").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_is_in_the_address_and_comes_from_it()
    {
        Lies(Some.Kept(1) with { Reason = "ticket 4711" }, Some.Kept(2));
        Nav.NavigateTo("/quarantine?q=4711&action=break");
        var page = Render<QuarantinePage>();
        Assert.Single(page.FindAll(".grid-body [role=row]"));
        Assert.Contains("1 of 2 shown", page.Find(".page-head").TextContent, StringComparison.Ordinal);
        await ChooseAsync(page, "f-action", "remove");
        Assert.EndsWith("/quarantine?q=4711&action=remove", Nav.Uri, StringComparison.Ordinal);
        Assert.Contains("Nothing in the quarantine matches", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_that_cannot_list_its_quarantine_is_named_and_emptiness_is_not_claimed()
    {
        Quarantines.Answer = host => new(host, "mail1", [], [], "The agent of mail1 is not connected.");
        var page = Render<QuarantinePage>();
        Assert.Contains("The agent of mail1 is not connected.", page.Find(".notice").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing is in quarantine", page.Markup, StringComparison.Ordinal);
        Assert.Contains("No complete answer yet", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_agent_could_not_read_stands_above_what_it_could()
    {
        Quarantines.Answer = host => new(host, "mail1", [Some.Kept(1)], [new("quarantine", "/srv/vmail/.ops-quarantine: permission denied")]);
        var page = Render<QuarantinePage>();
        Assert.Contains("permission denied", page.Find(".notice").TextContent, StringComparison.Ordinal);
        Assert.Single(page.FindAll(".grid-body [role=row]"));
    }

    [Fact]
    public void An_item_that_cannot_be_put_back_has_the_reason_instead_of_the_button()
    {
        Who.Role = "Admin";
        Lies(Some.Kept(1) with { NoUndo = new("name-taken", "The name is taken by another file.") });
        Nav.NavigateTo(Selected(1));
        var page = Render<QuarantinePage>();
        var panel = page.Find(".side-panel");
        Assert.Contains("The name is taken by another file.", panel.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("Restore…", panel.TextContent, StringComparison.Ordinal);
        Assert.Contains("Purge…", panel.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void An_operator_may_restore_and_sees_why_not_purge()
    {
        Lies(Some.Kept(1));
        Nav.NavigateTo(Selected(1));
        var page = Render<QuarantinePage>();
        var buttons = page.FindAll(".side-panel .rungs button");
        Assert.Equal([false, true], buttons.Select(b => b.HasAttribute("disabled")));
        Assert.Contains("'purge'", page.FindAll(".side-panel .why-not")[1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sheet_is_about_the_operation_that_took_the_file()
    {
        Desk.Preview = new PreviewOutcome.Ready(QuarantineWords.Preview("undo", Some.Kept(1)), null, Some.Kept(1));
        Lies(Some.Kept(1));
        Nav.NavigateTo(Selected(1));
        var page = Render<QuarantinePage>();
        await page.FindAll(".side-panel .rungs button")[0].ClickAsync(new());
        Assert.Contains("What is there now", Sheets.Find(".sheet").TextContent, StringComparison.Ordinal);
        Assert.Contains("stale lock again", Sheets.Find(".sheet").TextContent, StringComparison.Ordinal);
        Sheets.Find("#act-reason").Input("it was alive after all");
        await PressAsync(".sheet .sheet-foot button", ^1);
        await Wait.Until(() => Desk.Started.Count == 1);
        Assert.Equal(new ActTarget(HostId, "", "undo", Quarantined: Some.Kept(1).OperationId), Desk.Started[0].Target);
        Assert.Equal(QuarantineWords.Fingerprint(Some.Kept(1)), Desk.Started[0].Fingerprint);
    }

    [Fact]
    public async Task After_an_act_the_list_is_fresh_and_what_went_is_shown_as_last_seen()
    {
        Lies(Some.Kept(1), Some.Kept(2));
        Nav.NavigateTo(Selected(1));
        var page = Render<QuarantinePage>();
        Lies(Some.Kept(2));
        Board.Add(FakeDesk.Operation(OperationState.Intent, "Waiting for the agent.", "undo"));
        Board.Update(FakeDesk.OperationId, v => v with { State = OperationState.Done });
        await Eventually(page, () => Assert.Single(page.FindAll(".grid-body [role=row]")));
        Assert.Contains("No longer in quarantine", page.Find(".side-panel").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".side-panel .rungs button"));
    }

    [Fact]
    public async Task A_host_that_comes_back_is_asked_again_and_a_heartbeat_asks_nothing()
    {
        var page = Render<QuarantinePage>();
        Assert.Equal(1, Quarantines.Asked);
        Live.ChangeStatus(HostId, s => s with { LastHeardAt = s.LastHeardAt.AddSeconds(1) });
        Live.ChangeStatus(HostId, s => s with { Connection = HostConnection.Lost });
        await Eventually(page, () => Assert.Equal(2, Quarantines.Asked));
        Live.ChangeStatus(HostId, s => s with { Connection = HostConnection.Live });
        await Eventually(page, () => Assert.Equal(3, Quarantines.Asked));
    }

    [Fact]
    public void Ten_thousand_items_are_as_many_rows_as_fit()
    {
        Lies([.. Enumerable.Range(1, 10_000).Select(Some.Kept)]);
        var page = Render<QuarantinePage>();
        Assert.Equal("10001", page.Find("[role=grid]").GetAttribute("aria-rowcount"));
        Assert.InRange(page.FindAll(".grid-body [role=row]").Count, 1, 500);
    }

    [Fact]
    public void Two_items_of_one_operation_are_both_listed()
    {
        Lies(Some.Kept(1), Some.Kept(1) with { QuarantinePath = "/srv/.ops-quarantine/1/item" });
        Assert.Equal(2, Render<QuarantinePage>().FindAll(".grid-body [role=row]").Count);
    }

    private static string Selected(int number) => new QuarantineFilter(Selected: Shared.Addresses.Of(HostId, Some.Kept(number).OperationId.ToString())).ToAddress();

    private void Lies(params IReadOnlyList<QuarantineItem> items) => Quarantines.Answer = host => new(host, "mail1", items, []);
}
