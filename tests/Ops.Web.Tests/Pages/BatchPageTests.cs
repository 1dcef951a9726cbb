using Bunit;
using Microsoft.AspNetCore.Components.Web;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Batch;
using Ops.Web.Features.Leftovers;

namespace Ops.Web.Tests.Pages;

/// <summary>Ticking rows of the list, and the sheet for several.</summary>
public sealed class BatchPageTests : PageTest
{
    [Fact]
    public void A_click_ticks_one_and_shift_the_range_but_never_what_nothing_is_offered_for()
    {
        var page = Listed();
        Tick(page, "a");
        Assert.Contains("1 row selected", page.Find(".batch-bar").TextContent, StringComparison.Ordinal);
        Tick(page, "d", shift: true);
        Assert.Equal(["a", "b", "d"], Ticked(page));
        Assert.True(Box(page, "c").HasAttribute("disabled"));
        Tick(page, "b");
        Assert.Equal(["a", "d"], Ticked(page));
    }

    [Fact]
    public void The_keyboard_ticks_as_well()
    {
        var page = Listed();
        void Press(string key, bool shift = false, bool ctrl = false) => page.Find("[role=grid]").KeyDown(new KeyboardEventArgs { Key = key, ShiftKey = shift, CtrlKey = ctrl });
        Press("Home");
        Press(" ");
        Assert.Equal(["a"], Ticked(page));
        Press("ArrowDown", shift: true);
        Assert.Equal(["a", "b"], Ticked(page));
        Press("a", ctrl: true);
        Assert.Equal(["a", "b", "d", "e"], Ticked(page));
        Press("a", ctrl: true);
        Assert.Empty(Ticked(page));
    }

    [Fact]
    public void All_shown_are_all_that_the_filter_shows()
    {
        var page = Listed("/leftovers?q=%2Fvar%2Fmail%2Fa");
        page.Find(".grid-head input").Click();
        Assert.Equal(["a"], Ticked(page));
        Nav.NavigateTo("/leftovers?sort=path");
        Assert.Equal(["a"], Ticked(page));
        page.Find(".grid-head input").Click();
        Nav.NavigateTo("/leftovers?q=%2Fvar%2Fmail%2Fe");
        Assert.Contains("4 rows selected, 3 of them not shown now", page.Find(".batch-bar").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_viewer_ticks_nothing()
    {
        Who.Role = "Viewer";
        Assert.Empty(Listed().FindAll("input[type=checkbox][aria-label^='Select ']"));
    }

    [Fact]
    public async Task To_close_the_sheet_undecided_is_to_turn_back_and_after_a_start_it_is_not()
    {
        var page = Listed();
        page.Find(".grid-head input").Click();
        await page.Find(".batch-bar button").ClickAsync(new());
        await PressToTheEndAsync(".sheet-head button");
        Assert.Equal(4, Assert.Single(Bulks.Cancelled).Rows.Count);

        await page.Find(".batch-bar button").ClickAsync(new());
        Sheets.Find("#batch-reason").Input("the night's crash");
        await PressToTheEndAsync(".sheet .sheet-foot button", 1);
        await PressToTheEndAsync(".sheet-head button");
        Assert.Single(Bulks.Started);
        Assert.Single(Bulks.Cancelled);
    }

    [Fact]
    public async Task The_sheet_has_the_numbered_rows_of_that_moment_and_nothing_that_came_later()
    {
        Bulks.Drops.Add(2);
        var page = Listed();
        page.Find(".grid-head input").Click();
        await page.Find(".batch-bar button").ClickAsync(new());
        Change([Some.Finding("aa", "stale")]);
        await Eventually(page, () => Assert.Equal(6, page.FindAll(".grid-body [role=row]").Count));

        Assert.Equal([1, 2, 3, 4], Assert.Single(Bulks.Previewed).Select(r => r.Number));
        Assert.Equal(["a", "b", "d", "e"], Bulks.Previewed[0].Select(r => r.Target.FindingKey));
        Assert.Equal(["break", "break", "break", "remove"], Bulks.Previewed[0].Select(r => r.Target.Action));
        Assert.Equal(4, Sheets.FindAll(".batch-rows > li").Count);
        Assert.Contains("1 row drops out, 3 are left.", Sheets.Find(".sheet").TextContent, StringComparison.Ordinal);
        Assert.Contains("It has changed since you saw it.", Sheets.FindAll(".batch-rows > li")[1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_reason_is_asked_for_and_the_outcome_of_each_row_stays_readable()
    {
        var page = Listed();
        page.Find(".grid-head input").Click();
        await page.Find(".batch-bar button").ClickAsync(new());
        await Confirm();
        Assert.Empty(Bulks.Started);
        Assert.Contains("Give a reason", Sheets.Find("#batch-problem").TextContent, StringComparison.Ordinal);

        Bulks.Running = new(View(BatchRowState.Done, BatchRowState.Running, BatchRowState.Waiting, BatchRowState.Waiting));
        Sheets.Find("#batch-reason").Input("crashed night");
        await Confirm();
        var request = Assert.Single(Bulks.Started);
        Assert.Equal(("crashed night", true, 4), (request.Reason, request.StopAtFailure, request.Preview.Left.Count));
        await Eventually(page, () => Assert.Contains("1 done, 1 under way, 2 waiting.", Sheets.Find(".sheet").TextContent, StringComparison.Ordinal));
        Bulks.Running.Update(_ => View(BatchRowState.Done, BatchRowState.Failed, BatchRowState.NotStarted, BatchRowState.NotStarted));
        await Eventually(page, () => Assert.Contains("1 done, 1 failed, 2 not started.", Sheets.Find(".sheet").TextContent, StringComparison.Ordinal));
        Assert.Contains($"/audit?batch={FakeBatches.Id}", Sheets.Find(".sheet .notice a").GetAttribute("href"), StringComparison.Ordinal);
        Assert.Empty(Ticked(page));
    }

    [Fact]
    public async Task Where_others_have_to_agree_the_sheet_asks_them()
    {
        Bulks.Need = new(1, false);
        Bulks.Start = new StartOutcome.Waiting(FakeDesk.OperationId);
        var page = Listed();
        page.Find(".grid-head input").Click();
        await page.Find(".batch-bar button").ClickAsync(new());
        Assert.Contains("the approval of one other person", Sheets.Find(".sheet").TextContent, StringComparison.Ordinal);
        Sheets.Find("#batch-reason").Input("crashed night");
        await Confirm();
        Desk.Decide(FakeDesk.Request());
        await Eventually(page, () => Assert.Contains("Waiting for one other person to agree.", Sheets.Find(".sheet").TextContent, StringComparison.Ordinal));
        Desk.Decide(FakeDesk.Request(Data.ApprovalState.Denied));
        await Eventually(page, () => Assert.Contains("bert said no: not today", Sheets.Find(".sheet").TextContent, StringComparison.Ordinal));
    }

    private Task Confirm() => PressToTheEndAsync(".sheet .sheet-foot button", ^1);

    private IRenderedComponent<LeftoversPage> Listed(string address = "/leftovers?sort=path")
    {
        Report(Some.Finding("a", "stale"), Some.Finding("b", "stale"), Some.Finding("c"), Some.Finding("d", "stale"), Some.Finding("e", "orphan", "staging-file"));
        Nav.NavigateTo(address);
        return Render<LeftoversPage>();
    }

    private static AngleSharp.Dom.IElement Box(IRenderedComponent<LeftoversPage> page, string key) => page.Find($"[data-key='host-1/{key}'] input");

    private static void Tick(IRenderedComponent<LeftoversPage> page, string key, bool shift = false) => Box(page, key).Click(new MouseEventArgs { ShiftKey = shift });

    private static IEnumerable<string> Ticked(IRenderedComponent<LeftoversPage> page) =>
        page.FindAll("[data-key]").Where(r => r.QuerySelector("input")!.HasAttribute("checked")).Select(r => r.GetAttribute("data-key")![^1..]);

    private static BatchView View(params BatchRowState[] states) => new(FakeBatches.Id, "anna", [.. states.Select((s, i) => new BatchRowView(i + 1, "break", HostId, "mail1", "/var/mail/a", s, "so", Guid.NewGuid()))]);
}
