using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Ops.Cluster.Silos;
using Orleans.Configuration;

namespace Ops.Cluster;

/// <summary>Brings <see cref="IConsoles"/> into a console.</summary>
public static class ClusterSetup
{
    /// <summary>A console alone: nothing listens, nothing is started.</summary>
    public static IServiceCollection AddOneConsole(this IServiceCollection services) => services.AddSingleton<IConsoles, OneConsole>().AddSingleton(s => s.GetRequiredService<IConsoles>().Me);

    /// <summary>One of several consoles, whose membership is in their database. Its tables come with the migrations of Ops.Data. Needs an <see cref="ISiloIdentity"/> that is ready before the host starts.</summary>
    /// <remarks>A console that reads there that it was declared dead ends its process: that is Orleans' rule, and the others rely on it.</remarks>
    public static IHostApplicationBuilder AddConsoles(this IHostApplicationBuilder builder, ClusterOptions options, string connectionString)
    {
        builder.UseOrleans(silo =>
        {
            silo.UseAdoNetClustering(o =>
            {
                o.Invariant = "Npgsql";
                o.ConnectionString = connectionString;
            });
            silo.Configure<Orleans.Configuration.ClusterOptions>(o => o.ClusterId = o.ServiceId = options.Name);
            var address = options.Address is { } text ? IPAddress.Parse(text) : IPAddress.Loopback;
            silo.Configure<EndpointOptions>(o =>
            {
                o.AdvertisedIPAddress = address;
                o.SiloPort = options.Port;
                o.GatewayPort = 0; // nothing but consoles connects
                o.SiloListeningEndpoint = new(address, options.Port);
            });
            silo.Configure<ClusterMembershipOptions>(o =>
            {
                o.ProbeTimeout = TimeSpan.FromSeconds(1);
                o.NumMissedProbesLimit = options.MissedProbes;
                o.TableRefreshTimeout = TimeSpan.FromSeconds(5);
                o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
                // A start must say that it cannot reach the others, not try for five minutes in silence.
                o.MaxJoinAttemptTime = TimeSpan.FromSeconds(30);
                o.DefunctSiloExpiration = TimeSpan.FromDays(1);
                o.DefunctSiloCleanupPeriod = TimeSpan.FromHours(1);
            });
            silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(30));
            if (options.Tls)
            {
                silo.UseConsoleTls();
            }
            else
            {
                silo.AddStartupTask((services, _) =>
                {
                    services.GetRequiredService<ILogger<OrleansConsoles>>().PortIsOpen(options.Port);
                    return Task.CompletedTask;
                });
            }
            silo.AddGrainService<ConsoleService>();
        });
        // Of the address alone: rows are written under it before this console has joined.
        builder.Services.AddSingleton(s => new ConsoleId(s.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString()));
        builder.Services.AddSingleton<MessageSeal>().AddSingleton<ConsoleServiceClient>().AddSingleton<OrleansConsoles>().AddSingleton<IConsoles>(s => s.GetRequiredService<OrleansConsoles>());
        return builder;
    }
}
