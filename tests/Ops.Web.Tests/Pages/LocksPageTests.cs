using Bunit;
using Ops.Web.Features.Locks;

namespace Ops.Web.Tests.Pages;

public sealed class LocksPageTests : PageTest
{
    [Fact]
    public void Waiters_are_indented_under_their_blocker()
    {
        Report(Lock("w", "g", 21, 1, 20), Lock("h", "g", 20));
        var page = Render<LocksPage>();
        var rows = page.FindAll(".grid-body [role=row]");
        Assert.Equal(2, rows.Count);
        Assert.Contains("1 waiting", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("waits for 20", rows[1].TextContent, StringComparison.Ordinal);
        Assert.Equal(["0", "1"], page.FindAll("[data-depth]").Select(c => c.GetAttribute("data-depth")));
    }

    [Fact]
    public async Task Filters_come_from_the_address_and_go_into_it()
    {
        Report(Lock("h", "g", 20), Lock("w", "g", 21, 1, 20), Lock("x", "other", 22));
        Nav.NavigateTo("/locks?waiters=1");
        var page = Render<LocksPage>();
        Assert.Equal(2, page.FindAll(".grid-body [role=row]").Count);
        Assert.True(page.Find("input[type=checkbox]").HasAttribute("checked"));

        await ChooseAsync(page, "f-class", "flock");
        Assert.EndsWith("/locks?class=flock&waiters=1", Nav.Uri, StringComparison.Ordinal);
        Assert.Contains("No lock matches the filters", page.Markup, StringComparison.Ordinal);

        page.Find(".empty .link-button").Click();
        Assert.EndsWith("/locks", Nav.Uri, StringComparison.Ordinal);
        Assert.Equal(3, page.FindAll(".grid-body [role=row]").Count);
    }

    [Fact]
    public async Task The_selection_is_in_the_address_and_stays_on_the_same_lock_when_others_come_before_it()
    {
        Report(Lock("m", "m", 20), Lock("z", "z", 22));
        var page = Render<LocksPage>();
        page.Find("[data-key='host-1/m']").Click();
        Assert.EndsWith("/locks?sel=host-1%2Fm", Nav.Uri, StringComparison.Ordinal);
        var id = page.Find("[aria-selected=true]").Id;

        Change([Lock("a", "a", 1), Lock("b", "b", 2)], "z");
        await Eventually(page, () => Assert.Equal(3, page.FindAll(".grid-body [role=row]").Count));
        var selected = page.Find("[aria-selected=true]");
        Assert.Equal("host-1/m", selected.GetAttribute("data-key"));
        Assert.Equal(id, selected.Id);
        Assert.Equal(id, page.Find("[role=grid]").GetAttribute("aria-activedescendant"));
        Assert.EndsWith("sel=host-1%2Fm", Nav.Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_selected_lock_that_is_released_stays_in_the_panel_as_last_seen()
    {
        Report(Lock("m", "m", 20), Lock("z", "z", 22));
        Nav.NavigateTo("/locks?sel=host-1%2Fm");
        var page = Render<LocksPage>();
        Change([], "m");
        await Eventually(page, () => Assert.Contains("No longer present", page.Find(".side-panel").TextContent, StringComparison.Ordinal));
        Assert.Contains("/var/spool/imap/m", page.Find(".side-panel").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_outside_the_stores_is_behind_a_button_unless_it_blocks_or_is_searched_for()
    {
        Finding Elsewhere(Finding finding) => finding with { Path = "/var/lib/ops/ops.db" };
        Report(Lock("in", "in", 20), Elsewhere(Lock("db", "db", 21)), Elsewhere(Lock("h", "g", 22)), Elsewhere(Lock("w", "g", 23, 1, 22)));

        var page = Render<LocksPage>();
        IReadOnlyList<string?> Shown() => [.. page.FindAll(".grid-body [role=row]").Select(r => r.GetAttribute("data-key")).Order(StringComparer.Ordinal)];

        Assert.Equal(["host-1/h", "host-1/in", "host-1/w"], Shown());
        Assert.Contains("1 lock outside the mail stores not shown", page.Find(".page-head").TextContent, StringComparison.Ordinal);
        page.Find(".page-head .link-button:not(.pause)").Click();
        Assert.EndsWith("/locks?everywhere=1", Nav.Uri, StringComparison.Ordinal);
        Assert.Equal(["host-1/db", "host-1/h", "host-1/in", "host-1/w"], Shown());
        Nav.NavigateTo("/locks?q=ops.db");
        Assert.Equal(["host-1/db", "host-1/h", "host-1/w"], Shown());
    }

    [Fact]
    public async Task A_paused_list_stays_as_it_was_and_counts_what_it_missed_until_it_is_resumed()
    {
        Nav.NavigateTo("/locks?q=spool");
        Report(Lock("a", "a", 1), Lock("b", "b", 2));
        var page = Render<LocksPage>();
        page.Find(".pause").Click();
        Assert.Equal("Resume", page.Find(".pause").TextContent);
        Assert.NotNull(page.Find(".table-page.paused"));

        // One that the filter leaves out is not missed.
        Change([Lock("c", "c", 3), Lock("d", "d", 4) with { Path = "/srv/elsewhere" }], "a");
        await Eventually(page, () => Assert.Contains("+2 since", page.Find(".pause-box").TextContent, StringComparison.Ordinal));
        Assert.Equal(["host-1/a", "host-1/b"], page.FindAll(".grid-body [role=row]").Select(r => r.GetAttribute("data-key")));

        page.Find(".pause").Click();
        Assert.Equal(["host-1/b", "host-1/c"], page.FindAll(".grid-body [role=row]").Select(r => r.GetAttribute("data-key")));
        Assert.Empty(page.FindAll(".table-page.paused"));
    }

    [Fact]
    public void The_keyboard_moves_the_selection_and_opens_the_finding()
    {
        Report(Lock("a", "a", 1), Lock("b", "b", 2), Lock("c", "c", 3));
        var page = Render<LocksPage>();
        void Press(string key) => page.Find("[role=grid]").KeyDown(key);
        Press("ArrowDown");
        Press("ArrowDown");
        Assert.Equal("host-1/b", page.Find("[aria-selected=true]").GetAttribute("data-key"));
        Press("End");
        Assert.Equal("host-1/c", page.Find("[aria-selected=true]").GetAttribute("data-key"));
        Press("ArrowDown");
        Assert.Equal("host-1/c", page.Find("[aria-selected=true]").GetAttribute("data-key"));
        Press("Home");
        Assert.Equal("host-1/a", page.Find("[aria-selected=true]").GetAttribute("data-key"));
        Press("Enter");
        Assert.EndsWith("/finding/host-1/a", Nav.Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_selected_row_that_is_missing_for_an_instant_takes_neither_the_grid_nor_the_key_with_it()
    {
        Report(Lock("a", "a", 1));
        var page = Render<LocksPage>();
        page.Find("[role=grid]").KeyDown("Home");
        var grid = page.Find("[role=grid]").Id;
        Change([], "a");
        await Eventually(page, () => Assert.Empty(page.FindAll(".grid-body [role=row]")));
        // Still the element that has the focus, and Enter opens what was selected.
        Assert.Equal(grid, page.Find("[role=grid]").Id);
        page.Find("[role=grid]").KeyDown("Enter");
        Assert.EndsWith("/finding/host-1/a", Nav.Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_circuit_that_opens_takes_the_acts_off_the_panel()
    {
        Who.Role = "Admin";
        Live.ChangeStatus(HostId, s => s with { Policy = Some.Policy() });
        Report(Some.Living("m"));
        Nav.NavigateTo("/locks?sel=host-1%2Fm");
        var page = Render<LocksPage>();
        Assert.All(page.FindAll(".rungs button"), b => Assert.False(b.HasAttribute("disabled")));
        Live.ChangeStatus(HostId, s => s with { CircuitOpen = "three acts in a row failed." });
        await Eventually(page, () => Assert.All(page.FindAll(".rungs button"), b => Assert.True(b.HasAttribute("disabled"))));
        Assert.Contains("three acts in a row failed.", page.Find(".why-not").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_waits_is_listed_with_how_long_they_are_blocked()
    {
        Report(Lock("h", "g", 20), Lock("w", "g", 21, 1, 20) with { Since = Clock.GetUtcNow().AddSeconds(-95) });
        Nav.NavigateTo("/locks?sel=host-1%2Fh");
        Assert.Contains("blocked for 1 m 35 s", string.Join(' ', Render<LocksPage>().Find(".relations").TextContent.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_and_changed_rows_are_marked_and_those_of_the_first_look_are_not()
    {
        Report(Lock("a", "a", 1));
        var page = Render<LocksPage>();
        Assert.Empty(page.FindAll(".fresh-a, .fresh-b"));
        Change([Lock("b", "b", 2)]);
        await Eventually(page, () => Assert.Equal("host-1/b", page.Find(".fresh-a").GetAttribute("data-key")));
        Change([Lock("b", "b", 2) with { Summary = "something else" }]);
        await Eventually(page, () => Assert.Equal("host-1/b", page.Find(".fresh-b").GetAttribute("data-key")));
    }

    [Fact]
    public void Before_the_first_scan_the_page_does_not_say_that_there_is_nothing()
    {
        var page = Render<LocksPage>();
        Assert.Contains("No host has reported yet", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_page_says_what_was_looked_at()
    {
        Live.SetStatus(Status(true, new BlindSpot("store", "permission denied")));
        Report();
        var page = Render<LocksPage>();
        Assert.Contains("No kernel locks", page.Markup, StringComparison.Ordinal);
        Assert.Contains("/var/mail", page.Find(".empty").TextContent, StringComparison.Ordinal);
        Assert.Contains("1 thing could not be seen", page.Find(".empty").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_click_on_the_path_opens_the_finding_and_selects_nothing()
    {
        Report(Lock("a", "a", 1));
        var page = Render<LocksPage>();
        var link = page.Find("[data-key='host-1/a'] a");
        Assert.Equal("/finding/host-1/a", link.GetAttribute("href"));
        Assert.Contains(link.Attributes, a => a.Name.EndsWith("stoppropagation", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_heartbeat_draws_no_row_again()
    {
        Report(Lock("a", "a", 1));
        var page = Render<LocksPage>();
        var drawn = page.RenderCount;
        Live.ChangeStatus(HostId, s => s with { LastHeardAt = s.LastHeardAt.AddSeconds(1) });
        await Wait.Until(() => Clock.Waiting > 0); // the page has seen it and waits for its next turn
        Assert.Equal(drawn, page.RenderCount);
    }
}
