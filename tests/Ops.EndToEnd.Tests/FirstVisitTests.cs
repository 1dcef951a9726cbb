using Microsoft.Playwright;
using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>A fresh console, from its first line of output to the first administrator and to a locked account.</summary>
[Collection(Browsers.Name)]
public sealed class FirstVisitTests(BrowserFixture browser) : IAsyncLifetime
{
    private Site _site = null!;

    private ConsoleProcess Console => _site.Console;

    public async Task InitializeAsync() => _site = await Site.StartAsync(withAgent: false);

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task The_setup_link_makes_the_administrator_once_and_signs_in()
    {
        var link = await Console.SetupLinkAsync();
        await using (var first = await Visit.StartAsync(browser.Chromium, Console.Address))
        {
            await first.SetUpAsync(link);
            await Expect(first.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Overview");
            Assert.Empty(first.Problems);
        }

        await using var second = await Visit.StartAsync(browser.Chromium, Console.Address);
        await second.Page.GotoAsync(link.AbsoluteUri);
        await Expect(second.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("An administrator already exists");
        await Expect(second.Page.GetByLabel("Password", new() { Exact = true })).ToHaveCountAsync(0);
        Assert.Empty(second.Problems);
    }

    [Fact]
    public async Task A_setup_link_with_another_token_creates_no_user()
    {
        var link = await Console.SetupLinkAsync();
        await using var visit = await Visit.StartAsync(browser.Chromium, Console.Address);
        await visit.Page.GotoAsync(new Uri(link, "/setup?token=opss_" + new string('A', 43)).AbsoluteUri);
        await visit.Page.GetByLabel("Name").FillAsync("mallory");
        await visit.Page.GetByLabel("Password", new() { Exact = true }).FillAsync(Visit.Password);
        await visit.Page.GetByLabel("Password again").FillAsync(Visit.Password);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Create the administrator" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).Not.ToBeEmptyAsync();
        Assert.Contains("/setup", visit.Page.Url, StringComparison.Ordinal);

        // The right one still works.
        await visit.SetUpAsync(link);
        Assert.Empty(visit.Problems);
    }

    [Fact]
    public async Task Without_signing_in_every_page_leads_to_the_sign_in_and_back()
    {
        await using var visit = await Visit.StartAsync(browser.Chromium, Console.Address);
        await visit.SetUpAsync(await Console.SetupLinkAsync());
        await using var stranger = await Visit.StartAsync(browser.Chromium, Console.Address);
        foreach (var page in (string[])["/", "/locks", "/leftovers", "/audit", "/hosts", "/users", "/account", "/finding/x/y"])
        {
            await stranger.Page.GotoAsync(page);
            Assert.StartsWith("/sign-in", new Uri(stranger.Page.Url).AbsolutePath, StringComparison.Ordinal);
        }

        await stranger.Page.GotoAsync("/locks?verdict=held");
        await stranger.SignInAsync();
        await stranger.AddressAsync(@"/locks\?verdict=held$");
        Assert.Empty(stranger.Problems);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_and_the_fifth_locks_the_account()
    {
        await using var admin = await Visit.StartAsync(browser.Chromium, Console.Address);
        await admin.SetUpAsync(await Console.SetupLinkAsync());
        await using var visit = await Visit.StartAsync(browser.Chromium, Console.Address);
        for (var attempt = 0; attempt < 5; attempt++)
        {
            await visit.SignInAsync(password: "not the right one");
            await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Wrong name or password, or the account is locked");
        }

        // Even the right password does not help now, and the page does not say whether it was right.
        await visit.SignInAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("the account is locked for a few minutes");
        Assert.Contains("/sign-in", visit.Page.Url, StringComparison.Ordinal);

        await admin.GoAsync("/audit");
        await Expect(admin.Page.GetByText("locked out").First).ToBeVisibleAsync();
        Assert.Empty(visit.Problems);
        Assert.Empty(admin.Problems);
    }
}
