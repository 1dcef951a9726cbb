using System.Globalization;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Ops.Agent;
using Ops.Contracts;

namespace Ops.Bench;

/// <summary>An agent that is all connection and no host: says what a real one would, over the connection that a real one makes.</summary>
internal sealed class FleetAgent : IFleetAgent, IAsyncDisposable
{
    private static readonly string[] Verdicts = ["held", "stale", "refused", "waiting"];

    private readonly SemaphoreSlim _order = new(1);
    private readonly HubConnection _hub;
    private readonly int _number;
    private readonly Guid _epoch = Guid.NewGuid();
    private readonly int _findings;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _sequence;
    private int _sent;

    public FleetAgent(Uri console, string token, int number, int findings)
    {
        (_number, _findings) = (number, findings);
        var builder = new HubConnectionBuilder()
            .WithUrl(new Uri(console, "hubs/agent"), HttpTransportType.WebSockets, o => o.AccessTokenProvider = () => Task.FromResult<string?>(token))
            .WithStatefulReconnect();
        builder.Services.Configure<JsonHubProtocolOptions>(o => o.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, OpsJson.Default));
        _hub = builder.Build();
        _hub.On(nameof(IAgentClient.Resync), SnapshotAsync);
        _hub.Closed += _ =>
        {
            _ended.TrySetResult();
            return Task.CompletedTask;
        };
    }

    public static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"mail{number:00000}.example.org");

    public async Task ConnectAsync()
    {
        // As the real one's: again until the console has a moment for it.
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await _hub.StartAsync();
                break;
            }
            catch (Exception) when (attempt < 20)
            {
                await Task.Delay(Uplink.Pause(attempt, Random.Shared.NextDouble()));
            }
        }

        await IntroduceAsync();
    }

    /// <summary>Completes when the connection is over.</summary>
    public Task Ended => _ended.Task;

    public async Task ConnectOnceAsync()
    {
        await _hub.StartAsync();
        await IntroduceAsync();
    }

    private async Task IntroduceAsync()
    {
        await _hub.InvokeAsync(nameof(IAgentHub.Hello), new Hello(
            Hello.CurrentProtocol, "bench", string.Create(CultureInfo.InvariantCulture, $"fleet-{_number}"), NameOf(_number), Guid.NewGuid(), _epoch, true,
            ["break", "remove", "undo"], ["/var/mail"], []));
        await SnapshotAsync();
    }

    /// <summary>One delta with one to three findings that got another verdict.</summary>
    public Task ChangeAsync(Random random)
    {
        var changed = Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(_findings)).Distinct().Select(n => Of(n, Verdicts[random.Next(Verdicts.Length)])).ToList();
        return DeltaAsync([], changed, []);
    }

    public Task OpenWatchedAsync() => DeltaAsync([Of("fleet-watched", "stale")], [], []);

    public Task CloseWatchedAsync() => DeltaAsync([], [], ["fleet-watched"]);

    public Task BeatAsync() => InOrderAsync(() => _hub.SendAsync(
        nameof(IAgentHub.Heartbeat), new Heartbeat(_epoch, _sequence, DateTimeOffset.UtcNow, new Dictionary<string, double> { ["processes"] = 12, ["stores"] = 140 }, [])));

    /// <summary>Deltas that were sent since the last call.</summary>
    public int TakeSent() => Interlocked.Exchange(ref _sent, 0);

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    // The answer of a call says that the console has taken it, so the rate that is measured is not that of a full socket.
    private Task DeltaAsync(IReadOnlyList<Finding> opened, IReadOnlyList<Finding> changed, IReadOnlyList<string> closed) => InOrderAsync(async () =>
    {
        await _hub.InvokeAsync(nameof(IAgentHub.Delta), new Delta(_epoch, ++_sequence, opened, changed, closed));
        Interlocked.Increment(ref _sent);
    });

    private Task SnapshotAsync() => InOrderAsync(() => _hub.InvokeAsync(
        nameof(IAgentHub.Snapshot), new SnapshotChunk(_epoch, _sequence, 0, true, [.. Enumerable.Range(0, _findings).Select(n => Of(n, Verdicts[n % Verdicts.Length]))])));

    private async Task InOrderAsync(Func<Task> send)
    {
        await _order.WaitAsync();
        try
        {
            await send();
        }
        finally
        {
            _order.Release();
        }
    }

    private static Finding Of(int number, string verdict) => Of(string.Create(CultureInfo.InvariantCulture, $"user{number:0000}"), verdict);

    // About 1.6 KB of JSON, as a real one of a lock file has.
    private static Finding Of(string name, string verdict)
    {
        var at = DateTimeOffset.UtcNow;
        return new()
        {
            Key = name,
            Host = "",
            Path = $"/var/mail/{name}.lock",
            Kind = "dot-lock",
            System = "exim",
            Systems = ["exim", "procmail", "mutt"],
            Verdict = verdict,
            Summary = verdict == "stale" ? "Process 4242, which made this lock, no longer exists." : "Process 4242 (exim4) holds this lock.",
            Owner = new(4242, null, 1_234_567, Guid.Empty, "exim4"),
            OwnerAlive = verdict != "stale",
            Identity = new("fe:01", 131_072, 1, 5, at, at, "0600", 8, 8),
            Mailbox = $"/var/mail/{name}",
            User = name,
            AgeSeconds = 42,
            Evidence = [
                new("Does the process that the lock names exist?", verdict == "stale" ? "no" : "yes", "/proc/4242/stat", "pid 4242, started 12 minutes ago, exim4 of user mail", at),
                new("Does a process have the lock file open?", "no", "/proc/*/fd", "looked at 214 processes", at),
                new("Does a process have the mailbox open?", "no", "/proc/*/fd", "looked at 214 processes", at),
                new("Is the lock older than the grace period?", "yes", "statx", "ctime 42 s ago", at)],
            Actions = verdict == "stale" ? ["break"] : [],
            Fingerprint = "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
            Since = at,
        };
    }
}
