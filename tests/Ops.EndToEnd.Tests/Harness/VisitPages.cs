using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Ops.Testing;

/// <summary>How a person finds things on the console's pages: by role, label and text.</summary>
public static class VisitPages
{
    /// <summary>The row of a list whose path ends so.</summary>
    public static ILocator Row(this Visit visit, string path) =>
        visit.Page.Locator("[role=row][data-key]").Filter(new() { Has = visit.Page.Locator($"[title$='{path}']") });

    public static ILocator Dialog(this Visit visit) => visit.Page.GetByRole(AriaRole.Dialog);

    public static ILocator Button(this Visit visit, string name) => visit.Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public static ILocator Button(this ILocator within, string name) => within.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public static ILocator Heading(this Visit visit) => visit.Page.GetByRole(AriaRole.Heading, new() { Level = 1 });

    /// <summary>Waits until the address of the page matches a regular expression.</summary>
    /// <remarks>Not <see cref="IPage.WaitForURLAsync(string, PageWaitForURLOptions)"/>: it looks once and listens then, and an address that changes in between is
    /// missed (playwright-dotnet issue 3364; seen here once in 60 runs). This one asks again until it matches.</remarks>
    public static Task AddressAsync(this Visit visit, string pattern) => Assertions.Expect(visit.Page).ToHaveURLAsync(new Regex(pattern), new() { Timeout = 30_000 });

    /// <summary>Selects a row, so that the panel beside the list shows it.</summary>
    public static Task SelectAsync(this Visit visit, string path) => visit.Row(path).First.Locator(".badge").First.ClickAsync();

    /// <summary>Opens a list by its label and takes an option.</summary>
    public static async Task ChooseAsync(this Visit visit, string label, string option)
    {
        await visit.Page.GetByRole(AriaRole.Combobox, new() { Name = label, Exact = true }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Option, new() { Name = option, Exact = true }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Option)).ToHaveCountAsync(0);
    }

    /// <summary>From the list of lock files to the page of one of them.</summary>
    public static async Task OpenFindingAsync(this Visit visit, string path)
    {
        await visit.GoAsync("/leftovers");
        await visit.SelectAsync(path);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Evidence and what may be done" }).ClickAsync();
        await visit.AddressAsync("/finding/");
    }

    /// <summary>Waits until the list of lock files shows this verdict for a path.</summary>
    public static async Task<ILocator> VerdictAsync(this Visit visit, string path, string verdict)
    {
        var badge = visit.Row(path).Locator(".badge").Filter(new() { HasText = verdict });
        // An agent scans stores less often while the machine is busy: it takes a ninth of one core at most.
        await Assertions.Expect(badge).ToBeVisibleAsync(new() { Timeout = 60_000 });
        return badge;
    }

    /// <summary>The card of one host on the Hosts page.</summary>
    public static ILocator HostCard(this Visit visit, string host) =>
        visit.Page.Locator(".host-card").Filter(new() { Has = visit.Page.GetByRole(AriaRole.Heading, new() { Name = host, Exact = true }) });

    /// <summary>Makes a token for a host's agent on the Hosts page, and stays there; the visitor must be an administrator.</summary>
    public static async Task<string> CreateTokenAsync(this Visit visit, string host)
    {
        await visit.GoAsync("/hosts");
        await visit.Page.GetByLabel("Host", new() { Exact = true }).FillAsync(host);
        await visit.Button("Create a token").ClickAsync();
        return await visit.Page.Locator("#token-text").InnerTextAsync();
    }

    /// <summary>Adds a user with the console's own page; the visitor must be an administrator.</summary>
    public static async Task AddUserAsync(this Visit visit, string name, string role)
    {
        await visit.GoAsync("/users");
        await visit.Page.GetByLabel("Name").FillAsync(name);
        await visit.Page.GetByLabel("Password (12 characters or more)").FillAsync(Visit.Password);
        await visit.ChooseAsync("Role", role);
        await visit.Button("Add").ClickAsync();
        await Assertions.Expect(visit.Page.GetByLabel($"Role of {name}", new() { Exact = true })).ToBeVisibleAsync();
    }

    public static async Task SetRoleAsync(this Visit visit, string name, string role)
    {
        await visit.GoAsync("/users");
        await visit.ChooseAsync($"Role of {name}", role);
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Status)).ToContainTextAsync(name);
    }
}
