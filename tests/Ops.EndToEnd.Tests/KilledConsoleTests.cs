using System.Text.Json;
using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>The console is killed at each step of a break and started again: the act is settled as what happened, never done twice, and console and agent agree about it.</summary>
[Collection(Browsers.Name)]
public sealed class KilledConsoleTests(LinkedSite site) : IClassFixture<LinkedSite>
{
    [Fact]
    public async Task A_break_whose_console_was_killed_before_the_intent_never_happens()
    {
        var path = site.Store.AddStaleLock("alice");
        await using (var visit = await SheetAsync("alice"))
        using (var writer = LockMaker.Start("--wait", "posix", "write", site.DatabaseIndex, "120", "1"))
        {
            // SQLite allows one writer, which holds this byte of the index of its log: no intent can be written before the kill.
            await Wait.Until(() => File.ReadLines("/proc/locks").Any(l => l.Contains($" {writer.Pid} ", StringComparison.Ordinal) && !l.Contains("->", StringComparison.Ordinal)));
            await visit.Dialog().Button("Break it now").ClickAsync();
            site.Console.Stop();
        }

        await using var later = await site.RestartAsync();
        await later.VerdictAsync("/alice.lock", "Stale");
        Assert.Empty(await OutcomesAsync(later, path));
        Assert.Empty(JournalOf(path));
        Assert.True(File.Exists(path));
        await AssertAgreeAsync(later);
    }

    [Fact]
    public async Task A_break_whose_console_was_killed_before_it_asked_the_agent_is_refused_and_not_started()
    {
        var path = site.Store.AddStaleLock("bob");
        await using (var visit = await SheetAsync("bob"))
        {
            site.Link.MuteTarget();
            await visit.Dialog().Button("Break it now").ClickAsync();
            await Wait.Until(async () => (await OutcomesAsync(visit, path)).Count > 0);
            site.Console.Stop();
            site.Link.Cut();
        }

        Assert.Empty(JournalOf(path));
        await using var later = await site.RestartAsync();
        await SettledAsync(later, path, "intent", "unknown", "refused");
        Assert.True(File.Exists(path));
        await AssertAgreeAsync(later);
    }

    [Fact]
    public async Task A_break_whose_console_was_killed_while_the_agent_acted_is_done_once()
    {
        var (path, kept) = (site.Store.AddStaleLock("carol"), Kept());
        await using (var visit = await SheetAsync("carol"))
        {
            await visit.Dialog().Button("Break it now").ClickAsync();
            await Wait.Until(() => !File.Exists(path));
            site.Console.Stop();
            // Only the intent: the agent still watches what becomes of the name.
            Assert.Single(JournalOf(path));
        }

        await AssertDoneOnceAsync("carol", path, kept);
    }

    [Fact]
    public async Task A_break_whose_console_was_killed_after_the_answer_and_before_its_record_is_done_once()
    {
        var (path, kept) = (site.Store.AddStaleLock("dora"), Kept());
        await using (var visit = await SheetAsync("dora"))
        {
            site.Link.MuteClients();
            await visit.Dialog().Button("Break it now").ClickAsync();
            await Wait.Until(() => JournalOf(path).Count == 2);
            site.Console.Stop();
            site.Link.Cut();
        }

        await AssertDoneOnceAsync("dora", path, kept);
    }

    private async Task AssertDoneOnceAsync(string mailbox, string path, int keptBefore)
    {
        await Wait.Until(() => JournalOf(path).Count == 2);
        // A second break would take this one.
        site.Store.AddStaleLock(mailbox);
        await using var later = await site.RestartAsync();
        await SettledAsync(later, path, "intent", "unknown", "done");
        Assert.True(File.Exists(path));
        Assert.Equal(keptBefore + 1, Kept());
        Assert.Equal(2, JournalOf(path).Count);
        await AssertAgreeAsync(later);
    }

    /// <summary>Of the break of a mailbox's lock, with its reason filled in.</summary>
    private async Task<Visit> SheetAsync(string mailbox)
    {
        var visit = await site.VisitAsync();
        await visit.VerdictAsync($"/{mailbox}.lock", "Stale");
        await visit.OpenFindingAsync($"/{mailbox}.lock");
        await visit.Button("Break…").ClickAsync();
        await visit.Dialog().GetByLabel("Reason (required, goes into the audit)").FillAsync("crashed delivery");
        visit.ConsoleMayBeAway = true;
        return visit;
    }

    private async Task SettledAsync(Visit visit, string path, params string[] expected)
    {
        try
        {
            await Wait.Until(async () => (await OutcomesAsync(visit, path)) is [.., not ("intent" or "unknown")], seconds: 60);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{site.Log}", e);
        }

        Assert.Equal(expected, await OutcomesAsync(visit, path));
        Assert.Empty(visit.Problems);
    }

    /// <summary>What the audit says about one file, oldest first.</summary>
    private async Task<IReadOnlyList<string>> OutcomesAsync(Visit visit, string path) =>
        [.. (await ExportAsync(visit)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)
            .Where(e => e.TryGetProperty("path", out var of) && of.GetString() == path).Select(e => e.GetProperty("outcome").GetString()!)];

    private async Task<string> ExportAsync(Visit visit)
    {
        var answer = await visit.Page.APIRequest.GetAsync(new Uri(site.Console.Address, "/audit/export").AbsoluteUri);
        Assert.True(answer.Ok, $"HTTP {answer.Status}");
        return await answer.TextAsync();
    }

    /// <summary>Both chains are intact, and say the same about each operation.</summary>
    private async Task AssertAgreeAsync(Visit visit)
    {
        var export = site.Store.OutsideFile("export.jsonl", await ExportAsync(visit));
        var verified = File.Exists(site.Journal) ? await OpsCommand.RunAsync("verify-audit", site.Journal, "--against", export) : await OpsCommand.RunAsync("verify-audit", export);
        Assert.True(verified.ExitCode == 0, verified.ToString());
        Assert.Empty(visit.Problems);
    }

    private IReadOnlyList<string> JournalOf(string path) =>
        File.Exists(site.Journal) ? [.. File.ReadLines(site.Journal).Where(l => l.Contains($"\"{path}\"", StringComparison.Ordinal))] : [];

    private int Kept() => Directory.Exists(site.Store.Quarantine) ? Directory.GetDirectories(site.Store.Quarantine).Length : 0;
}

/// <summary>A console and its agent, two processes with a link between them, and an administrator.</summary>
public sealed class LinkedSite(BrowserFixture browser) : IAsyncLifetime, IDisposable
{
    private readonly Scratch _data = new();
    private AgentProcess? _agent;

    public MailStore Store { get; } = new("store", "alice", "bob", "carol", "dora");

    public ConsoleProcess Console { get; private set; } = null!;

    public BreakableLink Link { get; private set; } = null!;

    public string Journal => Path.Join(Store.State, "journal.jsonl");

    /// <summary>Of the log of the console's database: holds the locks of its readers and its writer.</summary>
    public string DatabaseIndex => Path.Join(_data.Path, "data", "ops.db-shm");

    public string Log => $"{Console.Log}\n{_agent?.Log}";

    public async Task InitializeAsync()
    {
        // Long enough to kill a console while the agent watches the released name.
        Store.WritePolicy("state", settlePeriod: "00:00:04");
        Console = await ConsoleProcess.StartAsync(_data.Sub("data"), policy: null);
        Link = new BreakableLink(Console.Address);
        await using var visit = await Visit.StartAsync(browser.Chromium, Console.Address);
        await visit.SetUpAsync(await Console.SetupLinkAsync());
        await visit.AliveAsync();
        _agent = AgentProcess.Start(Link.Address, Store.OutsideFile("agent.token", await visit.CreateTokenAsync("mail1")), Store.Policy, "mail1");
        await Expect(visit.HostCard("mail1")).ToContainTextAsync("live", new() { Timeout = 60_000 });
    }

    public async Task DisposeAsync()
    {
        _agent?.Dispose();
        await Link.DisposeAsync();
        await Console.DisposeAsync();
    }

    // After the above: the programs have ended by then.
    public void Dispose()
    {
        Store.Dispose();
        _data.Dispose();
    }

    /// <summary>Starts the console again, and signs in there.</summary>
    public async Task<Visit> RestartAsync()
    {
        await Console.RestartAsync();
        return await VisitAsync();
    }

    /// <summary>A browser of its own, on the list of lock files.</summary>
    public async Task<Visit> VisitAsync()
    {
        var visit = await Visit.StartAsync(browser.Chromium, Console.Address);
        await visit.SignInAsync();
        await visit.AliveAsync();
        await visit.GoAsync("/leftovers");
        return visit;
    }
}
