using System.Globalization;
using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>A host joins a console, each a program of its own; the administrator works with the pages.</summary>
[Collection(Browsers.Name)]
public sealed class JoinTests(BrowserFixture browser) : IDisposable
{
    private static readonly Microsoft.Playwright.LocatorAssertionsToContainTextOptions Soon = new() { Timeout = 60_000 };
    private static readonly TimeSpan SoonTime = TimeSpan.FromSeconds(60);
    private readonly MailStore _store = new("remote", "dora");
    private readonly Scratch _data = new();

    public void Dispose()
    {
        _store.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task A_host_joins_by_one_command_gets_a_new_key_when_asked_and_is_cut_off_when_revoked()
    {
        var port = ConsoleProcess.FreePort().ToString(CultureInfo.InvariantCulture);
        await using var console = await ConsoleProcess.StartAsync(_data.Sub("data"), policy: null, port: null, "--Ops:AgentListen", $"127.0.0.1:{port}");
        await using var admin = await Visit.StartAsync(browser.Chromium, console.Address);
        await admin.SetUpAsync(await console.SetupLinkAsync());
        var token = await admin.CreateTokenAsync("mail2");
        await Expect(admin.Page.Locator("#new-token")).ToContainTextAsync($"ops agent join https://127.0.0.1:{port} --token-file");
        var file = _store.OutsideFile("join.token", token);
        string[] join = ["agent", "join", $"https://127.0.0.1:{port}", "--token-file", file, "--policy", _store.Policy];

        var joined = await OpsCommand.RunAsync(join);
        Assert.True(joined.ExitCode == 0, $"{joined}\n{console.Log}");
        var again = await OpsCommand.RunAsync(join);
        Assert.True(again.ExitCode == 2 && again.Errors.Contains("good once", StringComparison.Ordinal), again.ToString());

        using var agent = ChildProcess.Start(Built.CommandLine, ["agent", "--policy", _store.Policy, "--host-name", "mail2"]);
        await agent.LineAsync("Connected to", SoonTime);
        await admin.GoAsync("/hosts");
        await Expect(admin.HostCard("mail2")).ToContainTextAsync("live", Soon);

        await admin.Page.GetByLabel("New key for mail2").ClickAsync();
        await agent.LineAsync("This agent has a new key", SoonTime);
        await Wait.Until(() => agent.Log.Split("Connected to").Length == 3, 60);
        await Expect(admin.HostCard("mail2")).ToContainTextAsync("live", Soon);

        await admin.GoAsync("/hosts");
        await admin.Page.GetByLabel("Revoke the token of mail2").ClickAsync();
        await Expect(admin.HostCard("mail2")).ToContainTextAsync("lost", Soon);
        await agent.LineAsync("refuses this agent's certificate", SoonTime);
        Assert.Empty(admin.Problems);
    }
}
