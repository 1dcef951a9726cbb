using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Ops.Contracts;
using Ops.Linux;

namespace Ops.Agent;

/// <summary>What an agent that has joined keeps: how it proves itself, how it knows its consoles, and where they are. One file, so that a key and its certificate are replaced together.</summary>
/// <param name="Authority">PEM, as all of these.</param>
/// <param name="Key">PKCS#8. It was made on this host and is sent nowhere.</param>
internal sealed record KeptIdentity(IReadOnlyList<string> Consoles, string Authority, string Certificate, string Key);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeptIdentity))]
internal sealed partial class IdentityJson : JsonSerializerContext;

/// <summary>The key and certificate of an agent that has joined, and the authority by which it knows its consoles. Renews itself.</summary>
public sealed class AgentIdentity : IDisposable
{
    /// <summary>In the state directory.</summary>
    public const string FileName = "agent-identity.json";

    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(10);

    private readonly string _directory;
    private readonly TimeProvider _clock;
    private readonly X509Certificate2 _authority;
    private readonly SemaphoreSlim _asked = new(0, 1);
    private KeptIdentity _kept;
    private X509Certificate2 _certificate;
    private CancellationTokenSource _replaced = new();

    private AgentIdentity(string directory, KeptIdentity kept, TimeProvider clock)
    {
        (_directory, _kept, _clock) = (directory, kept, clock);
        _authority = X509Certificate2.CreateFromPem(kept.Authority);
        _certificate = X509Certificate2.CreateFromPem(kept.Certificate, kept.Key);
        Consoles = [.. kept.Consoles.Select(c => new Uri(c))];
    }

    public IReadOnlyList<Uri> Consoles { get; }

    /// <summary>With its key.</summary>
    public X509Certificate2 Certificate => _certificate;

    public DateTimeOffset EndsAt => _certificate.NotAfter;

    /// <summary>Cancelled when another key takes the place of this one: connections made with it have to be made again.</summary>
    public CancellationToken Replaced => _replaced.Token;

    /// <summary>Reads what a join has left; null when this agent has not joined.</summary>
    /// <exception cref="IOException">The file cannot be read, or is damaged.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static AgentIdentity? Load(string stateDirectory, TimeProvider clock)
    {
        var file = Path.Join(stateDirectory, FileName);
        if (!File.Exists(file))
            return null;
        try
        {
            using var stream = File.OpenRead(file);
            return new(stateDirectory, JsonSerializer.Deserialize(stream, IdentityJson.Default.KeptIdentity) ?? throw new JsonException("it is empty"), clock);
        }
        catch (Exception e) when (e is JsonException or CryptographicException or UriFormatException or ArgumentException)
        {
            throw new IOException($"{file} is damaged ({e.Message}). Join again with a new token.", e);
        }
    }

    /// <summary>Joins: knows the console by the pin of the token, makes a key, has it certified, and keeps both.</summary>
    /// <param name="consoles">At least one; the first one that answers is asked, and all are kept.</param>
    /// <returns>Null when it is done, else why not.</returns>
    public static async Task<string?> JoinAsync(IReadOnlyList<Uri> consoles, JoinToken token, AgentSettings settings, TimeProvider clock, CancellationToken stop)
    {
        List<string> unreachable = [];
        foreach (var console in consoles)
        {
            X509Certificate2 authority;
            try
            {
                authority = await AuthorityAsync(console, stop);
            }
            catch (Exception e) when (JoinHttp.IsFailure(e, stop))
            {
                unreachable.Add($"{console}: {JoinHttp.Words(e)}");
                continue;
            }
            using (authority)
            {
                // Before anything secret is sent.
                if (AgentTrust.Pin(authority) != token.Pin)
                    return $"{console} is not the console that made this token: its certificate has another fingerprint. Nothing was sent to it.";
                return await JoinAsync(console, consoles, authority, token, settings, clock, stop);
            }
        }
        return $"no console answered: {string.Join("; ", unreachable)}";
    }

    /// <summary>Whether this is the certificate of a console.</summary>
    public bool Trusts(X509Certificate? console) => Trusts(_authority, console, _clock);

    /// <summary>Makes a new key soon, whatever the age of the one there is.</summary>
    public void AskRenewal()
    {
        try
        {
            _asked.Release();
        }
        catch (SemaphoreFullException)
        {
            // Was asked already.
        }
    }

    /// <summary>Renews the certificate in time, and when asked, until stopped.</summary>
    public async Task KeepAsync(ILogger log, CancellationToken stop)
    {
        for (var asked = false; !stop.IsCancellationRequested;)
        {
            if (asked || IsDue(_certificate.NotBefore, _certificate.NotAfter, _clock.GetUtcNow()))
            {
                if (await RenewAsync(stop) is { } problem)
                {
                    log.NotRenewed(EndsAt, Locks.FilePath.FromText(problem));
                }
                else
                {
                    asked = false;
                    log.Renewed(EndsAt);
                }
            }
            asked |= await _asked.WaitAsync(LookEvery, stop);
        }
    }

    /// <summary>True when a third of its time is left: enough for a console that is away for a week.</summary>
    public static bool IsDue(DateTimeOffset from, DateTimeOffset end, DateTimeOffset now) => now >= end - (end - from) / 3;

    /// <summary>Makes a key and puts it, with its certificate, in the place of the ones there are.</summary>
    /// <returns>Null when it is done, else why not.</returns>
    public async Task<string?> RenewAsync(CancellationToken stop)
    {
        List<string> problems = [];
        foreach (var console in Consoles)
        {
            try
            {
                using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                using var http = JoinHttp.Client(console, Trusts, _certificate);
                var (status, text) = await JoinHttp.PostAsync(http, JoinPaths.Renew, new RenewRequest(SigningRequest(key)), OpsJson.Default.RenewRequest, stop);
                if (status != HttpStatusCode.OK)
                {
                    problems.Add($"{console}: {(status == HttpStatusCode.Unauthorized ? "this certificate is over or was revoked; join again with a new token" : text)}");
                    continue;
                }
                var answer = JsonSerializer.Deserialize(text, OpsJson.Default.RenewAnswer) ?? throw new JsonException("an empty answer");
                Replace(_kept with { Certificate = answer.Certificate, Key = key.ExportPkcs8PrivateKeyPem() });
                return null;
            }
            catch (Exception e) when (JoinHttp.IsFailure(e, stop))
            {
                problems.Add($"{console}: {JoinHttp.Words(e)}");
            }
        }
        return string.Join("; ", problems);
    }

    public void Dispose()
    {
        _asked.Dispose();
        _replaced.Dispose();
        _certificate.Dispose();
        _authority.Dispose();
    }

    private void Replace(KeptIdentity next)
    {
        var certificate = X509Certificate2.CreateFromPem(next.Certificate, next.Key);
        // On the disk first: once the new key is used, the console forgets the old one.
        Keep(_directory, next);
        (_kept, _certificate) = (next, certificate);
        Interlocked.Exchange(ref _replaced, new()).Cancel();
    }

    private static async Task<string?> JoinAsync(Uri console, IReadOnlyList<Uri> consoles, X509Certificate2 authority, JoinToken token, AgentSettings settings, TimeProvider clock, CancellationToken stop)
    {
        try
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var http = JoinHttp.Client(console, certificate => Trusts(authority, certificate, clock), null);
            var request = new JoinRequest(token.Secret, settings.HostId, settings.HostName, SigningRequest(key));
            var (status, text) = await JoinHttp.PostAsync(http, JoinPaths.Join, request, OpsJson.Default.JoinRequest, stop);
            if (status != HttpStatusCode.OK)
                return $"{console} refused (HTTP {(int)status}): {text}";
            var answer = JsonSerializer.Deserialize(text, OpsJson.Default.JoinAnswer) ?? throw new JsonException("an empty answer");
            var kept = new KeptIdentity([.. consoles.Select(c => Secure(c, answer.Port).AbsoluteUri)], authority.ExportCertificatePem(), answer.Certificate, key.ExportPkcs8PrivateKeyPem());
            // That they belong together is known before the file is written.
            using (X509Certificate2.CreateFromPem(kept.Certificate, kept.Key))
                Keep(settings.StateDirectory, kept);
            return null;
        }
        catch (Exception e) when (JoinHttp.IsFailure(e, stop))
        {
            return $"{console}: {JoinHttp.Words(e)}";
        }
    }

    // The certificate of the authority is public, and it is the pin that says whether it is the right one: so it may come from anywhere.
    private static async Task<X509Certificate2> AuthorityAsync(Uri console, CancellationToken stop)
    {
        using var http = JoinHttp.Client(console, _ => true, null);
        using var answer = await http.GetAsync(JoinPaths.Authority, stop);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"this is no address for agents to join (HTTP {(int)answer.StatusCode})");
        return X509Certificate2.CreateFromPem(await answer.Content.ReadAsStringAsync(stop));
    }

    private static bool Trusts(X509Certificate2 authority, X509Certificate? console, TimeProvider clock) =>
        console is X509Certificate2 certificate && AgentTrust.IsGood(certificate, authority, AgentTrust.ConsoleUse, clock.GetUtcNow());

    private static Uri Secure(Uri console, int port) => console.Scheme == "https" ? console : new UriBuilder(console) { Scheme = "https", Port = port }.Uri;

    private static string SigningRequest(ECDsa key) => new CertificateRequest("CN=agent", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    private static void Keep(string directory, KeptIdentity kept)
    {
        StateFile.Replace(directory, FileName, stream =>
        {
            JsonSerializer.Serialize(stream, kept, IdentityJson.Default.KeptIdentity);
            stream.Flush();
            DiskFlush.File((FileStream)stream);
        });
        DiskFlush.Directory(directory);
    }
}
