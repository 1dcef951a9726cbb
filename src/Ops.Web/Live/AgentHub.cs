using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;
using Ops.Data;

namespace Ops.Web.Live;

/// <summary>Where remote agents report: hands everything to the session of its connection.</summary>
/// <remarks>SignalR calls the methods of one connection one after another, in the order in which the agent sent them.</remarks>
[Authorize(AuthenticationSchemes = AgentTokenScheme.Name)]
public sealed class AgentHub(
    AgentConnections connections, AgentDirectory directory, IHubContext<AgentHub, IAgentClient> clients, LiveState live, LiveLimits limits, AgentTokens tokens, AgentKeys keys, HostAttachments attachments, HostNames names,
    TimeProvider clock, ILogger<AgentSession> sessionLog) : Hub<IAgentClient>, IAgentHub
{
    public const string Address = "/hubs/agent";

    private AgentConnections.Connection Connection => connections.Find(Context.ConnectionId) ?? throw new HubException("This connection has ended.");

    private AgentSession Session => Connection.Session;

    public override async Task OnConnectedAsync()
    {
        var user = Context.User!;
        Guid? tokenId = user.FindFirstValue(ClaimTypes.NameIdentifier) is { } id ? Guid.Parse(id) : null;
        // Not Clients.Caller: that one is only good within a call of the agent.
        var client = clients.Clients.Client(Context.ConnectionId);
        var session = new AgentSession(client, user.Identity!.Name!, isEmbedded: false, live, directory, limits, clock, sessionLog) { Attachment = await attachments.NextAsync(Context.ConnectionAborted) };
        connections.Open(Context.ConnectionId, new(tokenId, session, Context.Abort));
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        var connection = connections.Find(Context.ConnectionId);
        connections.Close(Context.ConnectionId);
        connection?.Session.End(exception is null ? "The agent ended the connection." : "The connection to the agent broke.");
        return Task.CompletedTask;
    }

    public async Task Hello(Hello hello)
    {
        // Before the token is bound: it is bound once, and must not be bound to what no host can be.
        if (HostNames.Problem(hello.HostId, hello.HostName) is { } problem)
            throw TurnAway(problem);
        // Also of one that is not let in: its clone is known by it.
        if (AgentSession.IsAnotherMachine(live.Current.Host(hello.HostId)?.Status, hello))
            live.ChangeStatus(hello.HostId, s => s with { CollidedAt = clock.GetUtcNow() });
        if (directory.Find(hello.HostId) is { IsEmbedded: true } || (Connection.TokenId is not null && directory.Here(hello.HostId)?.Origin == LocalAgents.Origin))
            throw TurnAway("The console's own agent already covers this host. Start this agent with another host id, or the console without its embedded agent.");
        // Also refuses a token that was revoked after the connection was accepted: before this, nothing of the agent is shown.
        if (Connection.TokenId is { } tokenId && !await tokens.BindAsync(tokenId, hello.HostId))
            throw TurnAway("This token was revoked or belongs to another host, or another token is bound to this host. Create a new token on the Hosts page.");
        var before = live.Current.Host(hello.HostId)?.Status;
        await Checked(() => Session.Hello(hello));
        if (live.Current.Host(hello.HostId)?.Status is { } now)
            await names.NoteAsync(before, now);
        // Asked while it was not connected.
        if (Connection.TokenId is { } joined && Context.User!.HasClaim(c => c.Type == AgentTokenScheme.KeyClaim) && await keys.IsRotationAskedAsync(joined))
            await Connection.Session.Client.Renew();
    }

    public Task Snapshot(SnapshotChunk chunk) => Checked(() => Session.Snapshot(chunk));

    public Task Delta(Delta delta) => Checked(() => Session.Delta(delta));

    public Task Heartbeat(Heartbeat heartbeat) => Checked(() => Session.Heartbeat(heartbeat));

    public Task Progress(OperationProgress progress) => Checked(() => Session.Progress(progress));

    private async Task Checked(Func<Task> report)
    {
        try
        {
            await report();
        }
        catch (InvalidOperationException e) // breaks the rules of the contract
        {
            throw TurnAway(e.Message);
        }
    }

    private HubException TurnAway(string why)
    {
        sessionLog.AgentTurnedAway(Connection.Session.Origin, why);
        // A moment for the answer to reach the agent, so that its log can say why.
        var abort = Connection.Abort;
        _ = Task.Delay(TimeSpan.FromSeconds(1)).ContinueWith(_ => abort(), TaskScheduler.Default);
        return new(why);
    }
}
