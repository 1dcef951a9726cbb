using Microsoft.Playwright;
using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>The picture of real waits, and the screen in the room.</summary>
[Collection(Browsers.Name)]
public sealed class GraphAndWallTests(SignedInSite site, BrowserFixture browser) : IClassFixture<SignedInSite>
{
    private static readonly LocatorAssertionsToContainTextOptions Soon = new() { Timeout = 60_000 };

    [Fact]
    public async Task Arrow_keys_go_along_a_real_wait_and_enter_opens_the_finding()
    {
        using var holder = LockMaker.Start("flock", "write", site.Store.PathOf("alice"));
        using var waiter = LockMaker.Start("--wait", "flock", "write", site.Store.PathOf("alice"));
        await using var visit = await site.VisitAsync("/graph");
        var list = visit.Page.Locator(".graph-tree");
        await Expect(list).ToContainTextAsync($"{waiter.Pid}", Soon);

        await visit.Page.Locator("[data-node='0']").FocusAsync();
        await Expect(visit.Page.Locator(":focus title")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex($"{holder.Pid}.*root blocker"));
        await visit.Page.Keyboard.PressAsync("ArrowRight");
        await visit.Page.Keyboard.PressAsync("ArrowRight");
        await Expect(visit.Page.Locator(":focus title")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex($"{waiter.Pid}.*, waits"));
        await Expect(visit.Page.Locator("svg.graph [tabindex='0']")).ToHaveCountAsync(1);
        await visit.Page.Keyboard.PressAsync("Enter");

        await visit.AddressAsync("/finding/");
        await Expect(visit.Page.Locator("main")).ToContainTextAsync($"{waiter.Pid}");
        Assert.Empty(visit.Problems);
    }

    [Fact]
    public async Task A_screen_opens_by_its_link_says_when_the_console_is_gone_and_recovers_by_itself()
    {
        string link;
        await using (var admin = await site.VisitAsync("/wallboards"))
        {
            await admin.Page.GetByLabel("Where the screen is").FillAsync("operations room");
            await admin.Button("Make a link").ClickAsync();
            link = await admin.Page.Locator("#link-text").InnerTextAsync();
            Assert.Empty(admin.Problems);
        }

        await using var screen = await Visit.StartAsync(browser.Chromium, site.Site.Console.Address);
        await screen.Page.GotoAsync(link);
        await screen.AddressAsync("/wall[?]theme=dark$");
        await Expect(screen.Page.Locator("#wall .hosts")).ToContainTextAsync("ago", Soon);
        Assert.Empty(screen.Problems);

        screen.ConsoleMayBeAway = true;
        site.Site.Console.Stop();
        await Expect(screen.Page.Locator("#wall-silent")).ToContainTextAsync("The console has not answered for", Soon);
        Assert.Equal("grayscale(1)", await screen.Page.Locator("#wall").EvaluateAsync<string>("e => getComputedStyle(e).filter"));

        await site.Site.Console.RestartAsync();
        await Expect(screen.Page.Locator("#wall-silent")).ToBeHiddenAsync(new() { Timeout = 60_000 });
        await Expect(screen.Page.Locator("#wall .hosts")).ToContainTextAsync("ago", Soon);
    }
}
