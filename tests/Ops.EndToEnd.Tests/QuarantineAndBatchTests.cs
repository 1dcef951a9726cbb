using Microsoft.Playwright;
using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>Several locks at once by the page, and what becomes of them in quarantine, down to the files on the disk.</summary>
[Collection(Browsers.Name)]
public sealed class QuarantineAndBatchTests(SignedInSite site) : IClassFixture<SignedInSite>
{
    private const string Reason = "One reason for all (required, goes into the audit)";

    [Fact]
    public async Task Ticked_rows_are_broken_except_one_entered_in_between_and_one_is_put_back_and_one_purged()
    {
        string[] names = ["alice", "bob", "carol"];
        var paths = names.Select(site.Store.AddStaleLock).ToList();
        await using var visit = await site.VisitAsync("/leftovers?q=/store/&sort=path");
        foreach (var name in names)
        {
            await visit.VerdictAsync($"/{name}.lock", "Stale");
        }

        // By keyboard alone: the first row, then down with shift.
        await visit.Page.GetByRole(AriaRole.Grid).FocusAsync();
        await visit.Page.Keyboard.PressAsync("Home");
        await Expect(visit.Row("/alice.lock")).ToHaveAttributeAsync("aria-selected", "true");
        await visit.Page.Keyboard.PressAsync("Space");
        await visit.Page.Keyboard.PressAsync("Shift+ArrowDown");
        await visit.Page.Keyboard.PressAsync("Shift+ArrowDown");
        await Expect(visit.Page.GetByText("3 rows selected")).ToBeVisibleAsync();
        await visit.Button("Break or remove them…").ClickAsync();
        var sheet = visit.Dialog();
        await Expect(sheet.GetByText("All 3 rows are as you saw them.")).ToBeVisibleAsync();
        await sheet.GetByLabel(Reason).FillAsync("crashed night, ticket 4712");
        using (LockMaker.Start("posix", "write", site.Store.PathOf("bob")))
        {
            await sheet.Button("Break 3 rows now").ClickAsync();
            await Expect(sheet.GetByText("2 done, 1 refused.")).ToBeVisibleAsync();
        }

        Assert.Equal([false, true, false], paths.Select(File.Exists));
        await Expect(sheet.Locator(".batch-rows li").Nth(1)).ToContainTextAsync("Refused");
        await sheet.GetByRole(AriaRole.Link, new() { Name = "audit" }).ClickAsync();
        await visit.AddressAsync(@"/audit\?batch=");
        await Expect(visit.Heading()).ToHaveTextAsync("Audit");
        await Expect(visit.Page.GetByText("2 done, 1 refused")).ToBeVisibleAsync();
        // Intent and outcome of each; one entry of the refused row, if the console had heard of the new lock before the agent was asked.
        await Expect(visit.Page.Locator(".audit-table tbody > tr").Nth(4)).ToBeVisibleAsync();

        await visit.GoAsync("/quarantine?q=4712");
        await Expect(visit.Row("/alice.lock")).ToBeVisibleAsync();
        await Expect(visit.Row("/carol.lock")).ToBeVisibleAsync();
        await visit.SelectAsync("/alice.lock");
        await visit.Button("Restore…").ClickAsync();
        await Expect(sheet.GetByText("What is there now")).ToBeVisibleAsync();
        await sheet.GetByLabel("Reason (required, goes into the audit)").FillAsync("it was needed after all");
        await sheet.Button("Restore it now").ClickAsync();
        await Expect(sheet.GetByText("is back under its name").First).ToBeVisibleAsync();
        Assert.True(File.Exists(paths[0]));
        await sheet.Button("Close").Last.ClickAsync();
        // The list is asked for again by itself.
        await Expect(visit.Row("/alice.lock")).ToHaveCountAsync(0);

        await PurgeAsync(visit, paths[2]);
        Assert.Empty(visit.Problems);
        paths.ForEach(File.Delete);
    }

    [Fact]
    public async Task A_selected_lock_that_is_released_before_the_key_still_leads_to_its_page()
    {
        using var dora = LockMaker.Start("posix", "write", site.Store.PathOf("dora"));
        await using var visit = await site.VisitAsync("/locks?q=/store/dora");
        await Expect(visit.Row(site.Store.PathOf("dora"))).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Grid).FocusAsync();
        await visit.Page.Keyboard.PressAsync("Home");
        await Expect(visit.Row(site.Store.PathOf("dora"))).ToHaveAttributeAsync("aria-selected", "true");
        dora.Release();
        await Expect(visit.Row(site.Store.PathOf("dora"))).ToHaveCountAsync(0);
        await Expect(visit.Page.GetByRole(AriaRole.Grid)).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.AddressAsync("/finding/");
        await Expect(visit.Heading()).ToContainTextAsync("dora");
        await Expect(visit.Page.GetByText("No longer present:")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText($"{dora.Pid}").First).ToBeVisibleAsync();
        Assert.Empty(visit.Problems);
    }

    // To begin with another person has to agree to it.
    private async Task PurgeAsync(Visit visit, string path)
    {
        await visit.AddUserAsync("berta", "Admin");
        await visit.GoAsync("/quarantine?q=4712");
        await visit.SelectAsync("/" + Path.GetFileName(path));
        await visit.Button("Purge…").ClickAsync();
        var sheet = visit.Dialog();
        var kept = await sheet.Locator("dt:text-is('Kept in') + dd [data-copy]").GetAttributeAsync("data-copy");
        Assert.True(File.Exists(kept));
        await sheet.GetByLabel("Reason (required, goes into the audit)").FillAsync("holds a secret");
        await sheet.Button("Request approval").ClickAsync();
        await Expect(sheet.GetByText("Waiting for one other person to agree.").First).ToBeVisibleAsync();

        await using var other = await site.VisitAsync("/approvals", "berta");
        await other.Button("Review…").ClickAsync();
        await Expect(other.Dialog().GetByText("What is there now")).ToBeVisibleAsync();
        await other.Dialog().Button("Approve").ClickAsync();
        await Expect(sheet.GetByText("is removed permanently").First).ToBeVisibleAsync();
        Assert.False(File.Exists(kept));
        Assert.False(File.Exists(path));
        await sheet.Button("Close").Last.ClickAsync();
        await Expect(visit.Row("/" + Path.GetFileName(path))).ToHaveCountAsync(0);
        Assert.Empty(other.Problems);
    }
}
