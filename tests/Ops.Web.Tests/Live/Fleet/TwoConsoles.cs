using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Cluster;
using Ops.Web.Live;
using Ops.Web.Live.Fleet;

namespace Ops.Web.Tests.Live.Fleet;

/// <summary>Consoles without pages and database, joined by a link that a test can break: everything between them is the real thing.</summary>
internal sealed class TwoConsoles : IDisposable
{
    public TwoConsoles()
    {
        (A, B) = (new("a"), new("b"));
        A.Link.Handlers = B.Handlers;
        B.Link.Handlers = A.Handlers;
        A.Link.Put(B.Link.Me);
        B.Link.Put(A.Link.Me);
    }

    public OneOfTwo A { get; }

    public OneOfTwo B { get; }

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }
}

internal sealed class OneOfTwo : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly FleetPublisher _publisher;

    public OneOfTwo(string name)
    {
        Link = new(new(name));
        _services = new ServiceCollection().AddSingleton<IConsoles>(Link).BuildServiceProvider();
        Mirror = new(Agents, Link, Live, Limits, TimeProvider.System, NullLogger<FleetMirror>.Instance);
        Desk = new(Agents, new AgentConnections(), Pages, Live, Limits, TimeProvider.System, _services, NullLogger<FleetDesk>.Instance);
        Handlers = [Mirror, Desk];
        _publisher = new(Agents, Mirror, Link, Live, TimeProvider.System, NullLogger<FleetPublisher>.Instance);
    }

    public static LiveLimits Limits { get; } = LiveLimits.Default with { AnswerWithin = TimeSpan.FromSeconds(10) };

    public TestLink Link { get; }

    public LiveState Live { get; } = new(TimeProvider.System);

    public AgentDirectory Agents { get; } = new();

    public OpenPages Pages { get; } = new(TimeProvider.System);

    public FleetMirror Mirror { get; }

    public FleetDesk Desk { get; }

    public IReadOnlyList<IConsoleHandler> Handlers { get; }

    public Task StartAsync() => _publisher.StartAsync(default);

    public async Task<AgentSession> ConnectAsync(IAgentClient agent, long attachment, params IReadOnlyList<Finding> findings)
    {
        var session = new AgentSession(agent, "token", false, Live, Agents, Limits, TimeProvider.System, NullLogger<AgentSession>.Instance) { Attachment = attachment };
        await session.Hello(Some.Hello());
        await session.Snapshot(Some.Snapshot(1, findings));
        return session;
    }

    public void Dispose()
    {
        _publisher.Dispose();
        _services.Dispose();
    }
}

/// <summary>The way from one console to the other.</summary>
internal sealed class TestLink(ConsoleId me) : IConsoles
{
    private volatile IReadOnlyList<ConsoleId> _others = [];
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<IConsoleHandler> Handlers { get; set; } = [];

    /// <summary>What becomes of a message: null lets it through.</summary>
    public Func<string, byte[], Exception?> Fault { get; set; } = (_, _) => null;

    public List<(string Kind, byte[] Body)> Sent { get; } = [];

    public ConsoleId Me => me;

    public bool IsCluster => true;

    public bool IsActive { get; set; } = true;

    public IReadOnlyList<ConsoleId> Others => _others;

    public bool IsFirst => me.Address == "a";

    public void Put(params IReadOnlyList<ConsoleId> others)
    {
        _others = others;
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public async Task ChangedAsync(IReadOnlyList<ConsoleId> seen, CancellationToken stop)
    {
        while (true)
        {
            var signal = _changed;
            if (!ReferenceEquals(_others, seen))
                return;
            await signal.Task.WaitAsync(stop);
        }
    }

    public async Task<byte[]> AskAsync(ConsoleId console, string kind, byte[] body, TimeSpan within, CancellationToken stop = default)
    {
        if (Fault(kind, body) is { } fault)
            throw fault;
        var handler = Handlers.Single(h => h.Kinds.Contains(kind));
        try
        {
            var answer = await handler.HandleAsync(me, kind, body).WaitAsync(within, stop);
            lock (Sent)
                Sent.Add((kind, body));
            return answer;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new ConsoleUnreachableException(e.Message, e);
        }
    }
}
