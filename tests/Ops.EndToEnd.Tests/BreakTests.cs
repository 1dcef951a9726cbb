using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>Breaking and removing by the page, down to the files on the disk and the rows of the audit.</summary>
[Collection(Browsers.Name)]
public sealed partial class BreakTests(SignedInSite site) : IClassFixture<SignedInSite>
{
    [Fact]
    public async Task A_stale_lock_is_explained_broken_audited_and_put_back()
    {
        var path = site.Store.AddStaleLock("alice");
        var content = await File.ReadAllTextAsync(path);
        await using var visit = await site.VisitAsync("/leftovers");
        await visit.VerdictAsync("/alice.lock", "Stale");
        await visit.OpenFindingAsync("/alice.lock");
        await Expect(visit.Page.GetByText("Is the named process running")).ToBeVisibleAsync();
        await visit.Button("Break…").ClickAsync();

        var sheet = visit.Dialog();
        await Expect(sheet.GetByText("Evidence, just collected")).ToBeVisibleAsync();
        await Expect(sheet.GetByText("No process waits for it or has it open.")).ToBeVisibleAsync();
        await Expect(sheet.GetByText("Exchange both names in one step")).ToBeVisibleAsync();
        // Without a reason nothing happens.
        await sheet.Button("Break it now").ClickAsync();
        await Expect(sheet.Locator("#act-problem")).ToBeVisibleAsync();
        Assert.True(File.Exists(path));

        await sheet.GetByLabel("Reason (required, goes into the audit)").FillAsync("crashed delivery, ticket 4711");
        await sheet.Button("Break it now").ClickAsync();
        await Expect(sheet.GetByText("was taken over and released").First).ToBeVisibleAsync();
        var steps = sheet.Locator(".steps").GetByRole(AriaRole.Listitem);
        Assert.True(await steps.CountAsync() >= 8, "the sheet shows each step of the protocol");
        await Expect(sheet.Locator(".steps [role=listitem]:not(.step-done)")).ToHaveCountAsync(0);
        Assert.False(File.Exists(path));
        var kept = await sheet.Locator("dt:text-is('Kept in') + dd [data-copy]").GetAttributeAsync("data-copy");
        Assert.StartsWith(site.Store.Quarantine, kept!, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(kept!));

        // The chain of its rows: intent before outcome, the reason, the person.
        var operation = OperationId().Match(await sheet.GetByRole(AriaRole.Link, new() { Name = "audit" }).GetAttributeAsync("href") ?? "").Value;
        await visit.GoAsync($"/audit?operation={operation}");
        var rows = visit.Page.Locator(".audit-table tbody > tr");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.Nth(0)).ToContainTextAsync("done");
        await Expect(rows.Nth(1)).ToContainTextAsync("intent");
        await Expect(rows.Nth(1)).ToContainTextAsync("crashed delivery, ticket 4711");
        await Expect(rows.Nth(1)).ToContainTextAsync("admin");
        await Expect(visit.Page.GetByText("Intact", new() { Exact = true })).ToBeVisibleAsync();

        // Put back.
        await rows.Nth(0).GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Details of entry") }).ClickAsync();
        await visit.Page.GetByLabel("Reason (goes into the audit)").FillAsync("wanted to see it again");
        await visit.Button("Undo").ClickAsync();
        await Expect(visit.Page.GetByText("is back under its name").First).ToBeVisibleAsync();
        Assert.Equal(content, await File.ReadAllTextAsync(path));
        Assert.False(File.Exists(kept));
        Assert.Empty(visit.Problems);
        File.Delete(path);
    }

    [Fact]
    public async Task A_leftover_is_removed_to_quarantine()
    {
        var path = site.Store.AddOrphan();
        await using var visit = await site.VisitAsync("/leftovers?actionable=1");
        await visit.VerdictAsync("/" + Path.GetFileName(path), "Orphan");
        await visit.OpenFindingAsync("/" + Path.GetFileName(path));
        await visit.Button("Remove…").ClickAsync();
        await visit.Dialog().GetByLabel("Reason (required, goes into the audit)").FillAsync("left by a crash");
        await visit.Dialog().Button("Remove it now").ClickAsync();
        await Expect(visit.Dialog().GetByText("is in quarantine").First).ToBeVisibleAsync();
        Assert.False(File.Exists(path));
        await visit.Dialog().Button("Close").Last.ClickAsync();
        await Expect(visit.Dialog()).ToHaveCountAsync(0);
        await Expect(visit.Page.GetByText("No longer present").First).ToBeVisibleAsync();
        Assert.Empty(visit.Problems);

        // What console and agent wrote about each other agrees; a journal without its last act does not.
        using var scratch = new Scratch();
        var export = Path.Join(scratch.Path, "export.jsonl");
        await File.WriteAllBytesAsync(export, await (await visit.Page.APIRequest.GetAsync(new Uri(site.Site.Console.Address, "/audit/export").ToString())).BodyAsync());
        var journal = Path.Join(site.Store.State, "journal.jsonl");
        var agree = await OpsCommand.RunAsync("verify-audit", journal, "--against", export);
        Assert.True(agree.ExitCode == 0 && agree.Output.Contains("agree: ", StringComparison.Ordinal) && !agree.Output.Contains("agree: 0 ", StringComparison.Ordinal), agree.ToString());
        var cut = Path.Join(scratch.Path, "cut.jsonl");
        await File.WriteAllLinesAsync(cut, (await File.ReadAllLinesAsync(journal))[..^1]);
        Assert.Equal(5, (await OpsCommand.RunAsync("verify-audit", cut, "--against", export)).ExitCode);
    }

    [Fact]
    public async Task A_held_lock_has_a_sentence_instead_of_a_button_that_works()
    {
        var path = site.Store.AddHeldLock("bob");
        try
        {
            await using var visit = await site.VisitAsync("/leftovers");
            await visit.VerdictAsync("/bob.lock", "Held");
            await visit.OpenFindingAsync("/bob.lock");
            await Expect(visit.Page.Locator("#why-not")).ToContainTextAsync("Not possible.");
            await Expect(visit.Page.Locator("#why-not")).ToContainTextAsync(new Regex($"{Environment.ProcessId}|living program"));
            await Expect(visit.Button("Break…")).ToBeDisabledAsync();
            Assert.Empty(visit.Problems);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_mailbox_that_is_entered_between_preview_and_act_makes_the_act_a_refusal()
    {
        var path = site.Store.AddStaleLock("carol");
        await using var visit = await site.VisitAsync("/leftovers");
        await visit.VerdictAsync("/carol.lock", "Stale");
        await visit.OpenFindingAsync("/carol.lock");
        await visit.Button("Break…").ClickAsync();
        await visit.Dialog().GetByLabel("Reason (required, goes into the audit)").FillAsync("looked stale to me");
        using (var holder = LockMaker.Start("posix", "write", site.Store.PathOf("carol")))
        {
            await visit.Dialog().Button("Break it now").ClickAsync();
            // The agent refuses when it looks again; or the console does, when the agent has already reported the holder before the click.
            var notice = visit.Dialog().Locator(".notice").First;
            await Expect(notice).ToContainTextAsync("mailbox");
            await Expect(notice).ToContainTextAsync($"{holder.Pid}");
        }

        Assert.True(File.Exists(path));
        await visit.GoAsync("/audit");
        await Expect(visit.Page.Locator(".audit-table tbody > tr").First).ToContainTextAsync("Refused");
        Assert.Empty(visit.Problems);
        File.Delete(path);
    }

    [Fact]
    public async Task Turning_back_from_the_sheet_does_nothing_and_is_audited()
    {
        var path = site.Store.AddStaleLock("warm-up");
        await using var visit = await site.VisitAsync("/leftovers");
        await visit.VerdictAsync("/warm-up.lock", "Stale");
        await visit.OpenFindingAsync("/warm-up.lock");
        await visit.Button("Break…").ClickAsync();
        await Expect(visit.Dialog().Button("Break it now")).ToBeVisibleAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(visit.Dialog()).ToHaveCountAsync(0);
        await Expect(visit.Button("Break…")).ToBeFocusedAsync();
        Assert.True(File.Exists(path));
        await visit.GoAsync("/audit");
        await Expect(visit.Page.Locator(".audit-table tbody > tr").First).ToContainTextAsync("Cancelled");
        Assert.Empty(visit.Problems);
        File.Delete(path);
    }

    [Fact]
    public async Task A_viewer_has_no_button_that_works_and_an_operator_who_loses_the_role_loses_the_page()
    {
        var path = site.Store.AddStaleLock("dora");
        await using var admin = await site.VisitAsync("/");
        await admin.AddUserAsync("victor", "Viewer");
        await admin.AddUserAsync("olga", "Operator");

        await using (var viewer = await site.VisitAsync("/leftovers", "victor"))
        {
            await viewer.VerdictAsync("/dora.lock", "Stale");
            await viewer.OpenFindingAsync("/dora.lock");
            await Expect(viewer.Page.Locator("#why-not")).ToContainTextAsync("Your account is not allowed to do this");
            await Expect(viewer.Button("Break…")).ToBeDisabledAsync();
            // The browser is the viewer's own: what is greyed out there proves nothing yet.
            await viewer.Button("Break…").EvaluateAsync("b => { b.disabled = false; b.removeAttribute('disabled'); b.click(); }");
            foreach (var forbidden in (string[])["/hosts", "/users"])
            {
                await viewer.Page.GotoAsync(forbidden);
                await Expect(viewer.Page).ToHaveURLAsync(new Regex("/denied"));
            }

            Assert.Empty(viewer.Problems);
        }

        // An operator with the sheet open loses the role: the page ends with its session, and the next one is a viewer's.
        await using var once = await site.VisitAsync("/leftovers", "olga");
        once.ConsoleMayBeAway = true; // its connection is cut
        await once.VerdictAsync("/dora.lock", "Stale");
        await once.OpenFindingAsync("/dora.lock");
        await once.Button("Break…").ClickAsync();
        await once.Dialog().GetByLabel("Reason (required, goes into the audit)").FillAsync("I was allowed to a moment ago");
        await admin.SetRoleAsync("olga", "Viewer");
        await Expect(once.Page).ToHaveURLAsync(new Regex("/sign-in"), new() { Timeout = 30_000 });
        await once.SignInAsync("olga");
        await Expect(once.Page.Locator("#why-not")).ToContainTextAsync("Your account is not allowed to do this");
        Assert.True(File.Exists(path));
        Assert.Empty(admin.Problems);
        File.Delete(path);
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}")]
    private static partial Regex OperationId();
}
