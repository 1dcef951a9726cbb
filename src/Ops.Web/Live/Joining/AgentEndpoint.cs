using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Ops.Cluster;

namespace Ops.Web.Live.Joining;

/// <summary>Where agents that joined connect: a port of its own, with TLS of the console's own authority, so that it needs no certificate of the administrator's and no proxy ends it.</summary>
public sealed class AgentEndpoint
{
    private static readonly object Mark = new();

    private ListenOptions? _listen;

    /// <summary>Where it listens; null when the console has none.</summary>
    public IPEndPoint? At => _listen?.IPEndPoint;

    /// <summary>As the server names it.</summary>
    public string? Address => At is { } at ? $"https://{at}" : null;

    /// <summary>Registers the endpoint. Before it, the addresses of the pages have to be settled.</summary>
    internal static void Add(WebApplicationBuilder builder, IPEndPoint? at)
    {
        var endpoint = new AgentEndpoint();
        builder.Services.AddSingleton(endpoint).AddSingleton<AgentAuthority>().AddSingleton<ISiloIdentity>(s => s.GetRequiredService<AgentAuthority>());
        if (at is null)
            return;
        KeepPages(builder);
        builder.WebHost.ConfigureKestrel(k => k.Listen(at, listen =>
        {
            endpoint._listen = listen;
            listen.Protocols = HttpProtocols.Http1;
            listen.UseHttps(https =>
            {
                https.ServerCertificateSelector = (_, _) => listen.ApplicationServices.GetRequiredService<AgentAuthority>().ConsoleCertificate();
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                // TLS only proves the key. Whom it speaks for, and whether it still may, is AgentTokenScheme's to say, which can answer with a reason.
                https.AllowAnyClientCertificate();
            });
            listen.Use(next => connection =>
            {
                connection.Items[Mark] = true;
                return next(connection);
            });
        }));
    }

    /// <summary>Answers there to agents only: no page is shown under a certificate that no browser knows.</summary>
    internal static void Guard(IApplicationBuilder app) =>
        app.AnswerOnly(static http => http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) == true, AgentHub.Address, "/agents");

    // An endpoint that code adds takes the place of all plain addresses: so these become endpoints, too.
    private static void KeepPages(WebApplicationBuilder builder)
    {
        if (builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
            return;
        builder.Configuration.AddInMemoryCollection(AgentDoors.PageAddresses(builder.Configuration).Select((a, i) => KeyValuePair.Create($"Kestrel:Endpoints:Pages{i}:Url", (string?)a)));
        builder.WebHost.UseUrls();
    }
}
