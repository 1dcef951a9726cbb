using System.Net;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Ops.Data;

namespace Ops.Web.Live.Joining;

/// <summary>How a host is taken in, and how its agent gets the next certificate.</summary>
internal static class JoinRoutes
{
    private const int LargestRequest = 16 * 1024;

    public static void MapJoining(this IEndpointRouteBuilder routes)
    {
        routes.MapGet($"/{JoinPaths.Authority}", (AgentEndpoint endpoint, AgentAuthority authority) => endpoint.At is null ? Results.NotFound() : Results.Text(authority.Pem)).AllowAnonymous();
        routes.MapPost($"/{JoinPaths.Join}", JoinAsync).AllowAnonymous().DisableAntiforgery().WithMetadata(new RequestSizeLimitAttribute(LargestRequest));
        routes.MapPost($"/{JoinPaths.Renew}", RenewAsync).DisableAntiforgery().WithMetadata(new RequestSizeLimitAttribute(LargestRequest))
            .RequireAuthorization(new AuthorizeAttribute { AuthenticationSchemes = AgentTokenScheme.Name });
    }

    private static async Task<IResult> JoinAsync(HttpContext http, AgentEndpoint endpoint, AgentAuthority authority, AgentKeys keys, AgentRefusals refusals, CancellationToken stop)
    {
        if (endpoint.At is not { } at)
            return Results.NotFound();
        var from = http.Connection.RemoteIpAddress;
        if (!http.Request.IsHttps && from is not null && !IPAddress.IsLoopback(from))
            return No("A token is not taken over a network in the clear. Use https.");
        if (await ReadAsync(http, OpsJson.Default.JoinRequest, stop) is not { } request || AgentAuthority.KeyOf(request.SigningRequest) is not { } key)
            return No("This request to join is malformed.", StatusCodes.Status400BadRequest);
        if (HostNames.Problem(request.HostId, request.HostName) is { } problem)
            return No(problem, StatusCodes.Status400BadRequest);
        var end = authority.AgentCertificateEnd();
        try
        {
            var (joined, why) = await keys.JoinAsync(request.Secret, request.HostId, request.HostName, AgentTrust.KeyHash(key), end, stop);
            if (joined is not null)
                return Results.Json(new JoinAnswer(authority.SignAgent(joined.Id, key, end), at.Port), OpsJson.Default.JoinAnswer);
            await refusals.NoteAsync(from?.ToString() ?? "unknown", "a token that is not good to join");
            return No(why!);
        }
        catch (AuditNotWrittenException)
        {
            return No("The audit could not be written, so the host was not taken in. The token is still good.", StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static async Task<IResult> RenewAsync(HttpContext http, AgentAuthority authority, AgentKeys keys, CancellationToken stop)
    {
        if (http.User.FindFirstValue(AgentTokenScheme.KeyClaim) is not { } current)
            return No("Only an agent that has joined can renew its certificate.");
        if (await ReadAsync(http, OpsJson.Default.RenewRequest, stop) is not { } request || AgentAuthority.KeyOf(request.SigningRequest) is not { } key)
            return No("This request to renew is malformed.", StatusCodes.Status400BadRequest);
        var id = Guid.Parse(http.User.FindFirstValue(ClaimTypes.NameIdentifier)!);
        var end = authority.AgentCertificateEnd();
        try
        {
            return await keys.RenewAsync(id, Convert.FromHexString(current), AgentTrust.KeyHash(key), end, stop) is { } why
                ? No(why)
                : Results.Json(new RenewAnswer(authority.SignAgent(id, key, end)), OpsJson.Default.RenewAnswer);
        }
        catch (AuditNotWrittenException)
        {
            return No("The audit could not be written, so the certificate was not renewed.", StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static async Task<T?> ReadAsync<T>(HttpContext http, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken stop)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(http.Request.Body, type, stop);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IResult No(string why, int status = StatusCodes.Status403Forbidden) => Results.Text(why, statusCode: status);
}
