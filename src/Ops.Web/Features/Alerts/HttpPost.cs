using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Ops.Web.Features.Alerts;

/// <summary>Posts JSON to an address that an administrator set. Follows no redirect, keeps no cookie, reads little of the answer, and logs nothing: the address may be a secret.</summary>
public sealed class HttpPost : IDisposable
{
    private const int MostOfAnswer = 1_024;

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxResponseHeadersLength = 16,
        MaxResponseDrainSize = 0,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // the postman has the deadline
    };

    public async Task<DeliveryResult> SendAsync(Uri address, string? token, byte[] json, CancellationToken stop)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(json) };
            request.Content.Headers.ContentType = new("application/json");
            request.Headers.UserAgent.Add(new("mailstore-ops", null));
            if (token is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            return await ResultAsync(answer, stop);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new(DeliveryState.Failed, (e.InnerException ?? e).Message);
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<DeliveryResult> ResultAsync(HttpResponseMessage answer, CancellationToken stop)
    {
        var code = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
        if (answer.IsSuccessStatusCode)
            return new(DeliveryState.Sent, $"Answer {code}.");
        if ((int)answer.StatusCode is >= 300 and < 400)
            return new(DeliveryState.Refused, $"Answer {code}: a redirect, which is not followed. Set the final address.");
        var state = answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError ? DeliveryState.Failed : DeliveryState.Refused;
        return new(state, $"Answer {code}: {await BeginOfAsync(answer.Content, stop)}");
    }

    private static async Task<string> BeginOfAsync(HttpContent content, CancellationToken stop)
    {
        var buffer = new byte[MostOfAnswer];
        await using var body = await content.ReadAsStreamAsync(stop);
        var read = await body.ReadAtLeastAsync(buffer, MostOfAnswer, throwOnEndOfStream: false, stop);
        return Encoding.UTF8.GetString(buffer, 0, read).Trim();
    }
}
