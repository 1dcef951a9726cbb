using System.Collections.Concurrent;

namespace Ops.Web.Live;

/// <summary>Which session speaks for which host right now.</summary>
public sealed class AgentDirectory
{
    private readonly ConcurrentDictionary<string, AgentSession> _byHost = new(StringComparer.Ordinal);

    /// <summary>A session has introduced itself, for a host that may have been connected before.</summary>
    public event Action<AgentSession>? Connected;

    public IEnumerable<AgentSession> Sessions => _byHost.Values;

    /// <summary>The session to ask about a host; null when its agent is not connected.</summary>
    public AgentSession? Find(string hostId) => _byHost.GetValueOrDefault(hostId) is { Ended.IsCompleted: false } session ? session : null;

    /// <summary>The newest connection of a host wins; the one before it is ended.</summary>
    public void Attach(AgentSession session)
    {
        var hostId = session.HostId ?? throw new InvalidOperationException("The agent has not introduced itself.");
        _byHost.TryGetValue(hostId, out var before);
        _byHost[hostId] = session;
        if (before is not null && !ReferenceEquals(before, session))
            before.End("another connection of the same agent took its place", superseded: true);
        Connected?.Invoke(session);
    }

    public void Detach(AgentSession session, string reason)
    {
        var current = session.HostId is { } hostId && _byHost.TryRemove(new KeyValuePair<string, AgentSession>(hostId, session));
        session.End(reason, superseded: !current);
    }
}
