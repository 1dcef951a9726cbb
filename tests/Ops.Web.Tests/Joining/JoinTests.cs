using System.Net;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Ops.Agent;
using Ops.Data;
using Ops.Web.Features.Hosts;
using Ops.Web.Live;
using Ops.Web.Live.Joining;
using Ops.Web.Tests.Live;

namespace Ops.Web.Tests.Joining;

public sealed class JoinTests(JoiningConsole site) : IClassFixture<JoiningConsole>
{
    [Fact]
    public async Task A_host_that_joined_connects_with_its_certificate_and_speaks_for_no_other_host()
    {
        var (_, host, identity) = await site.JoinedAsync();
        await using var agent = await ConnectAsync(host, identity);
        Assert.Equal(HostConnection.Live, Status(host)!.Connection);

        var (_, other, _) = await site.JoinedAsync();
        await using var impostor = site.Agent(identity.Certificate, identity);
        await impostor.ConnectAsync();
        var refused = await Assert.ThrowsAsync<HubException>(() => impostor.TellAsync(nameof(IAgentHub.Hello), Some.Hello(other.HostId, other.HostName)));
        Assert.Contains("belongs to another host", refused.Message, StringComparison.Ordinal);
        await impostor.Closed;
        Assert.Null(Status(other));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task The_key_is_in_a_file_that_only_its_owner_can_read_and_is_not_sent_to_the_console()
    {
        var (_, host, identity) = await site.JoinedAsync();
        var file = Path.Join(host.StateDirectory, AgentIdentity.FileName);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal([site.Endpoint], identity.Consoles);
        Assert.True(identity.Certificate.HasPrivateKey);
        Assert.True(identity.EndsAt > DateTimeOffset.UtcNow + TimeSpan.FromDays(29));
    }

    [Fact]
    public async Task A_console_with_another_fingerprint_gets_nothing_and_the_token_stays_good()
    {
        var host = site.NewHost();
        var (_, text) = await site.InviteAsync();
        var why = await site.JoinAsync(host, text with { Pin = new string('A', 43) });
        Assert.Contains("another fingerprint", why, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Join(host.StateDirectory, AgentIdentity.FileName)));

        Assert.Null(await site.JoinAsync(host, text));
    }

    [Fact]
    public async Task A_token_that_was_used_is_refused_with_the_reason()
    {
        var (_, text) = await site.InviteAsync();
        Assert.Null(await site.JoinAsync(site.NewHost(), text));
        var second = site.NewHost();
        Assert.Contains("it is good once", await site.JoinAsync(second, text), StringComparison.Ordinal);
        Assert.Null(AgentIdentity.Load(second.StateDirectory, TimeProvider.System));
    }

    [Fact]
    public async Task A_host_joins_over_loopback_without_TLS_and_connects_with_it_afterwards()
    {
        var host = site.NewHost();
        var (_, text) = await site.InviteAsync();
        Assert.Null(await site.JoinAsync(host, text, site.Pages));
        var identity = AgentIdentity.Load(host.StateDirectory, TimeProvider.System)!;
        Assert.Equal([site.Endpoint], identity.Consoles);
        await using var agent = await ConnectAsync(host, identity);
        Assert.Equal(HostConnection.Live, Status(host)!.Connection);
    }

    [Fact]
    public async Task Revoking_cuts_the_agent_off_at_once_and_its_certificate_is_refused_from_then_on()
    {
        var (token, host, identity) = await site.JoinedAsync();
        await using var agent = await ConnectAsync(host, identity);
        var hosts = site.Console.Services.GetRequiredService<HostsCommand>();
        Assert.Null(await hosts.RevokeAsync(await site.Console.UserAsync("revoker", OpsRoles.Admin), token.Id));
        await agent.Closed;

        await using var again = site.Agent(identity.Certificate, identity);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<HttpRequestException>(again.ConnectAsync)).StatusCode);
        Assert.Contains("was revoked", await identity.RenewAsync(CancellationToken.None), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_renews_its_key_and_the_old_one_is_refused_once_the_new_one_was_used()
    {
        var (_, host, identity) = await site.JoinedAsync();
        var (old, replaced) = (identity.Certificate, identity.Replaced);
        Assert.Null(await identity.RenewAsync(CancellationToken.None));
        Assert.True(replaced.IsCancellationRequested);
        Assert.NotEqual(AgentTrust.Pin(old), AgentTrust.Pin(identity.Certificate));
        Assert.Equal(identity.Certificate.Thumbprint, AgentIdentity.Load(host.StateDirectory, TimeProvider.System)!.Certificate.Thumbprint);

        await using var agent = await ConnectAsync(host, identity);
        await using var outdated = site.Agent(old, identity);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<HttpRequestException>(outdated.ConnectAsync)).StatusCode);
    }

    [Fact]
    public async Task A_new_key_is_asked_for_at_once_and_again_when_the_agent_connects_until_it_has_one()
    {
        var (token, host, identity) = await site.JoinedAsync();
        var hosts = site.Console.Services.GetRequiredService<HostsCommand>();
        await using (var agent = await ConnectAsync(host, identity))
        {
            Assert.NotNull(await hosts.RotateAsync(await site.Console.UserAsync("rotating-operator", OpsRoles.Operator), token.Id));
            Assert.Null(await hosts.RotateAsync(await site.Console.UserAsync("rotating", OpsRoles.Admin), token.Id));
            await Wait.Until(() => agent.Agent.Renewals == 1);
        }
        await using (var later = await ConnectAsync(host, identity))
            await Wait.Until(() => later.Agent.Renewals == 1);

        Assert.Null(await identity.RenewAsync(CancellationToken.None));
        Assert.Null((await hosts.ListAsync()).Single(t => t.Id == token.Id).RotationAskedAt);
    }

    [Fact]
    public async Task A_certificate_that_another_authority_signed_is_refused()
    {
        var (token, _, identity) = await site.JoinedAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var forged = new CertificateRequest($"CN={token.Id}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var agent = site.Agent(forged, identity);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<HttpRequestException>(agent.ConnectAsync)).StatusCode);
    }

    [Fact]
    public async Task Agents_get_no_page_and_pages_stay_where_they_were()
    {
        using var agents = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator }) { BaseAddress = site.Endpoint };
        using var pages = new HttpClient { BaseAddress = site.Pages };
        Assert.Equal(HttpStatusCode.NotFound, (await agents.GetAsync("/sign-in")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await pages.GetAsync("/sign-in")).StatusCode);
        using var none = new ByteArrayContent([]);
        Assert.Equal(HttpStatusCode.BadRequest, (await agents.PostAsync(JoinPaths.Join, none)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await agents.PostAsync(JoinPaths.Renew, none)).StatusCode);
    }

    [Fact]
    public async Task All_consoles_of_a_database_are_one_authority_and_a_certificate_is_good_for_its_time_and_use_only()
    {
        var services = site.Console.Services;
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        using var second = new AgentAuthority(services.GetRequiredService<AgentAuthorityKeys>(), services.GetRequiredService<IDataProtectionProvider>(), clock);
        await second.OpenAsync();
        Assert.Equal(services.GetRequiredService<AgentAuthority>().Pin, second.Pin);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var id = Guid.NewGuid();
        using var agent = X509Certificate2.CreateFromPem(second.SignAgent(id, new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).PublicKey, second.AgentCertificateEnd()));
        using var authority = X509Certificate2.CreateFromPem(second.Pem);
        Assert.Equal(id, second.TokenOf(agent));
        Assert.False(AgentTrust.IsGood(agent, authority, AgentTrust.ConsoleUse, clock.GetUtcNow()));
        var console = second.ConsoleCertificate();
        Assert.Null(second.TokenOf(console));
        Assert.True(AgentTrust.IsGood(console, authority, AgentTrust.ConsoleUse, clock.GetUtcNow()));

        var silo = second.SiloCertificate();
        Assert.True(services.GetRequiredService<AgentAuthority>().IsSilo(silo));
        Assert.False(second.IsSilo(agent));
        Assert.False(second.IsSilo(console));
        Assert.Null(second.TokenOf(silo));

        clock.Advance(AgentAuthority.AgentLifetime + TimeSpan.FromMinutes(1));
        Assert.Null(second.TokenOf(agent));
        Assert.Same(silo, second.SiloCertificate());
        Assert.Same(console, second.ConsoleCertificate());
        clock.Advance(TimeSpan.FromDays(300));
        Assert.NotSame(console, second.ConsoleCertificate());
        Assert.NotSame(silo, second.SiloCertificate());
        clock.Advance(TimeSpan.FromDays(60));
        Assert.False(second.IsSilo(silo));
        Assert.True(second.IsSilo(second.SiloCertificate()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----")]
    public void A_malformed_request_for_a_certificate_is_turned_down(string text) => Assert.Null(AgentAuthority.KeyOf(text));

    [Fact]
    public void Only_keys_that_agents_make_are_certified()
    {
        using var rsa = RSA.Create(2048);
        Assert.Null(AgentAuthority.KeyOf(new CertificateRequest("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem()));
        using var large = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Null(AgentAuthority.KeyOf(new CertificateRequest("CN=x", large, HashAlgorithmName.SHA256).CreateSigningRequestPem()));
        using var right = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.NotNull(AgentAuthority.KeyOf(new CertificateRequest("CN=x", right, HashAlgorithmName.SHA256).CreateSigningRequestPem()));
    }

    private async Task<RemoteAgent> ConnectAsync(AgentSettings host, AgentIdentity identity)
    {
        var agent = site.Agent(identity.Certificate, identity);
        await agent.ConnectAsync();
        await agent.TellAsync(nameof(IAgentHub.Hello), Some.Hello(host.HostId, host.HostName));
        await agent.TellAsync(nameof(IAgentHub.Snapshot), Some.Snapshot(1, Some.Finding("a", host: host.HostName)));
        return agent;
    }

    private HostStatus? Status(AgentSettings host) => site.Console.Services.GetRequiredService<LiveState>().Current.Host(host.HostId)?.Status;
}
