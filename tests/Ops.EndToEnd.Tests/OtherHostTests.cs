using System.Text.Json;
using Microsoft.Playwright;
using Ops.Testing;
using static Microsoft.Playwright.Assertions;

namespace Ops.EndToEnd.Tests;

/// <summary>A console and two agents over one directory: one sees the whole kernel, the other is in a container of namespaces, with a host name, mounts and process numbers of its own.</summary>
[Collection(Browsers.Name)]
public sealed class OtherHostTests(BrowserFixture browser) : IAsyncLifetime, IDisposable
{
    private static readonly LocatorAssertionsToBeVisibleOptions Soon = new() { Timeout = 60_000 };
    private static readonly LocatorAssertionsToContainTextOptions SoonText = new() { Timeout = 60_000 };

    // The store has another name there. Both locks are of one process, with a number that it has in there only.
    private const string Container = """
        echo mx2 > /proc/sys/kernel/hostname
        mount --bind "$1" "$2"
        umask 077
        echo $(($3 - 1)) > /proc/sys/kernel/ns_last_pid
        ( until [ -e "$4" ]; do sleep 0.1; done ) &
        printf '%s:mx2' $! > "$2/dora.lock"; printf '%s:mx2' $! > "$2/emil.lock"
        shift 4
        exec "$@"
        """;

    private readonly MailStore _store = new("shared", "dora", "emil");
    private readonly List<AgentProcess> _agents = [];
    private Site _site = null!;
    private Visit _admin = null!;

    public async Task InitializeAsync()
    {
        if (!Environment.IsPrivilegedProcess)
            return;
        _site = await Site.StartAsync(withAgent: false);
        _admin = await Visit.StartAsync(browser.Chromium, _site.Console.Address);
        await _admin.SetUpAsync(await _site.Console.SetupLinkAsync());
        await _admin.AliveAsync();
    }

    public async Task DisposeAsync()
    {
        if (_admin is not null)
            await _admin.DisposeAsync();
        if (_site is not null)
            await _site.DisposeAsync();
    }

    public void Dispose()
    {
        _agents.ForEach(a => a.Dispose());
        _store.Dispose();
    }

    [RootFact]
    public async Task A_lock_of_a_container_is_refused_while_its_owner_lives_there_stale_after_it_and_refused_again_when_two_hosts_have_that_name()
    {
        var (stop, view) = (Path.Join(_store.Sub("signals"), "stop"), _store.Sub("inside"));
        // Numbers below that are taken in every container, and a process that lives where the lock is found has to be ruled out.
        var free = Enumerable.Range(20_000, 10_000).First(n => !Directory.Exists($"/proc/{n}"));
        await EnrolAsync("mx1", ["unshare", "--uts", "--mount", "sh", "-c", "echo mx1 > /proc/sys/kernel/hostname; exec \"$@\"", "sh"]);
        await EnrolAsync("mx2", ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--uts", "sh", "-c", Container, "sh", _store.Root, view, $"{free}", stop], root: view);

        await _admin.GoAsync("/leftovers");
        await VerdictAsync("dora", "Refused");
        await _admin.OpenFindingAsync("/shared/dora.lock");
        await Expect(_admin.Page.GetByText("on mx2 is alive").First).ToBeVisibleAsync(Soon);
        await Expect(_admin.Page.GetByText("agent of mx2").First).ToBeVisibleAsync();

        await File.WriteAllTextAsync(stop, "");
        await Expect(_admin.Page.Locator(".detail-title")).ToContainTextAsync("Stale", SoonText);
        await Expect(_admin.Page.GetByText("Does the named process run on the host that it names?").First).ToBeAttachedAsync();
        await _admin.Button("Break…").ClickAsync();
        await _admin.Dialog().GetByLabel("Reason (required, goes into the audit)").FillAsync("its container lost it");
        await _admin.Dialog().Button("Break it now").ClickAsync();
        await Expect(_admin.Dialog().GetByText("was taken over and released").First).ToBeVisibleAsync(Soon);
        Assert.False(File.Exists(_store.PathOf("dora.lock")));

        await _admin.GoAsync("/leftovers");
        await VerdictAsync("emil", "Stale");
        await EnrolAsync("mx2", [], _store.Sub("elsewhere"), state: "third", isShown: false);
        await _admin.GoAsync("/leftovers");
        await VerdictAsync("emil", "Refused");
        await Expect(_admin.Page.GetByText("Two hosts report the name mx2.").First).ToBeVisibleAsync(Soon);
        await _admin.OpenFindingAsync("/shared/emil.lock");
        await Expect(_admin.Page.GetByText("2 hosts report the name mx2").First).ToBeVisibleAsync(Soon);
        Assert.True(File.Exists(_store.PathOf("emil.lock")));
        Assert.Empty(_admin.Problems);
    }

    /// <param name="under">What runs the agent; nothing: it runs as it is.</param>
    private async Task EnrolAsync(string host, string[] under, string? root = null, string? state = null, bool isShown = true)
    {
        var policy = _store.OutsideFile($"{state ?? host}.json", JsonSerializer.Serialize(new
        {
            roots = new[] { root ?? _store.Root },
            gracePeriod = "00:00:01",
            settlePeriod = "00:00:00.2",
            stateDirectory = _store.Sub($"state-{state ?? host}"),
        }));
        var token = await _admin.CreateTokenAsync(isShown ? host : $"{host} again");
        var tokenFile = _store.OutsideFile($"{state ?? host}.token", token);
        var (program, arguments) = Built.Launch(Built.CommandLine, ["agent", "--console", _site.Console.Address.AbsoluteUri, "--token-file", tokenFile, "--policy", policy, "--host-name", host]);
        string[] command = [.. under, program, .. arguments];
        _agents.Add(new AgentProcess(ChildProcess.StartProgram(command[0], command[1..], name: host)));
        if (isShown)
            await Expect(_admin.HostCard(host)).ToContainTextAsync("live", SoonText);
    }

    private async Task VerdictAsync(string mailbox, string verdict)
    {
        try
        {
            await _admin.VerdictAsync($"/shared/{mailbox}.lock", verdict);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{string.Join('\n', _agents.Select(a => a.Log))}\n{_site.Console.Log}", e);
        }
    }
}
