using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Ops.Web.Live;

namespace Ops.Web.Tests.Live;

/// <summary>A remote agent's connection as the real one makes it, with a hand-written agent behind it.</summary>
internal sealed class RemoteAgent : IAsyncDisposable
{
    private readonly HubConnection _hub;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RemoteAgent(Uri console, string? token)
        : this(console, o => o.AccessTokenProvider = () => Task.FromResult(token))
    {
    }

    /// <param name="prove">How it shows who it is.</param>
    public RemoteAgent(Uri console, Action<HttpConnectionOptions> prove)
    {
        var builder = new HubConnectionBuilder()
            .WithUrl(new Uri(console, AgentHub.Address), HttpTransportType.WebSockets, prove)
            .WithStatefulReconnect();
        builder.Services.Configure<Microsoft.AspNetCore.SignalR.JsonHubProtocolOptions>(o =>
        {
            o.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, OpsJson.Default);
            // For what a test writes by hand, with holes that no type of ours can have.
            o.PayloadSerializerOptions.TypeInfoResolverChain.Add(new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver());
        });
        _hub = builder.Build();
        _hub.On(nameof(IAgentClient.Resync), Agent.Resync);
        _hub.On<ExplainRequest, ExplainAnswer>(nameof(IAgentClient.Explain), Agent.Explain);
        _hub.On<PreviewRequest, PreviewAnswer>(nameof(IAgentClient.Preview), Agent.Preview);
        _hub.On<ExecuteRequest, OperationResult>(nameof(IAgentClient.Execute), Agent.Execute);
        _hub.On(nameof(IAgentClient.Quarantine), Agent.Quarantine);
        _hub.On<RescueFetch, RescueChunk>(nameof(IAgentClient.FetchRescued), Agent.FetchRescued);
        _hub.On(nameof(IAgentClient.Shadow), Agent.Shadow);
        _hub.On(nameof(IAgentClient.Audits), Agent.Audits);
        _hub.On<StoreAuditRequest, StoreAuditAnswer>(nameof(IAgentClient.StartAudit), Agent.StartAudit);
        _hub.On<StoreAuditStop, StoreAuditAnswer>(nameof(IAgentClient.StopAudit), Agent.StopAudit);
        _hub.On<StoreAuditFetch, StoreAuditReport>(nameof(IAgentClient.FetchAudit), Agent.FetchAudit);
        _hub.On(nameof(IAgentClient.Renew), Agent.Renew);
        _hub.On<ProcessQuestion, ProcessAnswer>(nameof(IAgentClient.FindProcesses), Agent.FindProcesses);
        _hub.On<OtherHostReport>(nameof(IAgentClient.HearOtherHosts), Agent.HearOtherHosts);
        _hub.Closed += _ =>
        {
            _closed.TrySetResult();
            return Task.CompletedTask;
        };
    }

    public FakeAgent Agent { get; } = new();

    /// <summary>The console ended the connection, or it broke.</summary>
    public Task Closed => _closed.Task.WaitAsync(TimeSpan.FromSeconds(20));

    public Task ConnectAsync() => _hub.StartAsync();

    public Task TellAsync(string what, object message) => _hub.InvokeAsync(what, message);

    public async ValueTask DisposeAsync() => await _hub.DisposeAsync();
}
