using System.Net;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ops.Contracts;

namespace Ops.Agent;

/// <summary>Where the consoles are and how this agent proves itself.</summary>
/// <param name="Consoles">Base addresses, at least one; the hub is at <c>hubs/agent</c> below each. Several are consoles of one fleet: any of them will do.</param>
/// <param name="Token">Asked before every connect, so a renewed token file is picked up.</param>
public sealed record UplinkOptions(IReadOnlyList<Uri> Consoles, Func<CancellationToken, ValueTask<string?>> Token)
{
    /// <summary>Of an agent that has joined: it proves its key, and sends no token.</summary>
    public AgentIdentity? Identity { get; init; }

    /// <summary>Why this address may not be used; null when it may. Tokens never cross a network in the clear unless it was said to be wanted.</summary>
    public static string? Problem(Uri console, bool allowHttp) => console switch
    {
        { Scheme: "https" } => null,
        { Scheme: LocalSocket.Scheme, Host: "", AbsolutePath: ['/', _, ..] } => null,
        { Scheme: "http", IsLoopback: true } => null,
        { Scheme: "http" } when allowHttp => null,
        { Scheme: "http" } => $"{console} is not encrypted: the token would cross the network in the clear. Use https, or --allow-http for a link that is protected otherwise.",
        _ => $"{console}: only https, http and unix:/PATH are known",
    };
}

/// <summary>Keeps one engine connected to a remote console, or to one of several, until stopped.</summary>
/// <remarks>A link that breaks for a moment is resumed by SignalR: same connection, nothing lost. What cannot be resumed starts again with hello and snapshot.</remarks>
public sealed class Uplink(AgentEngine engine, AgentSettings settings, UplinkOptions options, TimeProvider clock, ILogger<Uplink> log)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AtNext = TimeSpan.FromMilliseconds(200);
    internal static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(15);

    // What is kept until the console acknowledges it. A message larger than this waits for the acknowledgement of the one before, up to a second each: the largest
    // is a chunk of a snapshot.
    private const int ResumeBufferBytes = 16_000_000;

    /// <summary>Runs until stopped.</summary>
    /// <param name="connected">Called after each hello that the console took.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public async Task RunAsync(CancellationToken stop, Action? connected = null)
    {
        // Not all agents of a fleet at the same console.
        var at = Random.Shared.Next(options.Consoles.Count);
        for (var failures = 0; ; failures++)
        {
            var console = options.Consoles[at];
            try
            {
                await ServeAsync(console, () => { failures = 0; connected?.Invoke(); }, stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                at = (at + 1) % options.Consoles.Count;
                var pause = PauseAfter(failures, options.Consoles.Count, Random.Shared.NextDouble());
                if (StatusOf(e) is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
                {
                    // Its console knows every token that the others know.
                    pause = AfterRefusal;
                    if (options.Identity is null)
                        log.TokenRefused(console, (int)StatusOf(e)!, pause.TotalSeconds);
                    else
                        log.CertificateRefused(console, (int)StatusOf(e)!, pause.TotalSeconds);
                }
                else
                {
                    log.NotConnected(console, Innermost(e), pause.TotalSeconds);
                }
                await Task.Delay(pause, clock, stop);
            }
        }
    }

    /// <summary>The next console is tried nearly at once; only when none of them answered does the wait grow.</summary>
    /// <param name="failures">Tries without success before this one.</param>
    public static TimeSpan PauseAfter(int failures, int consoles, double random) => (failures + 1) % consoles == 0 ? Pause(failures / consoles, random) : AtNext * (0.5 + random);

    /// <summary>Doubles from half a second to half a minute, spread by a half so that a hundred agents do not come back at once.</summary>
    public static TimeSpan Pause(int failures, double random) =>
        TimeSpan.FromSeconds(Math.Min(0.5 * Math.Pow(2, Math.Min(failures, 10)), Longest.TotalSeconds) * (0.75 + random / 2));

    private async Task ServeAsync(Uri console, Action connected, CancellationToken stop)
    {
        var replaced = options.Identity?.Replaced ?? CancellationToken.None;
        var builder = new HubConnectionBuilder().WithUrl(new Uri(LocalSocket.Is(console) ? LocalSocket.Address : console, "hubs/agent"), HttpTransportType.WebSockets, http =>
        {
            if (LocalSocket.Is(console))
            {
                LocalSocket.Use(http, Uri.UnescapeDataString(console.AbsolutePath));
                return;
            }
            // Asked for at each connect, so a renewed token file is picked up.
            if (options.Identity is null)
                http.AccessTokenProvider = () => options.Token(stop).AsTask();
            else
                Prove(http, options.Identity);
            http.WebSocketConfiguration = socket =>
            {
                socket.KeepAliveInterval = socket.KeepAliveTimeout = KeepAlive;
                if (options.Identity is { } identity)
                    socket.RemoteCertificateValidationCallback = (_, certificate, _, _) => identity.Trusts(certificate);
            };
        });
        builder.WithStatefulReconnect();
        builder.Services.Configure<HubConnectionOptions>(o => o.StatefulReconnectBufferSize = ResumeBufferBytes);
        builder.AddJsonProtocol(o => o.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, OpsJson.Default));
        await using var connection = builder.Build();
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(stop, replaced);
        Exception? reason = null;
        connection.Closed += error =>
        {
            reason = error;
            return lost.CancelAsync();
        };
        connection.On(nameof(IAgentClient.Resync), engine.Resync);
        connection.On<ExplainRequest, ExplainAnswer>(nameof(IAgentClient.Explain), engine.Explain);
        connection.On<PreviewRequest, PreviewAnswer>(nameof(IAgentClient.Preview), engine.Preview);
        connection.On<ExecuteRequest, OperationResult>(nameof(IAgentClient.Execute), engine.Execute);
        connection.On(nameof(IAgentClient.Quarantine), engine.Quarantine);
        connection.On<RescueFetch, RescueChunk>(nameof(IAgentClient.FetchRescued), engine.FetchRescued);
        connection.On(nameof(IAgentClient.Shadow), engine.Shadow);
        connection.On(nameof(IAgentClient.Audits), engine.Audits);
        connection.On<StoreAuditRequest, StoreAuditAnswer>(nameof(IAgentClient.StartAudit), engine.StartAudit);
        connection.On<StoreAuditStop, StoreAuditAnswer>(nameof(IAgentClient.StopAudit), engine.StopAudit);
        connection.On<StoreAuditFetch, StoreAuditReport>(nameof(IAgentClient.FetchAudit), engine.FetchAudit);
        connection.On(nameof(IAgentClient.Renew), () => options.Identity?.AskRenewal());
        connection.On<ProcessQuestion, ProcessAnswer>(nameof(IAgentClient.FindProcesses), engine.FindProcesses);
        connection.On<OtherHostReport>(nameof(IAgentClient.HearOtherHosts), engine.HearOtherHosts);
        await StartAsync(connection, stop);
        try
        {
            await engine.RunAsync(new HubSink(connection, () => { log.Connected(console, settings.HostName); connected(); }, lost.Token), lost.Token);
        }
        catch (OperationCanceledException) when (replaced.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            // With the new key, at once: using it is what ends the old one.
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw reason ?? new IOException("the console closed the connection");
        }
    }

    private static void Prove(HttpConnectionOptions http, AgentIdentity identity)
    {
        http.ClientCertificates = [identity.Certificate];
        http.HttpMessageHandlerFactory = handler =>
        {
            if (handler is HttpClientHandler client)
                client.ServerCertificateCustomValidationCallback = (_, certificate, _, _) => identity.Trusts(certificate);
            return handler;
        };
    }

    private static async Task StartAsync(HubConnection connection, CancellationToken stop)
    {
        using var start = CancellationTokenSource.CreateLinkedTokenSource(stop);
        start.CancelAfter(ConnectWithin);
        try
        {
            await connection.StartAsync(start.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new TimeoutException($"the console did not answer within {ConnectWithin.TotalSeconds:0} s");
        }
    }

    private static HttpStatusCode? StatusOf(Exception error) => error switch
    {
        HttpRequestException { StatusCode: { } status } => status,
        { InnerException: { } inner } => StatusOf(inner),
        _ => null,
    };

    private static string Innermost(Exception error) => error.InnerException is { } inner ? Innermost(inner) : error.Message;

    private sealed class HubSink(HubConnection connection, Action welcomed, CancellationToken lost) : IAgentHub
    {
        public async Task Hello(Hello hello)
        {
            // Waits for the answer: a console that cannot serve this agent says so here.
            await connection.InvokeAsync(nameof(IAgentHub.Hello), hello, lost);
            welcomed();
        }

        public Task Snapshot(SnapshotChunk chunk) => connection.SendAsync(nameof(IAgentHub.Snapshot), chunk, lost);

        public Task Delta(Delta delta) => connection.SendAsync(nameof(IAgentHub.Delta), delta, lost);

        public Task Heartbeat(Heartbeat heartbeat) => connection.SendAsync(nameof(IAgentHub.Heartbeat), heartbeat, lost);

        public Task Progress(OperationProgress progress) => connection.SendAsync(nameof(IAgentHub.Progress), progress, lost);
    }
}
