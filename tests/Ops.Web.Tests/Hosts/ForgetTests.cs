using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Data;
using Ops.Web.Features.Hosts;
using Ops.Web.Live;

namespace Ops.Web.Tests.Hosts;

public sealed class ForgetTests : IAsyncLifetime, IDisposable
{
    private readonly ConsoleFactory _console = new();

    private T Of<T>()
        where T : notnull => _console.Services.GetRequiredService<T>();

    public Task InitializeAsync() => _console.InitializeAsync();

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task A_host_is_forgotten_when_its_agent_is_gone_and_no_token_is_good_for_it()
    {
        var (admin, viewer) = (await _console.UserAsync("anna", OpsRoles.Admin), await _console.UserAsync("vera", OpsRoles.Viewer));
        var session = new AgentSession(new FakeAgent(), "test", isEmbedded: false, Of<LiveState>(), Of<AgentDirectory>(), LiveLimits.Default, TimeProvider.System, NullLogger<AgentSession>.Instance);
        await session.Hello(Some.Hello());
        await session.Snapshot(Some.Snapshot(1, Some.Finding("alice.lock", "stale")));
        await Of<KnownHosts>().SeenAsync("host-1", "mail1", "0.1.0", Guid.Empty);
        Assert.Null(await Of<ActRules>().AddGroupAsync("Relays", "anna"));
        Assert.Null(await Of<ActRules>().PutHostAsync("host-1", "mail1", (await Of<ActRules>().NowAsync()).Groups[1].Id, "anna"));
        var (token, _) = await Of<AgentTokens>().CreateAsync("mail1", "anna");
        Assert.True(await Of<AgentTokens>().BindAsync(token.Id, "host-1"));
        var command = Of<HostsCommand>();

        Assert.Contains("administrators", await command.ForgetAsync(viewer, "host-1"), StringComparison.Ordinal);
        Assert.Contains("connected", await command.ForgetAsync(admin, "host-1"), StringComparison.Ordinal);
        session.End("The agent ended the connection.");
        Assert.Contains("token", await command.ForgetAsync(admin, "host-1"), StringComparison.Ordinal);
        Assert.NotNull(Of<LiveState>().Current.Host("host-1"));
        Assert.DoesNotContain(await _console.AuditAsync(), e => e.Action == AuditActions.HostForgotten);

        Assert.Null(await command.RevokeAsync(admin, token.Id));
        Assert.Null(await command.ForgetAsync(admin, "host-1"));
        Assert.Null(Of<LiveState>().Current.Host("host-1"));
        Assert.Empty(Of<LiveState>().Current.Files);
        Assert.Empty(await Of<KnownHosts>().ListAsync());
        Assert.Empty((await Of<ActRules>().NowAsync()).Members);
        Assert.Single(await _console.AuditAsync(), e => e is { Action: AuditActions.HostForgotten, Actor: "anna", Host: "mail1" });
        Assert.NotNull(await command.ForgetAsync(admin, "host-1"));
    }
}
