using Microsoft.Playwright;
using Ops.Testing;

namespace Ops.EndToEnd.Tests;

/// <summary>For the tests of one class: a console, a store with mailboxes, an administrator. The agent is inside the console; where the native program is tested, it is the
/// agent, as a process of its own.</summary>
public sealed class SignedInSite(BrowserFixture browser) : IAsyncLifetime
{
    private AgentProcess? _agent;

    public Site Site { get; private set; } = null!;

    public MailStore Store => Site.Store;

    public async Task InitializeAsync()
    {
        Site = await Site.StartAsync(withAgent: !Built.IsNative, mailboxes: ["alice", "bob", "carol", "dora", "warm-up"]);
        await using var visit = await Visit.StartAsync(browser.Chromium, Site.Console.Address);
        await visit.SetUpAsync(await Site.Console.SetupLinkAsync());
        if (!Built.IsNative)
        {
            return;
        }

        await visit.AliveAsync();
        var token = Store.OutsideFile("agent.token", await visit.CreateTokenAsync(Environment.MachineName));
        _agent = AgentProcess.Start(Site.Console.Address, token, Store.Policy, Environment.MachineName);
        await Assertions.Expect(visit.HostCard(Environment.MachineName)).ToContainTextAsync("live", new() { Timeout = 60_000 });
    }

    public async Task DisposeAsync()
    {
        _agent?.Dispose();
        await Site.DisposeAsync();
    }

    /// <summary>A browser in which somebody is signed in, on this page.</summary>
    /// <param name="at">Where the console is reached; null for its own address.</param>
    public async Task<Visit> VisitAsync(string page, string user = "admin", int width = 1440, int height = 900, bool dark = false, Uri? at = null)
    {
        var visit = await Visit.StartAsync(browser.Chromium, at ?? Site.Console.Address, width, height, dark);
        await visit.SignInAsync(user);
        await visit.AliveAsync();
        await visit.GoAsync(page);
        return visit;
    }
}
