using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Ops.Agent;

/// <summary>The few requests to a console that are not part of a session: to join and to renew.</summary>
internal static class JoinHttp
{
    private const int LargestAnswer = 64 * 1024;

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    /// <param name="trusts">Asked of the certificate that the console shows.</param>
    /// <param name="own">With its key; null: the agent has none yet.</param>
    public static HttpClient Client(Uri console, Func<X509Certificate?, bool> trusts, X509Certificate2? own)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => trusts(certificate);
        if (own is not null)
            handler.SslOptions.ClientCertificates = [own];
        return new HttpClient(handler) { BaseAddress = console, Timeout = AnswerWithin, MaxResponseContentBufferSize = LargestAnswer };
    }

    public static async Task<(HttpStatusCode Status, string Text)> PostAsync<T>(HttpClient http, string path, T message, JsonTypeInfo<T> type, CancellationToken stop)
    {
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(message, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await http.PostAsync(path, content, stop);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(stop));
    }

    /// <summary>What a network, a console or a disk can do, other than being stopped.</summary>
    public static bool IsFailure(Exception e, CancellationToken stop) =>
        !stop.IsCancellationRequested && e is HttpRequestException or TaskCanceledException or JsonException or CryptographicException or IOException or UnauthorizedAccessException;

    public static string Words(Exception e) => e is TaskCanceledException ? $"no answer within {AnswerWithin.TotalSeconds:0} s" : e.InnerException is { } inner ? Words(inner) : e.Message;
}
