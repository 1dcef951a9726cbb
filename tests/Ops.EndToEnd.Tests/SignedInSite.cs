using Ops.Testing;

namespace Ops.EndToEnd.Tests;

/// <summary>For the tests of one class: a console with its agent inside, a store with mailboxes, an administrator.</summary>
public sealed class SignedInSite(BrowserFixture browser) : IAsyncLifetime
{
    public Site Site { get; private set; } = null!;

    public MailStore Store => Site.Store;

    public async Task InitializeAsync()
    {
        Site = await Site.StartAsync(mailboxes: ["alice", "bob", "carol", "dora", "warm-up"]);
        await using var visit = await Visit.StartAsync(browser.Chromium, Site.Console.Address);
        await visit.SetUpAsync(await Site.Console.SetupLinkAsync());
    }

    public async Task DisposeAsync() => await Site.DisposeAsync();

    /// <summary>A browser in which somebody is signed in, on this page.</summary>
    public async Task<Visit> VisitAsync(string page, string user = "admin", int width = 1440, int height = 900, bool dark = false)
    {
        var visit = await Visit.StartAsync(browser.Chromium, Site.Console.Address, width, height, dark);
        await visit.SignInAsync(user);
        await visit.AliveAsync();
        await visit.GoAsync(page);
        return visit;
    }
}
