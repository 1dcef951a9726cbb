using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Connections.Security;

namespace Ops.Cluster.Silos;

/// <summary>TLS between consoles, with a certificate on both sides: nothing of Orleans is read before it has been accepted.</summary>
internal static class SiloTls
{
    // The name by which TLS asks for a certificate. Consoles are known by the authority and the use of theirs, not by an address.
    private const string AnyConsole = "console.mailstore-ops.invalid";

    public static void UseConsoleTls(this ISiloBuilder silo) => silo.Configure<SiloConnectionOptions>(o =>
    {
        o.ConfigureSiloInboundConnection(c => c.UseServerTls(Options(c)));
        o.ConfigureGatewayInboundConnection(c => c.UseServerTls(Options(c)));
        o.ConfigureSiloOutboundConnection(c => c.UseClientTls(Options(c)));
    });

    private static TlsOptions Options(IConnectionBuilder connection)
    {
        var identity = connection.ApplicationServices.GetRequiredService<ISiloIdentity>();
        var options = new TlsOptions
        {
            // Orleans does not start requiring one without it, and asks the selectors from then on: they know the renewed one.
            LocalCertificate = identity.SiloCertificate(),
            LocalServerCertificateSelector = (_, _) => identity.SiloCertificate(),
            LocalClientCertificateSelector = (_, _, _, _, _) => identity.SiloCertificate(),
            RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
            ClientCertificateMode = RemoteCertificateMode.RequireCertificate,
            RemoteCertificateValidation = (certificate, _, _) => identity.IsSilo(certificate),
        };
        options.OnAuthenticateAsClient = (_, tls) => tls.TargetHost = AnyConsole;
        return options;
    }
}
