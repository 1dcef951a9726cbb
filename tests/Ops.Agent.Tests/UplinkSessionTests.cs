using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>The uplink against a real hub on a loopback port.</summary>
public sealed class UplinkSessionTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly Store _store = new();
    private readonly CancellationTokenSource _stop = new(Limit);
    private readonly Told _told = new();
    private WebApplication _console = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_told);
        builder.Services.AddSignalR(o => o.MaximumReceiveMessageSize = 16 * 1024 * 1024)
            .AddJsonProtocol(o => o.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, OpsJson.Default));
        _console = builder.Build();
        _console.Use((context, next) =>
        {
            if (context.Request.Headers.Authorization == "Bearer right")
                return next(context);
            _told.TurnedAway.Add(context.Request.Headers.Authorization.ToString());
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        });
        _console.MapHub<Hub>("/hubs/agent", o => o.AllowStatefulReconnects = true);
        await _console.StartAsync();
    }

    [Fact]
    public async Task An_agent_introduces_itself_reports_its_state_and_answers_questions()
    {
        var path = _store.StaleLock("alice");
        var run = Uplink("right").RunAsync(_stop.Token);
        var hello = await Next<Hello>();
        Assert.Equal("mail9", hello.HostName);
        await Snapshot();

        var clients = _console.Services.GetRequiredService<IHubContext<Hub, IAgentClient>>().Clients;
        var agent = clients.Client(_told.Connection!);
        var preview = await agent.Preview(new PreviewRequest("break", "", path, null)).WaitAsync(_stop.Token);
        Assert.Equal(path, preview.Finding!.Path);
        Assert.Contains(path, (await agent.Explain(new ExplainRequest(path)).WaitAsync(_stop.Token)).Lines[0], StringComparison.Ordinal);
        var result = await agent.Execute(new ExecuteRequest(
            Guid.NewGuid(), "break", preview.Finding.Key, path, null, preview.Fingerprint, "alice", [], "a test")).WaitAsync(_stop.Token);
        Assert.Equal(Environment.IsPrivilegedProcess ? "done" : "refused", result.Outcome);
        await agent.Resync();
        await Snapshot();
        await End(run);
    }

    [Fact]
    public async Task After_a_lost_connection_the_agent_comes_back_with_hello_and_snapshot()
    {
        var run = Uplink("right").RunAsync(_stop.Token);
        var first = await Next<Hello>();
        await Snapshot();
        _told.Abort!();
        Assert.Equal(first.Epoch, (await Next<Hello>()).Epoch);
        await Snapshot();
        await End(run);
    }

    [Fact]
    public async Task A_link_that_breaks_for_a_moment_is_resumed_without_a_new_hello()
    {
        await using var link = new BreakableLink(new Uri(_console.Urls.First()));
        var run = Uplink("right", console: link.Address).RunAsync(_stop.Token);
        await Next<Hello>();
        await Snapshot();
        var (connection, before) = (_told.Connection, link.Accepted);

        link.Cut();
        _store.StaleLock("bob");
        while (await Next<object>() is var message)
        {
            Assert.IsNotType<Hello>(message);
            if (message is Delta { Opened: [{ Path: { } path }] } && path.EndsWith("bob.lock", StringComparison.Ordinal))
                break;
        }
        Assert.True(link.Accepted > before);
        Assert.Equal(connection, _told.Connection);
        await End(run);
    }

    [Fact]
    public async Task A_wrong_token_is_turned_away_said_clearly_and_tried_again_slowly()
    {
        var log = new Lines();
        var run = Uplink("wrong", log).RunAsync(_stop.Token);
        var line = await log.Next(_stop.Token);
        Assert.Contains("refuses this agent's token (HTTP 401)", line, StringComparison.Ordinal);
        Assert.Contains("60 s", line, StringComparison.Ordinal);
        Assert.Equal(["Bearer wrong"], _told.TurnedAway);
        Assert.False(_told.Messages.Reader.TryRead(out _));
        await End(run);
    }

    public async Task DisposeAsync() => await _console.DisposeAsync();

    public void Dispose()
    {
        _stop.Dispose();
        _store.Dispose();
    }

    private Uplink Uplink(string token, ILogger<Uplink>? log = null, Uri? console = null)
    {
        var settings = _store.Settings() with { HostName = "mail9" };
        return new Uplink(
            new AgentEngine(settings), settings, new UplinkOptions([console ?? new Uri(_console.Urls.First() + "/")], _ => ValueTask.FromResult<string?>(token)),
            TimeProvider.System, log ?? NullLogger<Uplink>.Instance);
    }

    private async Task<T> Next<T>()
    {
        while (true)
        {
            if (await _told.Messages.Reader.ReadAsync(_stop.Token) is T wanted)
                return wanted;
        }
    }

    /// <summary>The whole state. The locks of the whole machine are part of it: where there are many, it comes in several parts.</summary>
    private async Task Snapshot()
    {
        while (!(await Next<SnapshotChunk>()).Last)
        {
            // A further part follows.
        }
    }

    private async Task End(Task run)
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    private sealed class Told
    {
        public Channel<object> Messages { get; } = Channel.CreateUnbounded<object>();

        public ConcurrentBag<string> TurnedAway { get; } = [];

        public string? Connection { get; set; }

        public Action? Abort { get; set; }
    }

    private sealed class Hub(Told told) : Hub<IAgentClient>, IAgentHub
    {
        public Task Hello(Hello hello)
        {
            told.Abort = Context.Abort;
            return Tell(hello);
        }

        public Task Snapshot(SnapshotChunk chunk) => Tell(chunk);

        public Task Delta(Delta delta) => Tell(delta);

        public Task Heartbeat(Heartbeat heartbeat) => Tell(heartbeat);

        public Task Progress(OperationProgress progress) => Tell(progress);

        private Task Tell(object message)
        {
            told.Connection = Context.ConnectionId;
            return told.Messages.Writer.WriteAsync(message).AsTask();
        }
    }

    private sealed class Lines : ILogger<Uplink>
    {
        private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

        public ValueTask<string> Next(CancellationToken stop) => _lines.Reader.ReadAsync(stop);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Writer.TryWrite(formatter(state, exception));
    }
}
