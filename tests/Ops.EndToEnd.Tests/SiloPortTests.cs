using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Ops.Contracts;
using Ops.Testing;

namespace Ops.EndToEnd.Tests;

/// <summary>The port by which consoles reach each other, as a stranger finds it: two consoles over one PostgreSQL database, and a host that has joined.</summary>
[Collection(Browsers.Name)]
[Trait("Needs", "PostgreSQL")]
public sealed class SiloPortTests(BrowserFixture browser) : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private readonly MailStore _store = new("remote", "dora");
    private readonly Scratch _data = new();

    public void Dispose()
    {
        _store.Dispose();
        _data.Dispose();
    }

    [PostgresFact]
    public async Task The_port_between_consoles_says_nothing_to_a_stranger_or_an_agent()
    {
        var database = $"{PostgresFactAttribute.Server};Database=silo_{Guid.NewGuid():N}";
        int[] silos = [ConsoleProcess.FreePort(), ConsoleProcess.FreePort()];
        var agents = ConsoleProcess.FreePort();
        await using var first = await StartAsync("first", database, silos[0], "--Ops:AgentListen", $"127.0.0.1:{agents}");
        await using var second = await StartAsync("second", database, silos[1]);
        await using var admin = await Visit.StartAsync(browser.Chromium, first.Address);
        await admin.SetUpAsync(await first.SetupLinkAsync());
        var token = _store.OutsideFile("join.token", await admin.CreateTokenAsync("mail2"));
        var joined = await OpsCommand.RunAsync("agent", "join", $"https://127.0.0.1:{agents}", "--token-file", token, "--policy", _store.Policy);
        Assert.True(joined.ExitCode == 0, $"{joined}\n{first.Log}");
        using var kept = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Join(_store.State, "agent-identity.json")));
        string Kept(string name) => kept.RootElement.GetProperty(name).GetString()!;
        using var authority = X509Certificate2.CreateFromPem(Kept("authority"));
        using var agent = X509Certificate2.CreateFromPem(Kept("certificate"), Kept("key"));
        using var own = SelfMade();

        foreach (var port in silos)
        {
            Assert.Equal(0, await HeardInPlainTextAsync(port));
            foreach (var shown in new[] { null, own, agent })
            {
                var (server, heard) = await HeardWithTlsAsync(port, shown);
                using (server)
                    Assert.True(AgentTrust.IsGood(server, authority, AgentTrust.SiloUse, DateTimeOffset.UtcNow), server.Subject);
                Assert.Equal(0, heard);
            }
        }
    }

    // What the test above listens for: without TLS, Orleans introduces itself to every connection.
    [PostgresFact]
    public async Task The_port_speaks_first_where_TLS_was_switched_off_and_the_log_warns_of_it()
    {
        var port = ConsoleProcess.FreePort();
        await using var console = await StartAsync("open", $"{PostgresFactAttribute.Server};Database=silo_{Guid.NewGuid():N}", port, "--Ops:Cluster:Tls", "false");
        Assert.NotEqual(0, await HeardInPlainTextAsync(port));
        Assert.Contains("Ops:Cluster:Tls is off", console.Log, StringComparison.Ordinal);
    }

    private Task<ConsoleProcess> StartAsync(string name, string database, int siloPort, params string[] options) => ConsoleProcess.StartAsync(
        _data.Sub(name), policy: null, port: null,
        ["--Ops:Database", "Postgres", "--Ops:ConnectionString", database, "--Ops:Fleet", "true", "--Ops:Cluster:Port", siloPort.ToString(CultureInfo.InvariantCulture), .. options]);

    /// <summary>How many bytes came until the other side ended the connection, or the first ones.</summary>
    private static async Task<int> HeardInPlainTextAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        // Long enough to be taken for the start of TLS, which it is not.
        await client.GetStream().WriteAsync(new byte[64]);
        return await HeardAsync(client.GetStream());
    }

    private static async Task<(X509Certificate2 Server, int Heard)> HeardWithTlsAsync(int port, X509Certificate2? shown)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        X509Certificate2? server = null;
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false);
        var heard = 0;
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "console",
                // Whatever the server would accept is offered.
                LocalCertificateSelectionCallback = (_, _, _, _, _) => shown!,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => (server = X509CertificateLoader.LoadCertificate(certificate!.GetRawCertData())) is not null,
            });
            heard = await HeardAsync(tls);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            // Refused within the handshake: TLS 1.2, or a quick server.
        }
        Assert.NotNull(server);
        return (server, heard);
    }

    private static async Task<int> HeardAsync(Stream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[64]).AsTask().WaitAsync(Soon);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>For the same uses as a console's, of an authority of its own.</summary>
    private static X509Certificate2 SelfMade()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Mailstore Ops console of a fleet", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(AgentTrust.SiloUse), new Oid(AgentTrust.ConsoleUse), new Oid(AgentTrust.AgentUse)], critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
