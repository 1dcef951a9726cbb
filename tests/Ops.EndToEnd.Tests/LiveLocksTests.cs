using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Ops.Testing;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>Kernel locks of real processes on the Locks page, as they come and go.</summary>
[Collection(Browsers.Name)]
public sealed class LiveLocksTests(SignedInSite site, ITestOutputHelper output) : IClassFixture<SignedInSite>
{
    /// <summary>What the product promises, from the moment a process has its lock to the moment it is on the page.</summary>
    private static readonly TimeSpan ShowsWithin = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_kernel_lock_shows_within_two_seconds_and_goes_within_two_seconds_of_its_release()
    {
        await using var visit = await site.VisitAsync("/locks");
        foreach (var (mailbox, isMeasured) in ((string, bool)[])[("warm-up", false), ("alice", true), ("bob", true), ("carol", true)])
        {
            var (appeared, disappeared) = await TakeAndReleaseAsync(visit, mailbox);
            if (!isMeasured)
            {
                continue;
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{mailbox}: on the page after {appeared.TotalMilliseconds:0} ms, off it after {disappeared.TotalMilliseconds:0} ms"));
            Assert.InRange(appeared, TimeSpan.Zero, ShowsWithin);
            Assert.InRange(disappeared, TimeSpan.Zero, ShowsWithin);
        }

        Assert.Empty(visit.Problems);
    }

    [Fact]
    public async Task A_waiter_stands_under_its_blocker_and_becomes_the_holder()
    {
        var mailbox = site.Store.PathOf("alice");
        await using var visit = await site.VisitAsync("/locks");
        var holder = LockMaker.Start("flock", "write", mailbox);
        using var waiter = LockMaker.Start("--wait", "flock", "write", mailbox);
        try
        {
            var rows = visit.Row(site.Store.PathOf("alice"));
            await Expect(rows).ToHaveCountAsync(2);
            await Expect(rows.Nth(0)).ToContainTextAsync("1 waiting");
            await Expect(rows.Nth(0)).ToContainTextAsync($"{holder.Pid}");
            await Expect(rows.Nth(1)).ToContainTextAsync($"waits for {holder.Pid}");
            await Expect(rows.Nth(1)).ToContainTextAsync("Waiting");
        }
        finally
        {
            holder.Dispose();
        }

        await Expect(visit.Row(site.Store.PathOf("alice"))).ToHaveCountAsync(1);
        await Expect(visit.Row(site.Store.PathOf("alice"))).ToContainTextAsync($"{waiter.Pid}");
        await Expect(visit.Row(site.Store.PathOf("alice"))).ToContainTextAsync("Held");
        Assert.Empty(visit.Problems);
    }

    [Fact]
    public async Task Filter_selection_and_focus_stay_when_other_locks_come_and_go()
    {
        using var bob = LockMaker.Start("posix", "write", site.Store.PathOf("bob"));
        await using var visit = await site.VisitAsync("/locks?sort=newest");
        await visit.ChooseAsync("Type", "POSIX record");
        await visit.AddressAsync(@"/locks\?class=posix&sort=newest$");
        await visit.SelectAsync(site.Store.PathOf("bob"));
        await visit.AddressAsync("sel=");
        var search = visit.Page.GetByLabel("Path, command or pid");
        await search.FillAsync("/store/");
        await visit.AddressAsync("q=");
        var address = visit.Page.Url;

        using (LockMaker.Start("posix", "write", site.Store.PathOf("carol")))
        {
            await Expect(visit.Row(site.Store.PathOf("carol"))).ToBeVisibleAsync();
            await AssertUnmovedAsync();
        }

        await Expect(visit.Row(site.Store.PathOf("carol"))).ToHaveCountAsync(0);
        await AssertUnmovedAsync();

        // Not the address alone: somebody who opens it sees the same.
        await visit.Page.ReloadAsync();
        await visit.AliveAsync();
        await Expect(visit.Row(site.Store.PathOf("bob"))).ToHaveAttributeAsync("aria-selected", "true");
        await Expect(search).ToHaveValueAsync("/store/");
        await Expect(visit.Page.GetByLabel("Type")).ToHaveValueAsync("POSIX record");
        Assert.Empty(visit.Problems);

        async Task AssertUnmovedAsync()
        {
            Assert.Equal(address, visit.Page.Url);
            await Expect(search).ToBeFocusedAsync();
            await Expect(search).ToHaveValueAsync("/store/");
            await Expect(visit.Row(site.Store.PathOf("bob"))).ToHaveAttributeAsync("aria-selected", "true");
            await Expect(visit.Page.GetByRole(AriaRole.Complementary, new() { Name = "Selected finding" })).ToContainTextAsync("bob");
        }
    }

    [Fact]
    public async Task Paused_locks_count_what_is_new_and_show_it_on_resuming()
    {
        using var alice = LockMaker.Start("posix", "write", site.Store.PathOf("alice"));
        await using var visit = await site.VisitAsync("/locks?q=/store/");
        await Expect(visit.Row(site.Store.PathOf("alice"))).ToBeVisibleAsync();
        await Expect(visit.Page.Locator("[role=row][data-key]")).ToHaveCountAsync(1, new() { Timeout = 30_000 });
        await visit.Button("Pause").ClickAsync();
        using var dora = LockMaker.Start("posix", "write", site.Store.PathOf("dora"));
        await Expect(visit.Page.GetByText("Paused, +1 since")).ToBeVisibleAsync();
        await Expect(visit.Row(site.Store.PathOf("dora"))).ToHaveCountAsync(0);
        await visit.Button("Resume").ClickAsync();
        await Expect(visit.Row(site.Store.PathOf("dora"))).ToBeVisibleAsync();
        Assert.Empty(visit.Problems);
    }

    [Fact]
    public async Task The_number_of_stuck_mailboxes_is_in_the_tab_title_and_its_icon_until_they_are_free()
    {
        await using var visit = await site.VisitAsync("/locks");
        var icon = visit.Page.Locator("link[rel=icon]");
        await Expect(visit.Page).ToHaveTitleAsync("Locks - Mailstore Ops");
        var plain = await icon.GetAttributeAsync("href") ?? "";
        var path = site.Store.AddStaleLock("warm-up");
        // Stores are scanned less often than the kernel's locks are read, and less often while the machine is busy.
        await Expect(visit.Page).ToHaveTitleAsync("(1) Locks - Mailstore Ops", new() { Timeout = 60_000 });
        await Expect(icon).ToHaveAttributeAsync("href", new Regex("^data:image/svg.*%3E1%3C"));
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Mailboxes" }).First.ClickAsync();
        await Expect(visit.Page).ToHaveTitleAsync("(1) Mailboxes - Mailstore Ops");

        File.Delete(path);
        await Expect(visit.Page).ToHaveTitleAsync("Mailboxes - Mailstore Ops", new() { Timeout = 60_000 });
        await Expect(icon).ToHaveAttributeAsync("href", plain);
        Assert.Empty(visit.Problems);
    }

    [Fact]
    public async Task A_click_on_the_path_opens_the_finding_and_stays_there()
    {
        using var alice = LockMaker.Start("posix", "write", site.Store.PathOf("alice"));
        await using var visit = await site.VisitAsync("/");
        foreach (var list in (string[])["/locks", "/locks?q=alice", "/locks?sort=newest"])
        {
            await visit.GoAsync(list);
            // What another test released may be listed until it was missed twice.
            await Expect(visit.Row(site.Store.PathOf("alice"))).ToHaveCountAsync(1, new() { Timeout = 30_000 });
            await visit.Row(site.Store.PathOf("alice")).GetByRole(AriaRole.Link).ClickAsync();
            await visit.AddressAsync("/finding/");
            await Expect(visit.Heading()).ToContainTextAsync("alice");
            // Not back to the list, because the click was also taken for a selection.
            await Task.Delay(TimeSpan.FromSeconds(0.5));
            Assert.Contains("/finding/", visit.Page.Url, StringComparison.Ordinal);
        }

        Assert.Empty(visit.Problems);
    }

    [Fact]
    public async Task The_keyboard_alone_leads_from_the_list_to_the_evidence()
    {
        using var alice = LockMaker.Start("posix", "write", site.Store.PathOf("alice"));
        await using var visit = await site.VisitAsync("/locks?q=/store/");
        await Expect(visit.Row(site.Store.PathOf("alice"))).ToBeVisibleAsync();
        await Expect(visit.Page.Locator("[role=row][data-key]")).ToHaveCountAsync(1, new() { Timeout = 30_000 });
        await visit.Page.GetByRole(AriaRole.Grid).FocusAsync();
        await visit.Page.Keyboard.PressAsync("Home");
        await Expect(visit.Row(site.Store.PathOf("alice"))).ToHaveAttributeAsync("aria-selected", "true");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.AddressAsync("/finding/");
        await Expect(visit.Heading()).ToContainTextAsync("alice");
        await Expect(visit.Page.GetByText($"{alice.Pid}").First).ToBeVisibleAsync();
        Assert.Empty(visit.Problems);
    }

    private async Task<(TimeSpan Appeared, TimeSpan Disappeared)> TakeAndReleaseAsync(Visit visit, string mailbox)
    {
        var row = visit.Row(site.Store.PathOf(mailbox));
        await Expect(row).ToHaveCountAsync(0);
        // Returns with the line that says that the lock is held.
        using var holder = LockMaker.Start("posix", "write", site.Store.PathOf(mailbox));
        var watch = Stopwatch.StartNew();
        await row.WaitForAsync(new() { State = WaitForSelectorState.Visible });
        var appeared = watch.Elapsed;
        watch.Restart();
        holder.Release();
        await row.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        return (appeared, watch.Elapsed);
    }
}
