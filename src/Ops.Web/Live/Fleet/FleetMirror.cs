using System.Collections.Concurrent;
using System.Text.Json;
using Ops.Cluster;

namespace Ops.Web.Live.Fleet;

/// <summary>Takes what other consoles report of their hosts, so that pages, rules and acts here see the whole fleet.</summary>
/// <remarks>What it takes is as soft as what agents report: a console that ends takes nothing along that must be kept.</remarks>
internal sealed class FleetMirror(
    AgentDirectory agents, IConsoles consoles, LiveState live, LiveLimits limits, TimeProvider clock, ILogger<FleetMirror> log) : IConsoleHandler
{
    private readonly ConcurrentDictionary<ConsoleId, Sender> _senders = new();

    public IReadOnlyList<string> Kinds { get; } = [FleetKinds.Hosts];

    public Task<byte[]> HandleAsync(ConsoleId from, string kind, byte[] body)
    {
        if (JsonSerializer.Deserialize(body, FleetJson.Default.FleetBatch) is { Hosts: { } hosts } batch && hosts.All(IsWhole))
            Take(from, batch);
        return Task.FromResult<byte[]>([]);
    }

    /// <summary>Says of every host whose console has ended that nothing is heard of it, until its agent has connected to another one.</summary>
    public void Left(ConsoleId console)
    {
        // A console that wakes after it was declared dead may have batches under way: its agents are elsewhere.
        var sender = _senders.GetOrAdd(console, _ => new());
        lock (sender)
        {
            sender.Number = long.MaxValue;
            sender.Parts.Clear();
        }
        foreach (var hostId in agents.Claims.Of(console))
        {
            agents.DropElsewhere(hostId);
            live.ChangeStatus(hostId, s => s with { Connection = HostConnection.Lost, LostReason = "The console to which its agent was connected has stopped. The agent is expected to connect to another one." });
        }
    }

    /// <summary>Called about once a second: a console that is frozen sends nothing, and is not dead yet.</summary>
    public void Watch()
    {
        foreach (var link in agents.Elsewhere)
        {
            if (live.Current.Host(link.HostId)?.Status is not { Connection: not HostConnection.Lost } status || clock.GetUtcNow() - status.LastHeardAt <= limits.LostAfter + limits.AnswerWithin)
                continue;
            log.HostLost(status.HostName, clock.GetUtcNow() - status.LastHeardAt);
            live.ChangeStatus(link.HostId, s => s with { Connection = HostConnection.Lost, LostReason = "Nothing was heard from the console to which its agent is connected." });
        }
    }

    private void Take(ConsoleId from, FleetBatch batch)
    {
        var sender = _senders.GetOrAdd(from, _ => new());
        // One batch of a console after the other, in their order.
        lock (sender)
        {
            if (batch.Number <= sender.Number)
                return;
            sender.Number = batch.Number;
            var shift = clock.GetUtcNow() - batch.SentAt;
            foreach (var news in batch.Hosts)
                Take(from, sender, news with { Status = news.Status with { LastHeardAt = news.Status.LastHeardAt + shift, ConnectedAt = news.Status.ConnectedAt + shift } });
        }
    }

    private void Take(ConsoleId from, Sender sender, HostNews news)
    {
        var hostId = news.HostId;
        if (!agents.Claims.TryClaim(hostId, from, news.Attachment))
            return;
        // Before the state is taken: at its end the session says that its host is lost.
        agents.Here(hostId)?.End("Its agent is connected to another console now.");
        if (agents.Find(hostId) is not RemoteAgent link || link.Console != from || link.Attachment != news.Attachment)
            agents.Put(new(hostId, from, news.Attachment, news.Status.IsEmbedded, consoles, live, limits));
        if (!news.Whole)
        {
            if (live.Current.Host(hostId) is null)
                live.SetStatus(news.Status);
            live.Apply(hostId, news.Put, news.Closed, _ => news.Status);
            return;
        }
        if (news.First)
            sender.Parts[hostId] = [];
        if (!sender.Parts.TryGetValue(hostId, out var parts))
            return; // the rest of a state whose begin did not arrive; it is sent again
        parts.AddRange(news.Put);
        if (!news.Last)
            return;
        sender.Parts.Remove(hostId);
        live.SetStatus(news.Status);
        if (news.IsComplete)
            live.Replace(hostId, parts, _ => news.Status);
    }

    private static bool IsWhole(HostNews? news) => news is { HostId: not null, Status: not null } && Whole.Is(news.Put) && Whole.Has(news.Closed);

    private sealed class Sender
    {
        public long Number { get; set; }

        public Dictionary<string, List<Finding>> Parts { get; } = new(StringComparer.Ordinal);
    }
}
