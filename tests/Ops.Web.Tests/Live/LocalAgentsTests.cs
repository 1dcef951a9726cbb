using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Agent;
using Ops.Web.Live;

namespace Ops.Web.Tests.Live;

/// <summary>The socket of this machine's own agent, on a real console with a real agent.</summary>
[SupportedOSPlatform("linux")]
public sealed class LocalAgentsTests
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_agent_of_this_machine_joins_without_a_token_and_the_socket_is_the_owners_alone()
    {
        await using var console = new Site();
        await console.Console.InitializeAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(console.Path));

        var settings = new AgentSettings { Policy = new(), Roots = [], StateDirectory = console.State, HostName = "mail1" };
        using var engine = new AgentEngine(settings, TimeProvider.System, NullLogger<AgentEngine>.Instance);
        using var stop = new CancellationTokenSource();
        var uplink = new Uplink(engine, settings, new UplinkOptions([new Uri("unix:" + console.Path)], _ => throw new InvalidOperationException("A token was asked for.")), TimeProvider.System, NullLogger<Uplink>.Instance);
        var running = uplink.RunAsync(stop.Token);
        var live = console.Console.Services.GetRequiredService<LiveState>();
        await Wait.Until(() => live.Current.Host(settings.HostId) is { Status: { Connection: HostConnection.Live, Origin: LocalAgents.Origin } });

        // A token must not take the host from it.
        await using var thief = new RemoteAgent(console.Pages, await TokenAsync(console.Console));
        await thief.ConnectAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => thief.TellAsync(nameof(IAgentHub.Hello), Some.Hello(settings.HostId)));
        Assert.Equal(LocalAgents.Origin, live.Current.Host(settings.HostId)!.Status.Origin);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_user_who_may_not_speak_for_the_host_is_refused_at_the_socket_and_no_page_is_behind_it()
    {
        await using var console = new Site(mayJoin: false);
        await console.Console.InitializeAsync();
        using var http = console.Through();
        using var negotiation = await http.PostAsync("hubs/agent/negotiate?negotiateVersion=1", null);
        Assert.Equal(HttpStatusCode.Unauthorized, negotiation.StatusCode);
        // Nor with a token that is good at the port.
        http.DefaultRequestHeaders.Authorization = new("Bearer", await TokenAsync(console.Console));
        using var withToken = await http.PostAsync("hubs/agent/negotiate?negotiateVersion=1", null);
        Assert.Equal(HttpStatusCode.Unauthorized, withToken.StatusCode);
        using var page = await http.GetAsync("sign-in");
        Assert.Equal(HttpStatusCode.NotFound, page.StatusCode);
        // The same pages by the port.
        using var visitor = new HttpClient { BaseAddress = console.Pages };
        using var same = await visitor.GetAsync("sign-in");
        Assert.Equal(HttpStatusCode.OK, same.StatusCode);
    }

    [Fact]
    public async Task Who_may_join_finds_the_hub_and_nothing_else_behind_the_socket()
    {
        await using var console = new Site();
        await console.Console.InitializeAsync();
        using var http = console.Through();
        using var negotiation = await http.PostAsync("hubs/agent/negotiate?negotiateVersion=1", null);
        Assert.Equal(HttpStatusCode.OK, negotiation.StatusCode);
        foreach (var path in (string[])["", "sign-in", "setup", "healthz", "livez", "readyz", "metrics", "api/v1/locks", "api/v1/openapi.json", "_blazor/negotiate", "hubs", "hubs/agent2", "hubs/agent/../../sign-in", "hubs/agent/%2e%2e/%2e%2e/sign-in"])
        {
            using var answer = await http.GetAsync(path);
            Assert.Equal((path, HttpStatusCode.NotFound, ""), (path, answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_no_socket_is_left_in_its_place_and_the_console_does_not_start(bool link)
    {
        using var scratch = new Scratch();
        var target = scratch.Write("target", "of somebody");
        var path = Path.Join(scratch.Path, "agent.sock");
        if (link)
            File.CreateSymbolicLink(path, target);
        else
            File.Copy(target, path);
        var (code, errors) = await ConsoleStart.TryAsync(Path.Join(scratch.Path, "data"), "--Ops:AgentSocket", path);
        Assert.Equal(1, code);
        Assert.Equal($"Ops:AgentSocket: {path} is there and is no socket; it was left as it is.", errors.Trim());
        Assert.Equal("of somebody", await File.ReadAllTextAsync(path));
        Assert.Equal(link, new FileInfo(path).LinkTarget is not null);
    }

    [Fact]
    public async Task A_socket_that_a_killed_console_left_is_replaced()
    {
        await using var console = new Site();
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            left.Bind(new UnixDomainSocketEndPoint(console.Path));
            // Its end would take the name with it.
            File.Move(console.Path, console.Path + ".kept");
        }
        File.Move(console.Path + ".kept", console.Path);
        await console.Console.InitializeAsync();
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await probe.ConnectAsync(new UnixDomainSocketEndPoint(console.Path));
    }

    [Theory]
    [InlineData("agent.sock", false)]
    [InlineData("/run/mailstore-ops-console/agent.sock", true)]
    [InlineData("/run/a:/agent.sock", false)]
    [InlineData("/run/agent.sock;http://0.0.0.0:80", false)]
    [InlineData("", false)]
    public void The_path_of_the_socket_is_absolute_and_read_as_a_whole(string path, bool good) => Assert.Equal(good, LocalAgents.Problem(path) is null);

    private static async Task<string> TokenAsync(ConsoleFactory console) =>
        (await console.Services.GetRequiredService<Ops.Data.AgentTokens>().CreateAsync("mail9", "admin")).Plain;

    private sealed class Site : IAsyncDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("ops-socket-").FullName;

        public Site(bool mayJoin = true)
        {
            Console = new()
            {
                OpensItsOwnPorts = true,
                Settings = [("Ops:AgentSocket", Path), ("urls", "http://127.0.0.1:0")],
                Instead = mayJoin ? null : services => services.AddSingleton(new LocalAgents(Path, _ => false)),
            };
        }

        public string Path => System.IO.Path.Join(_folder, "agent.sock");

        public string State => System.IO.Path.Join(_folder, "state");

        public ConsoleFactory Console { get; }

        public Uri Pages => new(Console.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(a => !LocalAgents.IsSocket(a)));

        public HttpClient Through() => new(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new("http://localhost/"), Timeout = Within };

        public async ValueTask DisposeAsync()
        {
            await ((IAsyncLifetime)Console).DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
