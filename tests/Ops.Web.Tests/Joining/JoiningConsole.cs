using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Ops.Agent;
using Ops.Data;
using Ops.Web.Live.Joining;
using Ops.Web.Tests.Live;

namespace Ops.Web.Tests.Joining;

/// <summary>A console that agents can join, on real ports, and hosts that do.</summary>
public sealed class JoiningConsole : IAsyncLifetime, IDisposable
{
    private readonly Scratch _scratch = new();
    private int _hosts;

    public ConsoleFactory Console { get; } = new()
    {
        OpensItsOwnPorts = true,
        Settings = [("Ops:AgentListen", $"127.0.0.1:{FreePort()}"), ("urls", "http://127.0.0.1:0")],
    };

    public Uri Endpoint => new($"https://{Console.Services.GetRequiredService<AgentEndpoint>().At}/");

    public Uri Pages => new(Console.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(a => a.StartsWith("http://", StringComparison.Ordinal)));

    public Task InitializeAsync() => Console.InitializeAsync();

    public Task DisposeAsync() => ((IAsyncLifetime)Console).DisposeAsync();

    public void Dispose()
    {
        Console.Dispose();
        _scratch.Dispose();
    }

    /// <summary>A host that has not joined yet; each has an id of its own.</summary>
    public AgentSettings NewHost()
    {
        var name = $"host{Interlocked.Increment(ref _hosts)}";
        var policy = _scratch.Write($"{name}.json", JsonSerializer.Serialize(new { roots = new[] { _scratch.Sub($"{name}.mail") }, stateDirectory = Path.Join(_scratch.Path, $"{name}.state") }));
        return AgentSettings.Load(policy, hostName: name);
    }

    public async Task<(AgentToken Token, JoinToken Text)> InviteAsync()
    {
        var (token, secret) = await Console.Services.GetRequiredService<AgentKeys>().CreateAsync("label", "test");
        return (token, new JoinToken(secret, Console.Services.GetRequiredService<AgentAuthority>().Pin));
    }

    public Task<string?> JoinAsync(AgentSettings host, JoinToken token, Uri? console = null) => AgentIdentity.JoinAsync([console ?? Endpoint], token, host, TimeProvider.System, CancellationToken.None);

    /// <summary>A host that has joined.</summary>
    internal async Task<(AgentToken Token, AgentSettings Host, AgentIdentity Identity)> JoinedAsync()
    {
        var host = NewHost();
        var (token, text) = await InviteAsync();
        Assert.Null(await JoinAsync(host, text));
        return (token, host, AgentIdentity.Load(host.StateDirectory, TimeProvider.System)!);
    }

    // Not port 0: the console names its port to the hosts that join.
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    internal RemoteAgent Agent(System.Security.Cryptography.X509Certificates.X509Certificate2 certificate, AgentIdentity trusting) => new(Endpoint, o =>
    {
        o.ClientCertificates = [certificate];
        o.HttpMessageHandlerFactory = handler =>
        {
            ((HttpClientHandler)handler).ServerCertificateCustomValidationCallback = (_, shown, _, _) => trusting.Trusts(shown);
            return handler;
        };
        o.WebSocketConfiguration = socket => socket.RemoteCertificateValidationCallback = (_, shown, _, _) => trusting.Trusts(shown);
    });
}
