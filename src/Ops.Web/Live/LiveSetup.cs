using Microsoft.AspNetCore.Authentication;

namespace Ops.Web.Live;

internal static class LiveSetup
{
    public static void AddLive(this IServiceCollection services, LiveLimits limits)
    {
        services.AddSingleton(limits).AddSingleton<LiveState>().AddSingleton<AgentDirectory>().AddSingleton<AgentConnections>().AddSingleton<HostQuestions>().AddSingleton<AgentRefusals>();
        services.AddHostedService<HostBook>();
        services.AddHostedService<AgentWatch>();
        services.AddHostedService<AuditWatch>();
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, AgentTokenScheme>(AgentTokenScheme.Name, null);
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

    /// <summary>Runs the agent of this host inside the console.</summary>
    public static void AddEmbeddedAgent(this IServiceCollection services, Func<IServiceProvider, EmbeddedAgent> start)
    {
        services.AddSingleton<Func<EmbeddedAgent>>(s => () => start(s));
        services.AddHostedService<EmbeddedAgentService>();
    }
}
