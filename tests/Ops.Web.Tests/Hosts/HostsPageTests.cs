using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web.Tests.Hosts;

public sealed class HostsPageTests : IAsyncLifetime, IDisposable
{
    private readonly ConsoleFactory _console = new();

    public Task InitializeAsync() => _console.InitializeAsync();

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task Each_hosts_stores_and_what_its_policy_allows_are_shown()
    {
        await _console.UserAsync("anna", OpsRoles.Admin);
        var services = _console.Services;
        var session = new AgentSession(
            new FakeAgent(), "test", isEmbedded: false, services.GetRequiredService<LiveState>(), services.GetRequiredService<AgentDirectory>(), LiveLimits.Default,
            TimeProvider.System, NullLogger<AgentSession>.Instance);
        await session.Hello(Some.Hello() with
        {
            Roots = ["/var/mail", "/srv/mail"],
            Policy = Some.Policy(verbs: ["break", "undo"]) with
            {
                Approvers = new Dictionary<string, int> { ["break"] = 2, ["weaker"] = 1, ["undo"] = 0 },
                WeakerProtocolBelow = ["/srv/mail"],
            },
        });
        await session.Snapshot(Some.Snapshot(1));

        using var visitor = new Visitor(_console.Address);
        using var signedIn = await visitor.SubmitAsync("/sign-in", ("Input.Name", "anna"), ("Input.Password", ConsoleFactory.Password));
        var page = await visitor.OpenAsync("/hosts");

        Assert.Contains("/var/mail, /srv/mail", page.Body!.TextContent, StringComparison.Ordinal);
        Assert.Contains(
            "allows Break, Undo; at most 30 acts a minute; Break only when 2 other people agree; the weaker protocol may be used below /srv/mail when 1 other person agrees",
            page.Body.TextContent, StringComparison.Ordinal);
    }
}
