using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>Three consoles over one PostgreSQL database and two agents that know all three: five programs, each of them ours to kill.</summary>
[Collection(Browsers.Name)]
[Trait("Needs", "PostgreSQL")]
public sealed class FleetTests(BrowserFixture browser) : IAsyncLifetime, IDisposable
{
    private static readonly LocatorAssertionsToContainTextOptions SoonText = new() { Timeout = 60_000 };
    private static readonly LocatorAssertionsToBeVisibleOptions Soon = new() { Timeout = 60_000 };
    private readonly Scratch _data = new();
    private readonly MailStore[] _stores = [new("first", "alice"), new("second", "dora")];
    private readonly List<AgentProcess> _agents = [];
    private readonly List<Visit> _visits = [];
    private ConsoleProcess[] _consoles = [];

    public async Task InitializeAsync()
    {
        if (PostgresFactAttribute.Server is not { } server)
            return;
        var database = $"{server};Database=fleet_{Guid.NewGuid():N}";
        // All at once, on a database that is not there yet.
        _consoles = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => ConsoleProcess.StartAsync(
            _data.Sub($"console{i}"), policy: null, port: null, "--Ops:Database", "Postgres", "--Ops:ConnectionString", database, "--Ops:Fleet", "true",
            "--Ops:Cluster:Port", ConsoleProcess.FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture))));
        foreach (var console in _consoles)
            _visits.Add(await Visit.StartAsync(browser.Chromium, console.Address));
        // The link of any of them.
        await _visits[1].SetUpAsync(await _consoles[1].SetupLinkAsync());
        foreach (var (store, host) in _stores.Zip(["mail1", "mail2"]))
        {
            var token = await _visits[1].CreateTokenAsync(host);
            _agents.Add(AgentProcess.Start(_consoles.Select(c => c.Address), store.OutsideFile($"{host}.token", token), store.Policy, host));
        }
        foreach (var visit in new[] { _visits[0], _visits[2] })
        {
            await visit.SignInAsync();
            await visit.AliveAsync();
        }
        foreach (var visit in _visits)
            await AllLiveAsync(visit);
    }

    public async Task DisposeAsync()
    {
        foreach (var visit in _visits)
            await visit.DisposeAsync();
        foreach (var agent in _agents)
            agent.Dispose();
        foreach (var console in _consoles)
            await console.DisposeAsync();
    }

    // After the above: the programs have ended by then.
    public void Dispose()
    {
        foreach (var store in _stores)
            store.Dispose();
        _data.Dispose();
    }

    [PostgresFact]
    public async Task Each_console_shows_all_hosts_and_breaks_through_the_console_that_has_the_agent()
    {
        // Signed in at one console, known to every other.
        await _visits[1].Page.GotoAsync(new Uri(_consoles[2].Address, "/hosts").AbsoluteUri);
        await Expect(_visits[1].HostCard("mail1")).ToContainTextAsync("live", SoonText);

        var path = _stores[1].AddStaleLock("dora");
        var at = IndexOfConsoleOf(_agents[1]);
        var elsewhere = _visits[(at + 1) % 3];
        await elsewhere.GoAsync("/leftovers");
        await SaysAsync(() => elsewhere.VerdictAsync("/second/dora.lock", "Stale"));
        await elsewhere.OpenFindingAsync("/second/dora.lock");
        await elsewhere.Button("Break…").ClickAsync();
        await elsewhere.Dialog().GetByLabel("Reason (required, goes into the audit)").FillAsync("crashed on mail2");
        await elsewhere.Dialog().Button("Break it now").ClickAsync();
        await SaysAsync(() => Expect(elsewhere.Dialog().GetByText("was taken over and released").First).ToBeVisibleAsync(Soon));
        Assert.False(File.Exists(path));
        Assert.Contains("crashed on mail2", await File.ReadAllTextAsync(Path.Join(_stores[1].State, "journal.jsonl")), StringComparison.Ordinal);

        // A third console reads it in the one audit, whose chain is whole.
        var third = _visits[(at + 2) % 3];
        await third.GoAsync("/audit");
        await Expect(third.Page.Locator(".audit-table tbody > tr").First).ToContainTextAsync("on mail2");
        await Expect(third.Page.Locator(".audit-table")).Not.ToContainTextAsync("Anchor mismatch");
        Assert.Empty(elsewhere.Problems);
        Assert.Empty(third.Problems);
    }

    [PostgresFact]
    public async Task The_agents_of_a_killed_console_are_live_on_the_others_and_nothing_that_they_reported_is_lost()
    {
        _stores[0].AddStaleLock("alice");
        var at = IndexOfConsoleOf(_agents[0]);
        _visits[at].ConsoleMayBeAway = true;
        _consoles[at].Stop();
        _stores[0].AddMailbox("emil");
        _stores[0].AddStaleLock("emil");
        foreach (var visit in _visits.Where((_, i) => i != at))
        {
            await visit.GoAsync("/hosts");
            await SaysAsync(() => Expect(visit.HostCard("mail1")).ToContainTextAsync("live", SoonText));
            await visit.GoAsync("/leftovers");
            await SaysAsync(() => visit.VerdictAsync("/first/alice.lock", "Stale"));
            await SaysAsync(() => visit.VerdictAsync("/first/emil.lock", "Stale"));
            Assert.Empty(visit.Problems);
        }

        // It comes back as another run, takes its place, and learns what the others know.
        await _consoles[at].RestartAsync();
        await using var later = await Visit.StartAsync(browser.Chromium, _consoles[at].Address);
        await later.SignInAsync();
        await later.AliveAsync();
        await later.GoAsync("/leftovers");
        await SaysAsync(() => later.VerdictAsync("/first/emil.lock", "Stale"));
        await AllLiveAsync(later);
        Assert.Empty(later.Problems);
    }

    [PostgresFact]
    public async Task A_browser_stays_at_one_console_behind_the_balancer_and_is_still_signed_in_at_another_when_that_one_dies()
    {
        var port = ConsoleProcess.FreePort();
        var addresses = _consoles.Select((c, i) => KeyValuePair.Create($"OPS_CONSOLE_{i + 1}", c.Address.Authority)).Append(new("OPS_BALANCER_BIND", $"127.0.0.1:{port}"));
        using var balancer = ChildProcess.StartProgram("/usr/sbin/haproxy", ["-db", "-f", InRepository("build/fleet/haproxy.cfg")], new Dictionary<string, string>(addresses), "haproxy");
        await using var visit = await Visit.StartAsync(browser.Chromium, new Uri($"http://127.0.0.1:{port}"));
        await Wait.Until(() => CanConnect(port) || balancer.HasEnded);
        Assert.False(balancer.HasEnded, balancer.Log);

        await visit.SignInAsync();
        await visit.AliveAsync();
        var at = await ConsoleOfAsync(visit);
        await visit.GoAsync("/hosts");
        Assert.Equal(at, await ConsoleOfAsync(visit));

        // The page is left first: whether an open one notices is another test's question.
        visit.ConsoleMayBeAway = true;
        await visit.Page.GotoAsync("about:blank");
        _consoles[at].Stop();
        await visit.GoAsync("/hosts");
        await Expect(visit.HostCard("mail1")).ToContainTextAsync("live", SoonText);
        Assert.NotEqual(at, await ConsoleOfAsync(visit));
        Assert.Empty(visit.Problems);
    }

    [PostgresFact]
    public async Task A_token_that_is_revoked_on_one_console_ends_the_connection_to_another()
    {
        var at = IndexOfConsoleOf(_agents[1]);
        var elsewhere = _visits[(at + 1) % 3];
        await elsewhere.GoAsync("/hosts");
        await elsewhere.Button("Revoke the token of mail2").ClickAsync();
        await SaysAsync(() => Expect(elsewhere.HostCard("mail2")).ToContainTextAsync("lost", SoonText));
        await _agents[1].SaysAsync("refuses this agent's token", TimeSpan.FromSeconds(60));
        await Expect(elsewhere.HostCard("mail1")).ToContainTextAsync("live");
        Assert.Empty(elsewhere.Problems);
    }

    private async Task AllLiveAsync(Visit visit)
    {
        await visit.GoAsync("/hosts");
        foreach (var host in new[] { "mail1", "mail2" })
            await SaysAsync(() => Expect(visit.HostCard(host)).ToContainTextAsync("live", SoonText));
    }

    /// <summary>Which of the consoles the balancer has given a browser to.</summary>
    private static async Task<int> ConsoleOfAsync(Visit visit) =>
        int.Parse((await visit.Page.Context.CookiesAsync()).Single(c => c.Name == "ops-console").Value, System.Globalization.CultureInfo.InvariantCulture) - 1;

    private static string InRepository(string path, [System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Join(Path.GetDirectoryName(here), "../..", path));

    private static bool CanConnect(int port)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            client.Connect(System.Net.IPAddress.Loopback, port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    /// <summary>Which of the consoles the agent is connected to, by its own log.</summary>
    private int IndexOfConsoleOf(AgentProcess agent)
    {
        var address = Regex.Matches(agent.Log, "Connected to (\\S+) as").Last().Groups[1].Value;
        return Array.FindIndex(_consoles, c => c.Address.AbsoluteUri == address);
    }

    /// <summary>When something does not come, what the programs said is worth more than what is on the page.</summary>
    private async Task SaysAsync(Func<Task> expect)
    {
        try
        {
            await expect();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{string.Join('\n', _consoles.Select(c => c.Log))}\n{string.Join('\n', _agents.Select(a => a.Log))}", e);
        }
    }
}
