using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.Hosts;
using Ops.Web.Live;

namespace Ops.Web.Tests.Live;

/// <summary>What an agent may call itself: an enrolled one must not pass for another host.</summary>
public sealed class HostNameTests : IAsyncLifetime, IDisposable
{
    private readonly ConsoleFactory _console = new();

    private LiveState Live => _console.Services.GetRequiredService<LiveState>();

    public Task InitializeAsync() => _console.InitializeAsync();

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("two words")]
    [InlineData("../mail1")]
    [InlineData("a/b")]
    [InlineData("tab\t")]
    [InlineData("mаil1")] // the second letter is Cyrillic
    public async Task A_host_id_of_another_form_is_refused(string id)
    {
        await using var agent = await ConnectAsync("form");
        var refused = await Assert.ThrowsAsync<HubException>(() => agent.TellAsync(nameof(IAgentHub.Hello), Some.Hello(id, "mail1")));
        Assert.Contains("host id", refused.Message, StringComparison.Ordinal);
        await agent.Closed;
        Assert.Empty(Live.Current.Hosts);
        Assert.All(await _console.Services.GetRequiredService<AgentTokens>().ListAsync(), t => Assert.Null(t.HostId));
    }

    [Fact]
    public async Task A_host_id_longer_than_any_is_refused()
    {
        await using var agent = await ConnectAsync("long");
        await Assert.ThrowsAsync<HubException>(() => agent.TellAsync(nameof(IAgentHub.Hello), Some.Hello(new string('a', 129), "mail1")));
        await agent.Closed;
        Assert.Empty(Live.Current.Hosts);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("mail1\n")]
    [InlineData("mail1\u202egpj")]
    [InlineData("ｍａｉｌ１")]
    [InlineData("mаil1")] // the second letter is Cyrillic
    public async Task A_host_name_that_is_not_printable_ASCII_is_refused(string name)
    {
        await using var agent = await ConnectAsync("form");
        var refused = await Assert.ThrowsAsync<HubException>(() => agent.TellAsync(nameof(IAgentHub.Hello), Some.Hello("host-1", name)));
        Assert.Contains("host name", refused.Message, StringComparison.Ordinal);
        await agent.Closed;
        Assert.Empty(Live.Current.Hosts);
    }

    [Theory]
    [InlineData("mail1")]
    [InlineData("MAIL1")]
    [InlineData(" mail1 ")]
    public async Task A_second_host_of_a_known_name_is_shown_with_the_label_of_its_token_and_raises_an_alarm(string name)
    {
        await using var first = await HelloAsync("genuine", "host-1", "mail1");
        await using var second = await HelloAsync("spare", "host-2", name);

        Assert.Equal(("mail1", $"{name} (token spare)"), (NameOf("host-1"), NameOf("host-2")));
        var alarm = Assert.Single(Live.Current.Alerts);
        Assert.Contains("mail1", alarm, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("spare", alarm, StringComparison.Ordinal);
        Assert.Contains(await _console.AuditAsync(), e => e is { Action: AuditActions.HostNameTaken, Actor: "agent" } && e.Host == $"{name} (token spare)");
        // Its findings go under the name that is shown, so that no act and no entry of the audit is about the other host.
        await second.TellAsync(nameof(IAgentHub.Snapshot), Some.Snapshot(1, Some.Finding("a", host: name)));
        Assert.Equal($"{name} (token spare)", Live.Current.Find("host-2", "a")!.Finding.Host);
    }

    [Fact]
    public async Task Two_tokens_with_one_label_and_one_name_are_still_distinguished()
    {
        await using var first = await HelloAsync("mail1", "host-1", "mail1");
        await using var second = await HelloAsync("mail1", "host-2", "mail1");
        await using var third = await HelloAsync("mail1", "host-3", "mail1");

        Assert.Equal(["mail1", "mail1 (token mail1)", "mail1 (token mail1, id host-3)"], Live.Current.Hosts.Select(h => h.Status.HostName));
    }

    [Fact]
    public async Task A_host_that_was_there_first_keeps_its_name_over_a_restart_and_while_it_is_lost()
    {
        await _console.Services.GetRequiredService<KnownHosts>().SeenAsync("host-1", "mail1", "0.1.0", Guid.Empty);
        Live.SetStatus(new("host-1", "mail1", "", false, HostConnection.Lost, "gone", "0.1.0", Guid.Empty, true, [], [], [], new Dictionary<string, double>(), default, default));

        await using var other = await HelloAsync("spare", "host-2", "mail1");
        await using var first = await HelloAsync("genuine", "host-1", "mail1");
        Assert.Equal(("mail1", "mail1 (token spare)"), (NameOf("host-1"), NameOf("host-2")));
    }

    [Fact]
    public async Task The_alarm_ends_when_one_of_the_two_is_forgotten()
    {
        var admin = await _console.UserAsync("forgetter", OpsRoles.Admin);
        await using var first = await HelloAsync("genuine", "host-1", "mail1");
        var second = await HelloAsync("spare", "host-2", "mail1");
        await _console.Services.GetRequiredService<KnownHosts>().SeenAsync("host-2", "mail1 (token spare)", "0.1.0", Guid.Empty);
        var hosts = _console.Services.GetRequiredService<HostsCommand>();
        Assert.Null(await hosts.RevokeAsync(admin, (await hosts.ListAsync()).Single(t => t.HostLabel == "spare").Id));
        await second.Closed;
        await Wait.Until(() => Live.Current.Host("host-2")!.Status.Connection == HostConnection.Lost);
        await second.DisposeAsync();

        Assert.Null(await hosts.ForgetAsync(admin, "host-2"));
        Assert.Empty(Live.Current.Alerts);
    }

    [Fact]
    public async Task A_known_host_that_calls_itself_something_else_is_written_down()
    {
        await (await HelloAsync("genuine", "host-1", "mail1")).DisposeAsync();
        await Wait.Until(() => Live.Current.Host("host-1")!.Status.Connection == HostConnection.Lost);
        await using var again = await HelloAsync(null, "host-1", "mail9");

        Assert.Equal("mail9", NameOf("host-1"));
        Assert.Contains(await _console.AuditAsync(), e => e is { Action: AuditActions.HostRenamed, Host: "mail9" } && e.Outcome!.Contains("mail1", StringComparison.Ordinal));
    }

    private string? _lastToken;

    private string NameOf(string hostId) => Live.Current.Host(hostId)!.Status.HostName;

    private async Task<RemoteAgent> HelloAsync(string? label, string hostId, string name)
    {
        var agent = await ConnectAsync(label);
        await agent.TellAsync(nameof(IAgentHub.Hello), Some.Hello(hostId, name));
        return agent;
    }

    private async Task<RemoteAgent> ConnectAsync(string? label)
    {
        _lastToken = label is null ? _lastToken : (await _console.Services.GetRequiredService<AgentTokens>().CreateAsync(label, "test")).Plain;
        var agent = new RemoteAgent(_console.Address, _lastToken);
        await agent.ConnectAsync();
        return agent;
    }
}
