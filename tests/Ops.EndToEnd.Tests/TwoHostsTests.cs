using Microsoft.Playwright;
using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>A console with its own agent inside and a remote one: three programs, two of them ours to kill.</summary>
[Collection(Browsers.Name)]
public sealed class TwoHostsTests(BrowserFixture browser) : IAsyncLifetime, IDisposable
{
    private static readonly LocatorAssertionsToBeVisibleOptions Soon = new() { Timeout = 60_000 };
    private static readonly LocatorAssertionsToContainTextOptions SoonText = new() { Timeout = 60_000 };
    private const string Refuses = "refuses this agent's token";
    private readonly MailStore _remote = new("remote", "dora", "emil");
    private Site _site = null!;
    private Visit _admin = null!;

    public async Task InitializeAsync()
    {
        _site = await Site.StartAsync(mailboxes: ["alice"]);
        _admin = await Visit.StartAsync(browser.Chromium, _site.Console.Address);
        await _admin.SetUpAsync(await _site.Console.SetupLinkAsync());
        await _admin.AliveAsync();
    }

    public async Task DisposeAsync()
    {
        await _admin.DisposeAsync();
        await _site.DisposeAsync();
    }

    // After the above: its agent has ended by then.
    public void Dispose() => _remote.Dispose();

    [Fact]
    public async Task A_second_host_shows_under_its_own_name_and_a_break_goes_through_its_agent()
    {
        using var agent = await EnrolAsync("mail2");
        await _admin.GoAsync("/leftovers");
        // Made after the page was opened: it comes by push, through the remote agent.
        var path = _remote.AddStaleLock("dora");
        await RemoteStaleAsync(agent, "dora");
        await _admin.OpenFindingAsync("/remote/dora.lock");
        await Expect(_admin.Page.GetByText("Dot lock on mail2")).ToBeVisibleAsync();
        await _admin.Button("Break…").ClickAsync();
        await _admin.Dialog().GetByLabel("Reason (required, goes into the audit)").FillAsync("crashed on mail2");
        await _admin.Dialog().Button("Break it now").ClickAsync();
        await Expect(_admin.Dialog().GetByText("was taken over and released").First).ToBeVisibleAsync(Soon);
        Assert.False(File.Exists(path));
        // The remote agent's own journal has it, not that of the agent inside the console.
        Assert.Contains("crashed on mail2", await File.ReadAllTextAsync(Path.Join(_remote.State, "journal.jsonl")), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Join(_site.Store.State, "journal.jsonl")));

        await _admin.GoAsync("/audit");
        var newest = _admin.Page.Locator(".audit-table tbody > tr").First;
        await Expect(newest).ToContainTextAsync("on mail2");
        await Expect(newest).ToContainTextAsync("done");
        Assert.Empty(_admin.Problems);
    }

    [Fact]
    public async Task Findings_of_two_hosts_are_separated_by_the_host_filter()
    {
        using var agent = await EnrolAsync("mail2");
        _site.Store.AddStaleLock("alice");
        _remote.AddStaleLock("dora");
        await _admin.GoAsync("/leftovers");
        await _admin.VerdictAsync("/store/alice.lock", "Stale");
        await RemoteStaleAsync(agent, "dora");
        await _admin.ChooseAsync("Host", "mail2");
        await Expect(_admin.Row("/store/alice.lock")).ToHaveCountAsync(0);
        await Expect(_admin.Row("/remote/dora.lock")).ToBeVisibleAsync();
        Assert.Empty(_admin.Problems);
    }

    [Fact]
    public async Task A_wrong_token_is_refused_and_a_revoked_one_ends_the_connection()
    {
        using (var wrong = AgentProcess.Start(_site.Console.Address, _remote.OutsideFile("wrong.token", "opsa_" + new string('A', 43)), _remote.Policy, "mail3"))
        {
            await wrong.SaysAsync(Refuses, TimeSpan.FromSeconds(60));
            await _admin.GoAsync("/hosts");
            await Expect(_admin.Page.GetByRole(AriaRole.Heading, new() { Name = "mail3" })).ToHaveCountAsync(0);
        }

        using var agent = await EnrolAsync("mail2");
        await _admin.GoAsync("/hosts");
        await _admin.Button("Revoke the token of mail2").ClickAsync();
        await Expect(_admin.HostCard("mail2")).ToContainTextAsync("lost", SoonText);
        await agent.SaysAsync(Refuses, TimeSpan.FromSeconds(60));

        // It goes on trying with the same token, and is not let in again.
        await Task.Delay(TimeSpan.FromSeconds(5));
        await Expect(_admin.HostCard("mail2")).ToContainTextAsync("lost");
        Assert.Empty(_admin.Problems);
    }

    [Fact]
    public async Task After_a_restart_of_the_console_the_agent_comes_back_and_the_state_is_right_again()
    {
        using var agent = await EnrolAsync("mail2");
        var gone = _remote.AddStaleLock("dora");
        await _admin.GoAsync("/leftovers");
        await RemoteStaleAsync(agent, "dora");
        _admin.ConsoleMayBeAway = true;
        _site.Console.Stop();
        // What changes while nobody looks.
        File.Delete(gone);
        _remote.AddStaleLock("emil");
        await _site.Console.RestartAsync();

        await using var later = await Visit.StartAsync(browser.Chromium, _site.Console.Address);
        await later.SignInAsync();
        await later.AliveAsync();
        await later.GoAsync("/leftovers");
        await Expect(later.Row("/remote/emil.lock")).ToBeVisibleAsync(Soon);
        await Expect(later.Row("/remote/dora.lock")).ToHaveCountAsync(0);

        // The page that was open all the time finds its way back, too.
        await Expect(_admin.Row("/remote/emil.lock")).ToBeVisibleAsync(Soon);
        await Expect(_admin.Row("/remote/dora.lock")).ToHaveCountAsync(0);
        Assert.Empty(later.Problems);
    }

    [Fact]
    public async Task The_host_of_a_killed_agent_is_lost_not_quiet_and_nothing_can_be_broken_there()
    {
        using var agent = await EnrolAsync("mail2");
        _remote.AddStaleLock("dora");
        await _admin.GoAsync("/leftovers");
        await RemoteStaleAsync(agent, "dora");
        agent.Kill();
        await _admin.GoAsync("/");
        await Expect(_admin.Page.GetByRole(AriaRole.List, new() { Name = "Hosts" }).GetByRole(AriaRole.Listitem).Filter(new() { HasText = "mail2" }))
            .ToContainTextAsync("lost", SoonText);

        await _admin.OpenFindingAsync("/remote/dora.lock");
        var act = _admin.Button("Break…");
        if (await act.IsEnabledAsync())
        {
            await act.ClickAsync();
            await Expect(_admin.Dialog().GetByText("The agent of mail2 is not connected").First).ToBeVisibleAsync();
        }
        else
        {
            await Expect(_admin.Page.Locator("#why-not")).ToContainTextAsync("mail2");
        }

        Assert.True(File.Exists(_remote.PathOf("dora.lock")));
        Assert.Empty(_admin.Problems);
    }

    /// <summary>As an administrator does it: makes a token on the Hosts page, puts it into a file, starts the agent.</summary>
    private async Task<AgentProcess> EnrolAsync(string host)
    {
        var token = await _admin.CreateTokenAsync(host);
        var agent = AgentProcess.Start(_site.Console.Address, _remote.OutsideFile($"{host}.token", token), _remote.Policy, host);
        try
        {
            await Expect(_admin.HostCard(host)).ToContainTextAsync("live", SoonText);
            return agent;
        }
        catch (Exception e)
        {
            agent.Dispose();
            throw new InvalidOperationException($"{e.Message}\n{agent.Log}\n{_site.Console.Log}", e);
        }
    }

    /// <summary>Waits for the finding; when it does not come, what both programs said is worth more than what is on the page.</summary>
    private async Task RemoteStaleAsync(AgentProcess agent, string mailbox)
    {
        try
        {
            await _admin.VerdictAsync($"/remote/{mailbox}.lock", "Stale");
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{agent.Log}\n{_site.Console.Log}", e);
        }
    }
}
