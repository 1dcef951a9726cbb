using Microsoft.Playwright;
using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.Demo;

/// <summary>The pictures of the documentation: each page light and dark, on a desktop and on a phone.</summary>
internal static class Screenshots
{
    private static readonly (string Name, string Path)[] Pages =
    [
        ("overview", "/"), ("mailboxes", "/mailboxes"), ("why", "/why?q=alice"), ("history", "/history"), ("past", $"/past?at={DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}"), ("incidents", "/incidents"), ("locks", "/locks?q=/mail/"), ("graph", "/graph"), ("leftovers", "/leftovers"), ("quarantine", "/quarantine"), ("audit", "/audit"), ("hosts", "/hosts"), ("rules", "/rules"), ("alerts", "/alerts"), ("api-tokens", "/api-tokens"),
    ];

    public static async Task TakeAsync(DemoSite site, string directory, CancellationToken stop)
    {
        Directory.CreateDirectory(directory);
        await using var chromium = await Chromium.StartAsync();
        await using (var visit = await OpenAsync(chromium, site, 1440, 900, dark: false))
            await ActAsync(visit);
        foreach (var (width, height, suffix) in new[] { (1440, 900, ""), (390, 844, "-phone") })
        {
            foreach (var dark in new[] { false, true })
            {
                await using var visit = await OpenAsync(chromium, site, width, height, dark);
                var end = $"-{(dark ? "dark" : "light")}{suffix}.png";
                foreach (var (name, path) in Pages)
                {
                    stop.ThrowIfCancellationRequested();
                    await visit.GoAsync(path);
                    await Expect(visit.Heading()).ToBeVisibleAsync();
                    await ShootAsync(visit, Path.Join(directory, name + end));
                }
                // A document of its own, without a circuit to wait for.
                await visit.Page.GotoAsync($"/wall?theme={(dark ? "dark" : "light")}");
                await ShootAsync(visit, Path.Join(directory, "wall" + end));
                // What became of the break, step by step.
                await visit.GoAsync("/audit?action=break");
                await visit.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Details of entry") }).First.ClickAsync();
                await Expect(visit.Page.Locator(".steps")).ToBeVisibleAsync();
                await visit.Page.Locator(".steps").ScrollIntoViewIfNeededAsync();
                await ShootAsync(visit, Path.Join(directory, "steps" + end));
                await visit.GoAsync("/integrity");
                await Report(visit).ClickAsync();
                await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Differences" })).ToBeVisibleAsync();
                await ShootAsync(visit, Path.Join(directory, "integrity" + end));
                await visit.OpenFindingAsync("/alice.lock");
                await ShootAsync(visit, Path.Join(directory, "detail" + end));
                await visit.Button("Break…").ClickAsync();
                await Expect(visit.Dialog().Button("Break it now")).ToBeVisibleAsync();
                await ShootAsync(visit, Path.Join(directory, "break" + end));
                if (visit.Problems is [var problem, ..])
                    throw new InvalidOperationException(problem);
            }
        }
    }

    /// <summary>Something to see in quarantine, audit and integrity: one lock is broken, one leftover removed, one store audited.</summary>
    private static async Task ActAsync(Visit visit)
    {
        foreach (var (path, verb, reason) in new[] { ("/dora.lock", "Break", "The delivery was killed by the OOM killer, ticket 4711"), ("-2", "Remove", "Left by a crash, ticket 4712") })
        {
            await visit.OpenFindingAsync(path);
            await visit.Button(verb + "…").ClickAsync();
            await visit.Dialog().GetByLabel("Reason (required, goes into the audit)").FillAsync(reason);
            await visit.Dialog().Button(verb + " it now").ClickAsync();
            await Expect(visit.Dialog().Button("Close").Last).ToBeVisibleAsync();
            await visit.Dialog().Button("Close").Last.ClickAsync();
        }
        await visit.GoAsync("/integrity");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Audit /" }).ClickAsync();
        await Expect(Report(visit)).ToBeVisibleAsync();
    }

    /// <summary>The store's name, once it has a report.</summary>
    private static ILocator Report(Visit visit) => visit.Page.Locator("a[href^='/integrity?']");

    private static async Task<Visit> OpenAsync(Chromium chromium, DemoSite site, int width, int height, bool dark)
    {
        var visit = await Visit.StartAsync(chromium, site.Console.Address, width, height, dark);
        await visit.SignInAsync(DemoAccounts.Admin, site.Accounts.PasswordOf(DemoAccounts.Admin));
        await visit.AliveAsync();
        await visit.GoAsync("/leftovers");
        await visit.VerdictAsync("/alice.lock", "Stale");
        return visit;
    }

    private static async Task ShootAsync(Visit visit, string file)
    {
        // Lists arrive after the page: a picture of their placeholder is none.
        await Expect(visit.Page.Locator("[aria-busy=true]")).ToHaveCountAsync(0);
        await visit.Page.ScreenshotAsync(new() { Path = file, Animations = ScreenshotAnimations.Disabled, Caret = ScreenshotCaret.Hide });
        Console.WriteLine(file);
    }
}
