using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ops.Contracts;

/// <summary>A host asks to be taken in.</summary>
/// <param name="Secret">Of the join token; good once.</param>
/// <param name="HostId">The only one that the certificate will speak for.</param>
/// <param name="SigningRequest">PKCS#10 in PEM, signed by the agent's own key.</param>
public sealed record JoinRequest(string Secret, string HostId, string HostName, string SigningRequest);

/// <param name="Certificate">Of the agent; PEM.</param>
/// <param name="Port">Where the console expects it from now on, with TLS.</param>
public sealed record JoinAnswer(string Certificate, int Port);

/// <summary>An agent asks for a certificate for a new key, over a connection that it made with the one it has.</summary>
public sealed record RenewRequest(string SigningRequest);

public sealed record RenewAnswer(string Certificate);

/// <summary>Where agents join. None of it needs a session of the hub.</summary>
public static class JoinPaths
{
    /// <summary>GET: the certificate of the authority that signs for agents and consoles, in PEM.</summary>
    public const string Authority = "agents/authority";

    /// <summary>POST <see cref="JoinRequest"/>.</summary>
    public const string Join = "agents/join";

    /// <summary>POST <see cref="RenewRequest"/>, with the agent's certificate.</summary>
    public const string Renew = "agents/renew";
}

/// <summary>What an administrator carries from the Hosts page to the host: a secret that is good once, and the fingerprint of the authority by which the console is known.</summary>
/// <param name="Pin">SHA-256 of the authority's public key, in base64url.</param>
public sealed record JoinToken(string Secret, string Pin)
{
    private const string Prefix = "opsj_";
    private const int Encoded = 43; // 32 bytes

    /// <summary>Null when the text is no join token.</summary>
    public static JoinToken? Parse(string text) =>
        text.Trim().Split('.') is [var secret, { Length: Encoded } pin] && secret.Length == Prefix.Length + Encoded && secret.StartsWith(Prefix, StringComparison.Ordinal)
            ? new(secret, pin)
            : null;

    public static bool LooksLike(string text) => text.TrimStart().StartsWith(Prefix, StringComparison.Ordinal);

    public override string ToString() => $"{Secret}.{Pin}";
}

/// <summary>Who is trusted on the link between agents and consoles: what the one authority signed, for the use that it was signed for.</summary>
public static class AgentTrust
{
    /// <summary>Certificates of consoles (TLS server authentication).</summary>
    public const string ConsoleUse = "1.3.6.1.5.5.7.3.1";

    /// <summary>Certificates of agents (TLS client authentication).</summary>
    public const string AgentUse = "1.3.6.1.5.5.7.3.2";

    /// <summary>Certificates by which consoles know each other. Of the arc for which no registration is needed (ITU-T X.667).</summary>
    public const string SiloUse = "2.25.164975808825345271493883419257259811606";

    public static byte[] KeyHash(PublicKey key) => SHA256.HashData(key.ExportSubjectPublicKeyInfo());

    public static string Pin(X509Certificate2 certificate) => Base64Url.EncodeToString(KeyHash(certificate.PublicKey));

    /// <summary>Signed by the authority for this use, and neither too early nor over. Names are not compared: only consoles have a certificate for <see cref="ConsoleUse"/>.</summary>
    public static bool IsGood(X509Certificate2 certificate, X509Certificate2 authority, string use, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        // The console looks a certificate up at each connection; there are no lists to fetch.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(use));
        chain.ChainPolicy.VerificationTime = now.LocalDateTime;
        return chain.Build(certificate);
    }
}
