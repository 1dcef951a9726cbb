using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>The page's connection to the console is cut: the page says so before anything is decided on it, takes no click, and keeps what was typed.</summary>
[Collection(Browsers.Name)]
public sealed class LostConnectionTests(SignedInSite site) : IClassFixture<SignedInSite>
{
    private const string Reason = "Reason (required, goes into the audit)";

    [Fact]
    public async Task A_sheet_whose_connection_is_gone_says_so_and_takes_no_click_and_what_was_typed_counts_afterwards()
    {
        var path = site.Store.AddStaleLock("alice");
        await using var link = new BreakableLink(site.Site.Console.Address);
        await using var visit = await site.VisitAsync("/leftovers", at: link.Address);
        visit.ConsoleMayBeAway = true;
        await visit.VerdictAsync("/alice.lock", "Stale");
        await visit.OpenFindingAsync("/alice.lock");
        var pill = visit.Page.Locator(".bar .pill");
        await Expect(pill).ToContainTextAsync("Live");
        await visit.Button("Break…").ClickAsync();
        await Expect(visit.Dialog().Button("Break it now")).ToBeVisibleAsync();

        // Open, and silent: the browser's own script would notice after half a minute.
        link.MuteTarget();
        link.MuteClients();
        await Expect(pill).ToContainTextAsync("Disconnected", new() { Timeout = 20_000 });
        await Expect(visit.Dialog().Locator(".sheet-link")).ToContainTextAsync("acts off");
        await visit.Dialog().GetByLabel(Reason).FillAsync("typed while away");
        await visit.Dialog().Button("Break it now").ClickAsync();
        await Expect(visit.Page.Locator("#connection-said")).ToHaveTextAsync("Not connected to the console: nothing was done.");
        var age = visit.Page.Locator("main time.age").First;
        var frozen = await age.TextContentAsync();
        await visit.Page.WaitForTimeoutAsync(2_500);
        Assert.Equal(frozen, await age.TextContentAsync());
        Assert.True(File.Exists(path));

        link.Cut();
        await Expect(pill).ToContainTextAsync("Live", new() { Timeout = 60_000 });
        await Expect(visit.Dialog().GetByLabel(Reason)).ToHaveValueAsync("typed while away");
        await visit.Dialog().Button("Break it now").ClickAsync();
        await Wait.Until(() => !File.Exists(path));
        await Expect(visit.Dialog().Button("Close").Last).ToBeVisibleAsync();
        Assert.Empty(visit.Problems);
    }

    [Fact]
    public async Task What_was_typed_into_a_sheet_is_there_again_after_the_page_was_reloaded()
    {
        site.Store.AddStaleLock("bob");
        await using var visit = await site.VisitAsync("/leftovers");
        await visit.VerdictAsync("/bob.lock", "Stale");
        await visit.OpenFindingAsync("/bob.lock");
        await visit.Button("Break…").ClickAsync();
        await visit.Dialog().GetByLabel(Reason).FillAsync("a long reason, ticket 4711");

        await visit.Page.ReloadAsync();
        await visit.AliveAsync();
        await visit.Button("Break…").ClickAsync();

        await Expect(visit.Dialog().GetByLabel(Reason)).ToHaveValueAsync("a long reason, ticket 4711");
        Assert.Empty(visit.Problems);
    }
}
