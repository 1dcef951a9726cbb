using System.Text.Json;
using Ops.Cluster;

namespace Ops.Web.Live.Fleet;

/// <summary>Asks the agents of this console for the others, and passes on what concerns all consoles.</summary>
/// <remarks>Whether an act may be asked for was decided, and written down, by the console that asks; the agent decides by itself, as always.</remarks>
public sealed class FleetDesk(AgentDirectory agents, AgentConnections connections, OpenPages pages, LiveState live, LiveLimits limits, TimeProvider clock, IServiceProvider services, ILogger<FleetDesk> log) : IConsoleHandler
{
    private const int Tries = 5;

    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    public IReadOnlyList<string> Kinds { get; } = [FleetKinds.Ask, FleetKinds.Act, FleetKinds.Progress, FleetKinds.End, FleetKinds.TokenRevoked, FleetKinds.KeyRotation, FleetKinds.HostForgotten, FleetKinds.SessionsEnded];

    // Asked for late: the consoles need their handlers.
    private IConsoles Consoles => services.GetRequiredService<IConsoles>();

    /// <summary>Ends the connections of a revoked token, on every console.</summary>
    public Task DropTokenAsync(Guid tokenId)
    {
        connections.Drop(tokenId);
        return TellAllAsync(FleetKinds.TokenRevoked, JsonSerializer.SerializeToUtf8Bytes(tokenId, FleetJson.Default.Guid));
    }

    /// <summary>Asks the agent of a token for a new key, whichever console it is connected to.</summary>
    public async Task AskRenewalAsync(Guid tokenId)
    {
        await connections.AskRenewalAsync(tokenId);
        await TellAllAsync(FleetKinds.KeyRotation, JsonSerializer.SerializeToUtf8Bytes(tokenId, FleetJson.Default.Guid));
    }

    /// <summary>Takes a host off the pages of every console.</summary>
    public Task ForgetHostAsync(string hostId)
    {
        Forget(hostId);
        return TellAllAsync(FleetKinds.HostForgotten, JsonSerializer.SerializeToUtf8Bytes(hostId, FleetJson.Default.String));
    }

    /// <summary>Ends the open pages of sessions that are over, on every console.</summary>
    public Task EndPagesAsync(IReadOnlyCollection<Guid> sessions)
    {
        if (sessions.Count == 0)
            return Task.CompletedTask;
        pages.End(sessions);
        return TellAllAsync(FleetKinds.SessionsEnded, JsonSerializer.SerializeToUtf8Bytes([.. sessions], FleetJson.Default.GuidArray));
    }

    async Task<byte[]> IConsoleHandler.HandleAsync(ConsoleId from, string kind, byte[] body)
    {
        switch (kind)
        {
            case FleetKinds.Ask when JsonSerializer.Deserialize(body, FleetJson.Default.AgentQuestion) is { } question:
                return JsonSerializer.SerializeToUtf8Bytes(await AnswerAsync(question), FleetJson.Default.AgentReply);
            case FleetKinds.Act when JsonSerializer.Deserialize(body, FleetJson.Default.AgentAct) is { } act:
                Begin(from, act);
                break;
            case FleetKinds.Progress when JsonSerializer.Deserialize(body, FleetJson.Default.ActProgress) is { } progress:
                (agents.Find(progress.HostId) as RemoteAgent)?.Progressed(progress.Progress);
                break;
            case FleetKinds.End when JsonSerializer.Deserialize(body, FleetJson.Default.ActEnd) is { } end:
                (agents.Find(end.HostId) as RemoteAgent)?.Acted(end);
                break;
            case FleetKinds.TokenRevoked:
                connections.Drop(JsonSerializer.Deserialize(body, FleetJson.Default.Guid));
                break;
            case FleetKinds.KeyRotation:
                await connections.AskRenewalAsync(JsonSerializer.Deserialize(body, FleetJson.Default.Guid));
                break;
            case FleetKinds.HostForgotten when JsonSerializer.Deserialize(body, FleetJson.Default.String) is { } hostId:
                Forget(hostId);
                break;
            case FleetKinds.SessionsEnded when JsonSerializer.Deserialize(body, FleetJson.Default.GuidArray) is { } sessions:
                pages.End(sessions);
                break;
        }
        return [];
    }

    private async Task<AgentReply> AnswerAsync(AgentQuestion question)
    {
        if (agents.Here(question.HostId) is not { IsLost: false } session)
            return new(null, "its agent is not connected to that console");
        try
        {
            // A little less than the other console waits, so that the reason reaches it.
            return new(await AskAsync(session.Client, question.Method, question.Request ?? "null").WaitAsync(limits.AnswerWithin * 0.9, clock), null);
        }
        catch (Exception e) // whatever the link throws
        {
            return new(null, e.Message);
        }
    }

    private static async Task<string?> AskAsync(IAgentClient agent, string method, string request)
    {
        switch (method)
        {
            case nameof(IAgentClient.Resync):
                await agent.Resync();
                return null;
            case nameof(IAgentClient.Explain):
                return JsonSerializer.Serialize(await agent.Explain(JsonSerializer.Deserialize(request, OpsJson.Default.ExplainRequest)!), OpsJson.Default.ExplainAnswer);
            case nameof(IAgentClient.Preview):
                return JsonSerializer.Serialize(await agent.Preview(JsonSerializer.Deserialize(request, OpsJson.Default.PreviewRequest)!), OpsJson.Default.PreviewAnswer);
            case nameof(IAgentClient.Quarantine):
                return JsonSerializer.Serialize(await agent.Quarantine(), OpsJson.Default.QuarantineAnswer);
            case nameof(IAgentClient.FetchRescued):
                return JsonSerializer.Serialize(await agent.FetchRescued(JsonSerializer.Deserialize(request, OpsJson.Default.RescueFetch)!), OpsJson.Default.RescueChunk);
            case nameof(IAgentClient.Shadow):
                return JsonSerializer.Serialize(await agent.Shadow(), OpsJson.Default.ShadowReport);
            case nameof(IAgentClient.Audits):
                return JsonSerializer.Serialize(await agent.Audits(), OpsJson.Default.StoreAuditState);
            case nameof(IAgentClient.StartAudit):
                return JsonSerializer.Serialize(await agent.StartAudit(JsonSerializer.Deserialize(request, OpsJson.Default.StoreAuditRequest)!), OpsJson.Default.StoreAuditAnswer);
            case nameof(IAgentClient.StopAudit):
                return JsonSerializer.Serialize(await agent.StopAudit(JsonSerializer.Deserialize(request, OpsJson.Default.StoreAuditStop)!), OpsJson.Default.StoreAuditAnswer);
            case nameof(IAgentClient.FetchAudit):
                return JsonSerializer.Serialize(await agent.FetchAudit(JsonSerializer.Deserialize(request, OpsJson.Default.StoreAuditFetch)!), OpsJson.Default.StoreAuditReport);
            case nameof(IAgentClient.FindProcesses):
                return JsonSerializer.Serialize(await agent.FindProcesses(JsonSerializer.Deserialize(request, OpsJson.Default.ProcessQuestion)!), OpsJson.Default.ProcessAnswer);
            case nameof(IAgentClient.HearOtherHosts):
                await agent.HearOtherHosts(JsonSerializer.Deserialize(request, OpsJson.Default.OtherHostReport)!);
                return null;
            default:
                throw new NotSupportedException($"this console does not know the question '{method}'");
        }
    }

    // Answered at once: an act takes minutes, and no message waits for so long.
    private void Begin(ConsoleId from, AgentAct act)
    {
        if (agents.Here(act.HostId) is not { IsLost: false } session)
            throw new InvalidOperationException("Its agent is not connected to that console.");
        _ = RunAsync(from, session, act);
    }

    private async Task RunAsync(ConsoleId from, AgentSession session, AgentAct act)
    {
        var id = act.Request.OperationId;
        var reports = Task.CompletedTask;
        session.ProgressReported += OnProgress;
        ActEnd end;
        try
        {
            var answer = Task.Run(() => session.Client.Execute(act.Request));
            await Task.WhenAny(answer, session.Ended);
            end = answer.IsCompletedSuccessfully ? new(act.HostId, id, answer.Result, null)
                : new(act.HostId, id, null, answer.Exception?.InnerException?.Message ?? "the connection to it is lost");
        }
        finally
        {
            session.ProgressReported -= OnProgress;
        }
        await reports;
        var body = JsonSerializer.SerializeToUtf8Bytes(end, FleetJson.Default.ActEnd);
        for (var attempt = 1; attempt <= Tries && !await TryTellAsync(from, FleetKinds.End, body); attempt++)
            await Task.Delay(BetweenTries, clock);

        // One after the other: the page shows the steps in their order.
        void OnProgress(OperationProgress progress)
        {
            if (progress.OperationId == id)
                reports = Then(reports, JsonSerializer.SerializeToUtf8Bytes(new(act.HostId, progress), FleetJson.Default.ActProgress));
        }

        async Task Then(Task before, byte[] progress)
        {
            await before;
            await TryTellAsync(from, FleetKinds.Progress, progress);
        }
    }

    private async Task TellAllAsync(string kind, byte[] body) => await Task.WhenAll(Consoles.Others.Select(console => TryTellAsync(console, kind, body)));

    private async Task<bool> TryTellAsync(ConsoleId console, string kind, byte[] body)
    {
        try
        {
            await Consoles.AskAsync(console, kind, body, limits.AnswerWithin);
            return true;
        }
        catch (ConsoleUnreachableException e)
        {
            log.ConsoleNotReached(console.Address, e.Message);
            return false;
        }
    }

    private void Forget(string hostId)
    {
        // One that connected at this very moment stays.
        if (agents.Here(hostId) is not null)
            return;
        agents.DropElsewhere(hostId);
        agents.Claims.Forget(hostId);
        live.Remove(hostId);
    }
}
