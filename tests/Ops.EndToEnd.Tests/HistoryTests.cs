using Microsoft.Playwright;
using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>What the console remembers of real locks, over its own end and restart.</summary>
[Collection(Browsers.Name)]
public sealed class HistoryTests(SignedInSite site, BrowserFixture browser) : IClassFixture<SignedInSite>
{
    private static readonly LocatorAssertionsToContainTextOptions Soon = new() { Timeout = 60_000 };

    [Fact]
    public async Task A_deadlock_is_an_incident_with_its_episodes_and_stays_one_over_a_restart_of_the_console()
    {
        string alice = site.Store.PathOf("alice"), bob = site.Store.PathOf("bob"), go = site.Store.OutsideFile("go", "");
        File.Delete(go);
        using var first = LockMaker.Start("--wait", "flock", "write", alice, "--", "await", go, "--", "flock", "write", bob);
        using var second = LockMaker.Start("--wait", "flock", "write", bob, "--", "await", go, "--", "flock", "write", alice);
        await using (var visit = await site.VisitAsync("/locks"))
        {
            await Expect(visit.Row(alice)).ToContainTextAsync($"{first.Pid}", Soon);
            await Expect(visit.Row(bob)).ToContainTextAsync($"{second.Pid}", Soon);
            await File.WriteAllTextAsync(go, "");

            await OpenIncidentAsync(visit);
            await Expect(visit.Page.Locator(".timeline")).ToContainTextAsync("Opened");
            await Expect(Holds(visit)).ToContainTextAsync("Deadlock", Soon);
            await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Open the mailbox" }).ClickAsync();
            await Expect(Past(visit)).ToContainTextAsync($"pid {first.Pid}", Soon);
            await Expect(Past(visit)).ToContainTextAsync("open", Soon);
            Assert.Empty(visit.Problems);
        }

        await site.Site.Console.RestartAsync();

        await using var later = await Visit.StartAsync(browser.Chromium, site.Site.Console.Address);
        await later.SignInAsync();
        await later.AliveAsync();
        await OpenIncidentAsync(later);
        await Expect(later.Heading()).ToContainTextAsync("is deadlocked");
        await later.Page.GetByRole(AriaRole.Link, new() { Name = "All hosts as they were then" }).ClickAsync();
        await Expect(later.Heading()).ToHaveTextAsync("As it was");
        await Expect(later.Page.Locator("section[aria-labelledby=h-incidents]")).ToContainTextAsync("alice is deadlocked");
        await Expect(later.Page.Locator("section[aria-labelledby=h-open] tbody")).ToContainTextAsync("Deadlock");
        var shown = later.Page.Url;
        await later.Page.Locator(".chart svg").First.ClickAsync();
        await Wait.Until(() => Task.FromResult(later.Page.Url != shown));
        await Expect(later.Page.Locator(".page-head .badge")).ToContainTextAsync("not live");
        await OpenIncidentAsync(later);
        await later.Page.GetByLabel("Note (goes into the audit as well)").FillAsync("Both were stopped.");
        await later.Button("Add the note").ClickAsync();
        await Expect(later.Page.Locator(".timeline")).ToContainTextAsync("Both were stopped.");
        // In this order: the first one never gives alice to the second.
        second.Kill();
        first.Kill();
        // Both consoles saw it, so it is one episode, and its end is known.
        await later.GoAsync($"/history?mailbox={Uri.EscapeDataString(alice)}");
        await Wait.Until(async () =>
        {
            await later.Page.ReloadAsync();
            await Expect(later.Page.Locator("section[aria-labelledby=h-episodes] tbody tr").First).ToBeVisibleAsync();
            var rows = await later.Page.Locator("section[aria-labelledby=h-episodes] tbody tr").AllInnerTextsAsync();
            Assert.True(rows.Count == 1, string.Join(" / ", rows));
            var row = rows[0];
            return row.Contains("released", StringComparison.Ordinal) || row.Contains("holder died", StringComparison.Ordinal);
        }, seconds: 60);
        Assert.Empty(later.Problems);
    }

    private static ILocator Holds(Visit visit) => visit.Page.Locator("section[aria-labelledby=h-holds] tbody");

    private static ILocator Past(Visit visit) => visit.Page.Locator("section[aria-labelledby=h-past] tbody");

    /// <summary>That of the mailbox alice.</summary>
    private static async Task OpenIncidentAsync(Visit visit)
    {
        await visit.GoAsync("/incidents");
        var incident = visit.Page.GetByRole(AriaRole.Link, new() { Name = "alice is deadlocked" });
        await Expect(incident).ToHaveCountAsync(1, new() { Timeout = 60_000 });
        await incident.ClickAsync();
        await visit.AddressAsync("/incidents/[0-9a-f-]+$");
    }
}
