using System.Collections.Concurrent;

namespace Ops.Web.Live;

/// <summary>Which session speaks for which host right now.</summary>
public sealed class AgentDirectory
{
    private readonly ConcurrentDictionary<string, AgentSession> _byHost = new(StringComparer.Ordinal);

    public IEnumerable<AgentSession> Sessions => _byHost.Values;

    /// <summary>The session to ask about a host; null when its agent is not connected.</summary>
    public AgentSession? Find(string hostId) => _byHost.GetValueOrDefault(hostId);

    /// <summary>The newest connection of a host wins.</summary>
    /// <returns>The one before it, to be ended.</returns>
    internal AgentSession? Attach(AgentSession session)
    {
        AgentSession? before = null;
        _byHost.AddOrUpdate(session.HostId!, session, (_, current) =>
        {
            before = ReferenceEquals(current, session) ? null : current;
            return session;
        });
        return before;
    }

    /// <summary>False when the session did not speak for its host any more.</summary>
    internal bool Detach(AgentSession session) => session.HostId is { } hostId && _byHost.TryRemove(new(hostId, session));
}
