using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Connections;
using Ops.Cluster;
using Ops.Web.Live.Fleet;
using Ops.Web.Live.Integrity;
using Ops.Web.Live.Recording;

namespace Ops.Web.Live;

internal static class LiveSetup
{
    private static readonly TimeSpan ResumeWithin = TimeSpan.FromSeconds(5);

    public static void AddLive(this IServiceCollection services, LiveLimits limits)
    {
        services.AddSingleton(limits).AddSingleton<LiveState>().AddSingleton<MailboxBoards>().AddSingleton<AgentDirectory>().AddSingleton<AgentConnections>().AddSingleton<OpenPages>().AddSingleton<HostQuestions>().AddSingleton<AgentRefusals>().AddSingleton<HostNames>();
        services.AddSingleton<HistoryPulse>();
        services.AddSingleton<FleetMirror>().AddSingleton<IConsoleHandler>(s => s.GetRequiredService<FleetMirror>());
        services.AddSingleton<FleetDesk>().AddSingleton<IConsoleHandler>(s => s.GetRequiredService<FleetDesk>());
        services.AddHostedService<HostBook>();
        services.AddHostedService<FleetPublisher>();
        // After the book: a host that the book does not have is one that was removed.
        services.AddHostedService<HistoryRecorder>();
        services.AddSingleton<IntegrityBook>().AddHostedService(s => s.GetRequiredService<IntegrityBook>());
        services.AddHostedService<AgentWatch>();
        services.AddHostedService<OtherHosts>();
        services.AddHostedService<AuditWatch>();
        services.AddHostedService<StorageWatch>();
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, AgentTokenScheme>(AgentTokenScheme.Name, null);
        // How long a broken link may be resumed. Until then its host is shown as it was, so a killed agent is lost a few seconds later than a stopped one.
        services.Configure<ConnectionOptions>(o => o.DisconnectTimeout = ResumeWithin);
        services.AddSignalR()
            .AddHubOptions<AgentHub>(o => o.MaximumReceiveMessageSize = limits.MessageBytes)
            .AddJsonProtocol(o =>
            {
                o.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, OpsJson.Default);
                // Those of OpsJson do not come with it: without them a field that is null or missing would reach the pages.
                o.PayloadSerializerOptions.RespectNullableAnnotations = true;
                o.PayloadSerializerOptions.RespectRequiredConstructorParameters = true;
            });
    }

    /// <summary>Where remote agents connect: WebSockets only, and a link that breaks for a moment goes on where it was.</summary>
    public static void MapAgentHub(this IEndpointRouteBuilder routes) => routes.MapHub<AgentHub>(AgentHub.Address, o =>
    {
        o.Transports = HttpTransportType.WebSockets;
        o.AllowStatefulReconnects = true;
    });

    /// <summary>Runs the agent of this host inside the console.</summary>
    public static void AddEmbeddedAgent(this IServiceCollection services, Func<IServiceProvider, EmbeddedAgent> start)
    {
        services.AddSingleton<Func<EmbeddedAgent>>(s => () => start(s));
        services.AddHostedService<EmbeddedAgentService>();
    }
}
