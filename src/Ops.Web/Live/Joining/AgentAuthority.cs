using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;
using Ops.Cluster;
using Ops.Data;

namespace Ops.Web.Live.Joining;

/// <summary>Signs the certificates of agents, and this console's own for them. The key is in the database, encrypted as stored secrets are, so all consoles of a database are one authority. Singleton.</summary>
public sealed class AgentAuthority(AgentAuthorityKeys store, IDataProtectionProvider keys, TimeProvider clock) : ISiloIdentity, IDisposable
{
    /// <summary>How long an agent's certificate is good. It asks for the next one when a third is left.</summary>
    public static readonly TimeSpan AgentLifetime = TimeSpan.FromDays(30);

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(20 * 365);
    private static readonly TimeSpan ConsoleLifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan ConsoleRenewal = TimeSpan.FromDays(60);

    // Clocks differ.
    private static readonly TimeSpan Early = TimeSpan.FromHours(1);

    private readonly IDataProtector _protector = keys.CreateProtector("Ops.Web.Live.Joining.Authority");
    private readonly Lock _gate = new();
    private X509Certificate2? _authority;
    private X509Certificate2? _console;
    private X509Certificate2? _silo;

    private X509Certificate2 Authority => _authority ?? throw new InvalidOperationException("The authority of the agents was not opened.");

    /// <summary>By which agents know the consoles.</summary>
    public string Pin => AgentTrust.Pin(Authority);

    public string Pem => Authority.ExportCertificatePem();

    /// <summary>Reads the authority, or makes it at the first start.</summary>
    /// <exception cref="DataDirectoryException">Its key cannot be decrypted.</exception>
    public async Task OpenAsync(CancellationToken stop = default)
    {
        var kept = await store.FindOrAddAsync(Make, stop);
        try
        {
            using var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(_protector.Unprotect(Convert.FromBase64String(kept.LockedKey)), out _);
            using var certificate = X509CertificateLoader.LoadCertificate(kept.Certificate);
            _authority = certificate.CopyWithPrivateKey(key);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw new DataDirectoryException(
                $"The key that signs for agents cannot be decrypted: the keys that protect stored secrets are not those of this database. Restore them, or delete the row of the table AgentAuthorities: then every agent has to join again. ({e.Message})");
        }
    }

    /// <summary>The certificate that this console shows to agents. Its key is new at every start.</summary>
    public X509Certificate2 ConsoleCertificate() => OfThisConsole(ref _console, "CN=Mailstore Ops console", AgentTrust.ConsoleUse);

    /// <inheritdoc/>
    /// <remarks>Its name is no token's id, so it never speaks for an agent. Orleans wants the two uses of TLS as well.</remarks>
    public X509Certificate2 SiloCertificate() => OfThisConsole(ref _silo, "CN=Mailstore Ops console of a fleet", AgentTrust.SiloUse, AgentTrust.ConsoleUse, AgentTrust.AgentUse);

    /// <inheritdoc/>
    public bool IsSilo(X509Certificate2 certificate) =>
        _authority is { } authority && AgentTrust.IsGood(certificate, authority, AgentTrust.SiloUse, clock.GetUtcNow());

    /// <summary>End of a certificate that is signed now.</summary>
    public DateTimeOffset AgentCertificateEnd() => clock.GetUtcNow() + AgentLifetime;

    /// <summary>A certificate for the agent of a token, in PEM.</summary>
    public string SignAgent(Guid tokenId, PublicKey key, DateTimeOffset end)
    {
        using var certificate = Sign(new CertificateRequest(new X500DistinguishedName($"CN={tokenId}"), key, HashAlgorithmName.SHA256), end, AgentTrust.AgentUse);
        return certificate.ExportCertificatePem();
    }

    /// <summary>Which token's agent this certificate was made for; null for any other, and one that is over.</summary>
    public Guid? TokenOf(X509Certificate2 certificate) =>
        _authority is { } authority && AgentTrust.IsGood(certificate, authority, AgentTrust.AgentUse, clock.GetUtcNow())
            && Guid.TryParse(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), out var id) ? id : null;

    /// <summary>The key for which a certificate is asked, or null: the request is malformed, not signed by its key, or of a kind of key that no agent makes.</summary>
    public static PublicKey? KeyOf(string signingRequest)
    {
        try
        {
            // Checks the signature. Nothing else of the request is used: name and uses are the console's to say.
            var request = CertificateRequest.LoadSigningRequestPem(signingRequest, HashAlgorithmName.SHA256);
            using var key = request.PublicKey.GetECDsaPublicKey();
            return key?.ExportParameters(false).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value ? request.PublicKey : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _authority?.Dispose();
        _console?.Dispose();
        _silo?.Dispose();
    }

    private AgentAuthorityKey Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = clock.GetUtcNow();
        var request = new CertificateRequest("CN=Mailstore Ops agents", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(now - Early, now + Lifetime);
        return new() { Certificate = certificate.RawData, LockedKey = Convert.ToBase64String(_protector.Protect(key.ExportPkcs8PrivateKey())), CreatedAt = now };
    }

    private X509Certificate2 OfThisConsole(ref X509Certificate2? current, string name, params string[] uses)
    {
        lock (_gate)
        {
            if (current is null || current.NotAfter - clock.GetUtcNow().LocalDateTime < ConsoleRenewal)
            {
                using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                // The one before is not disposed: a connection may just have been given it.
                using var bare = Sign(new CertificateRequest(name, key, HashAlgorithmName.SHA256), clock.GetUtcNow() + ConsoleLifetime, uses);
                current = bare.CopyWithPrivateKey(key);
            }
            return current;
        }
    }

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset end, params string[] uses)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. uses.Select(u => new Oid(u))], critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        return request.Create(Authority, clock.GetUtcNow() - Early, end, RandomNumberGenerator.GetBytes(16));
    }
}
