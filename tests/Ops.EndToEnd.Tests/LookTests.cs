using System.Globalization;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>Every page with something on it: readable for everybody, light and dark, wide and narrow, with nothing that the security policy has to stop.</summary>
[Collection(Browsers.Name)]
public sealed class LookTests(SignedInSite site) : IClassFixture<SignedInSite>, IAsyncLifetime
{
    private readonly List<LockMaker> _holders = [];

    public async Task InitializeAsync()
    {
        _holders.Add(LockMaker.Start("flock", "write", site.Store.PathOf("bob")));
        _holders.Add(LockMaker.Start("--wait", "flock", "write", site.Store.PathOf("bob")));
        if (!File.Exists(site.Store.PathOf("alice.lock")))
        {
            site.Store.AddStaleLock("alice");
            site.Store.AddHeldLock("carol");
            site.Store.AddOrphan();
        }

        await using var visit = await site.VisitAsync("/leftovers");
        await visit.VerdictAsync("/alice.lock", "Stale");
        await visit.VerdictAsync("/carol.lock", "Held");
    }

    public Task DisposeAsync()
    {
        _holders.ForEach(h => h.Dispose());
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(1440, false)]
    [InlineData(1440, true)]
    [InlineData(390, false)]
    [InlineData(390, true)]
    public async Task No_page_has_a_serious_finding_of_axe_or_scrolls_sideways(int width, bool dark)
    {
        var findings = new List<string>();
        await using var visit = await site.VisitAsync("/", width: width, height: width < 500 ? 844 : 900, dark: dark);
        foreach (var path in (string[])["/", "/mailboxes", "/graph", "/why", "/history", "/past", "/incidents", "/locks", "/leftovers", "/quarantine", "/shadow", "/integrity", "/approvals", "/audit", "/hosts", "/rules", "/alerts", "/wallboards", "/api-tokens", "/users"])
        {
            await visit.GoAsync(path);
            await Expect(visit.Heading()).ToBeVisibleAsync();
            await CheckAsync(visit, path, findings);
        }

        await visit.GoAsync("/alerts");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Add a channel" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Form, new() { Name = "New channel" })).ToBeVisibleAsync();
        await CheckAsync(visit, "/alerts with a new channel", findings);

        var alice = site.Store.PathOf("alice");
        await visit.GoAsync($"/why?q={Uri.EscapeDataString(alice + ".lock")}");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Answer" })).ToBeVisibleAsync();
        await CheckAsync(visit, "an answer", findings);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Open the mailbox" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Safe next step" })).ToBeVisibleAsync();
        await visit.AddressAsync("/mailboxes/");
        await CheckAsync(visit, "a mailbox", findings);

        await visit.GoAsync("/locks");
        await visit.SelectAsync("/bob");
        await Expect(visit.Page.GetByRole(AriaRole.Complementary, new() { Name = "Selected finding" })).ToBeVisibleAsync();
        await CheckAsync(visit, "/locks with a selection", findings);

        await visit.GoAsync("/audit");
        await visit.Page.Locator(".audit-table button[aria-expanded]").First.ClickAsync();
        await Expect(visit.Page.Locator("tr.audit-more")).ToBeVisibleAsync();
        await CheckAsync(visit, "/audit with an entry open", findings);

        await visit.OpenFindingAsync("/carol.lock");
        await CheckAsync(visit, "a held finding", findings);
        await visit.OpenFindingAsync("/alice.lock");
        await CheckAsync(visit, "a stale finding", findings);
        await visit.Button("Break…").ClickAsync();
        await Expect(visit.Dialog().Button("Break it now")).ToBeVisibleAsync();
        await CheckAsync(visit, "the break sheet", findings);
        await visit.Page.Keyboard.PressAsync("Escape");

        await visit.Page.GotoAsync("/account");
        await CheckAsync(visit, "/account", findings);
        await visit.Page.GotoAsync("/wall");
        await Expect(visit.Page.Locator(".box").First).ToBeVisibleAsync();
        await CheckAsync(visit, "/wall", findings);
        foreach (var path in (string[])["/denied", "/account", "/account/second-factor"])
        {
            await visit.Page.GotoAsync(path);
            await CheckAsync(visit, path, findings);
        }

        visit.ExpectedStatus = 404;
        await visit.Page.GotoAsync("/no-such-page");
        await CheckAsync(visit, "a page that is not there", findings);
        Assert.Empty(findings);
        Assert.Empty(visit.Problems);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_sign_in_page_has_none_either(bool dark)
    {
        var findings = new List<string>();
        await using var visit = await site.VisitAsync("/", width: 390, height: 844, dark: dark);
        await visit.Page.GotoAsync("/account");
        await visit.Button("Sign out").ClickAsync();
        await visit.AddressAsync("/sign-in$");
        await CheckAsync(visit, "/sign-in", findings);
        await visit.SignInAsync(password: "not the right one");
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await CheckAsync(visit, "/sign-in, refused", findings);
        Assert.Empty(findings);
        Assert.Empty(visit.Problems);
    }

    [Fact]
    public async Task The_colours_that_a_user_chose_stay()
    {
        await using var visit = await site.VisitAsync("/", dark: true);
        await visit.Button("Light colours").ClickAsync();
        await Expect(visit.Button("Light colours")).ToHaveAttributeAsync("aria-pressed", "true");
        var background = await BackgroundAsync(visit);
        await visit.GoAsync("/locks");
        await Expect(visit.Button("Light colours")).ToHaveAttributeAsync("aria-pressed", "true");
        Assert.Equal(background, await BackgroundAsync(visit));
        await visit.Button("Dark colours").ClickAsync();
        await Expect(visit.Button("Dark colours")).ToHaveAttributeAsync("aria-pressed", "true");
        Assert.NotEqual(background, await BackgroundAsync(visit));
        Assert.Empty(visit.Problems);
    }

    [Fact]
    public async Task A_slash_leads_to_the_question_box_and_its_answer_to_the_stale_lock()
    {
        await using var visit = await site.VisitAsync("/locks");
        await visit.AliveAsync();
        await visit.Page.Keyboard.PressAsync("/");
        await Expect(visit.Page.Locator("#why")).ToBeFocusedAsync();
        await visit.Page.Keyboard.TypeAsync($"procmail: Lock failure on \"{site.Store.PathOf("alice.lock")}\"");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.AddressAsync(@"/why\?q=");
        await Expect(visit.Page.Locator("section[aria-labelledby=h-answer] .sentence")).ToContainTextAsync("is stuck.");
        await visit.AliveAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Open it to act" }).ClickAsync();
        await Expect(visit.Button("Break…")).ToBeVisibleAsync();

        // A second question does not load the page again, and a slash within a text is a letter.
        await visit.GoAsync("/why");
        await visit.AliveAsync();
        await visit.Page.Locator("#why-text").FillAsync("");
        await visit.Page.Locator("#why-text").PressSequentiallyAsync(site.Store.PathOf("bob"));
        await visit.Button("Ask").ClickAsync();
        await Expect(visit.Page.Locator("section[aria-labelledby=h-answer] .sentence")).ToContainTextAsync("1 process waits");
        Assert.Empty(visit.Problems);
    }

    private static Task<string> BackgroundAsync(Visit visit) => visit.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");

    private static async Task CheckAsync(Visit visit, string where, List<string> findings)
    {
        var result = await visit.Page.RunAxe();
        findings.AddRange(result.Violations
            .Where(v => v.Impact is "serious" or "critical")
            .Select(v => $"{where}: {v.Id} ({v.Impact}), {v.Help}: {string.Join("; ", v.Nodes.Take(3).Select(n => n.Html))}"));
        var overhang = await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
        if (overhang > 0)
        {
            findings.Add(string.Create(CultureInfo.InvariantCulture, $"{where}: {overhang} px wider than the screen"));
        }
    }
}
