using System.Collections.Concurrent;

namespace Ops.Web.Live;

/// <summary>The open connections of remote agents, so that a revoked token ends its connection at once.</summary>
public sealed class AgentConnections
{
    private readonly ConcurrentDictionary<string, Connection> _open = new(StringComparer.Ordinal);

    /// <summary>Ends every connection that was opened with this token.</summary>
    public void Drop(Guid tokenId)
    {
        foreach (var connection in _open.Values.Where(c => c.TokenId == tokenId))
        {
            connection.Session.End("The agent's token was revoked.");
            connection.Abort();
        }
    }

    /// <summary>Asks every agent that is connected with this token for a new key.</summary>
    public Task AskRenewalAsync(Guid tokenId) => Task.WhenAll(_open.Values.Where(c => c.TokenId == tokenId).Select(c => c.Session.Client.Renew()));

    internal void Open(string connectionId, Connection connection) => _open[connectionId] = connection;

    internal Connection? Find(string connectionId) => _open.GetValueOrDefault(connectionId);

    internal void Close(string connectionId) => _open.TryRemove(connectionId, out _);

    /// <param name="TokenId">Null for the agent of this machine, which came through its socket.</param>
    internal sealed record Connection(Guid? TokenId, AgentSession Session, Action Abort);
}
