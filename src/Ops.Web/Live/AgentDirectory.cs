using System.Collections.Concurrent;
using Ops.Web.Live.Fleet;

namespace Ops.Web.Live;

/// <summary>Which link leads to the agent of which host right now.</summary>
public sealed class AgentDirectory
{
    private readonly ConcurrentDictionary<string, AgentSession> _here = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RemoteAgent> _elsewhere = new(StringComparer.Ordinal);

    /// <summary>Which console of the fleet speaks for which host.</summary>
    public HostClaims Claims { get; } = new();

    /// <summary>Those of this console.</summary>
    public IEnumerable<AgentSession> Sessions => _here.Values;

    internal IEnumerable<RemoteAgent> Elsewhere => _elsewhere.Values;

    /// <summary>The link to ask about a host; null when its agent is connected to no console that is known.</summary>
    public IAgentLink? Find(string hostId) => (IAgentLink?)Here(hostId) ?? _elsewhere.GetValueOrDefault(hostId);

    /// <summary>The session of this very console; null when the agent is not connected to it.</summary>
    public AgentSession? Here(string hostId) => _here.GetValueOrDefault(hostId);

    /// <summary>The newest connection of a host wins.</summary>
    /// <returns>The one before it, to be ended.</returns>
    /// <exception cref="InvalidOperationException">A later connection to another console is known.</exception>
    internal AgentSession? Attach(AgentSession session)
    {
        if (!Claims.TryClaim(session.HostId!, null, session.Attachment))
            throw new InvalidOperationException("The agent of this host has connected to another console since.");
        DropElsewhere(session.HostId!);
        AgentSession? before = null;
        _here.AddOrUpdate(session.HostId!, session, (_, current) =>
        {
            before = ReferenceEquals(current, session) ? null : current;
            return session;
        });
        return before;
    }

    /// <summary>False when the session did not speak for its host any more.</summary>
    internal bool Detach(AgentSession session) => session.HostId is { } hostId && _here.TryRemove(new(hostId, session));

    /// <summary>Puts a link by way of another console in the place of the one before, which ends.</summary>
    internal void Put(RemoteAgent link)
    {
        RemoteAgent? before = null;
        _elsewhere.AddOrUpdate(link.HostId, link, (_, current) =>
        {
            before = current;
            return link;
        });
        before?.End();
    }

    /// <summary>Ends the link by way of another console, if there is one.</summary>
    internal void DropElsewhere(string hostId)
    {
        if (_elsewhere.TryRemove(hostId, out var link))
            link.End();
    }
}
