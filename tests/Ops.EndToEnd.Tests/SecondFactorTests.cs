using Microsoft.Playwright;
using Ops.Testing;
using OtpNet;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>A person sets up a second factor, signs in with it in another browser, and ends the session there while its page is open.</summary>
[Collection(Browsers.Name)]
public sealed class SecondFactorTests(BrowserFixture browser) : IAsyncLifetime
{
    private Site _site = null!;

    public async Task InitializeAsync() => _site = await Site.StartAsync(withAgent: false);

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task A_person_signs_in_with_a_code_and_ends_the_open_page_of_another_browser()
    {
        await using var here = await Visit.StartAsync(browser.Chromium, _site.Console.Address);
        await here.SetUpAsync(await _site.Console.SetupLinkAsync());
        await here.Page.GotoAsync("/account/second-factor");
        await Expect(here.Page.Locator(".qr svg")).ToBeVisibleAsync();
        var key = Base32Encoding.ToBytes(string.Concat((await here.Page.Locator(".secret").TextContentAsync())!.Where(c => !char.IsWhiteSpace(c))));
        await here.Page.GetByLabel("Code", new() { Exact = true }).FillAsync(new Totp(key).ComputeTotp());
        await here.Page.GetByLabel("Password").FillAsync(Visit.Password);
        await here.Page.GetByRole(AriaRole.Button, new() { Name = "Turn it on" }).ClickAsync();
        await Expect(here.Page.Locator(".recovery-codes li")).ToHaveCountAsync(10);

        await using var there = await Visit.StartAsync(browser.Chromium, _site.Console.Address);
        await there.SignInAsync();
        // The code before is used up. The app has the next one in at most 30 seconds, and the console takes it that much early.
        await there.Page.GetByLabel("Code", new() { Exact = true }).FillAsync(new Totp(key).ComputeTotp(DateTime.UtcNow.AddSeconds(30)));
        await there.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await there.AliveAsync();
        await there.GoAsync("/locks");

        await here.Page.GotoAsync("/account");
        await here.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^End the session in Chrome on Linux, from 127") }).ClickAsync();
        await Expect(here.Page.Locator(".sessions li")).ToHaveCountAsync(1);
        // Without a click there: the open page leaves by itself.
        await Expect(there.Page.GetByLabel("Name")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        Assert.Contains("returnUrl=%2Flocks", there.Page.Url, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(here.Problems);
        Assert.Empty(there.Problems);
    }
}
