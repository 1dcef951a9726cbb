using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Ops.Data;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Acts.Operations;

/// <summary>Hands a ghost writer's bytes to an administrator, straight from the agent: the console keeps no copy.</summary>
/// <remarks>
/// The audit entry comes first. The last bytes are held back until the hash of all is the one that the rescue reported, so a download that has come to its
/// end is whole and true; anything else breaks the connection off in the middle.
/// </remarks>
internal static class RescueDownload
{
    /// <summary>As base64 in JSON well below the largest message of the hub.</summary>
    internal const int ChunkBytes = 512 * 1024;

    public static string AddressOf(Guid operationId) => $"/operations/{operationId}/rescued";

    public static void MapRescueDownload(this WebApplication app) =>
        app.MapGet("/operations/{id:guid}/rescued", SendAsync).RequireAuthorization(OpsRoles.Admin);

    private static async Task<IResult> SendAsync(
        Guid id, HttpContext http, Actors actors, OperationLog operations, AgentDirectory agents, AuditLog audit, LiveLimits limits, TimeProvider clock, ILoggerFactory loggers)
    {
        // The cookie may be older than the loss of the role.
        if (await actors.FindAsync(http.User) is not { IsAdministrator: true } actor)
            return Results.Forbid();
        var operation = await operations.GetAsync(id, http.RequestAborted);
        if (Stored(operation) is not { } rescued)
            return Results.NotFound();
        if (agents.Find(operation!.HostId) is not { IsLost: false } session)
            return Results.Problem(new ActError.HostNotConnected(operation.Host).Sentence, statusCode: StatusCodes.Status503ServiceUnavailable);
        try
        {
            await audit.AppendAsync(new()
            {
                Actor = actor.Name,
                Action = AuditActions.RescueDownload,
                Host = operation.Host,
                Path = operation.Path,
                Outcome = "sent",
                OperationId = id,
                Detail = JsonSerializer.Serialize(new Dictionary<string, string>
                {
                    ["sha256"] = rescued.Sha256,
                    ["bytes"] = rescued.Bytes.ToString(CultureInfo.InvariantCulture),
                    ["address"] = http.Connection.RemoteIpAddress?.ToString() ?? "",
                }),
            });
        }
        catch (AuditNotWrittenException)
        {
            return Results.Problem(new ActError.AuditUnwritable().Sentence, statusCode: StatusCodes.Status503ServiceUnavailable);
        }

        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = "application/octet-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"rescued-{id:N}.mbox\"";
        http.Response.ContentLength = rescued.Bytes;
        if (await CopyAsync(session.Client, id, rescued, http.Response.Body, limits.AnswerWithin, clock, http.RequestAborted) is { } why)
        {
            loggers.CreateLogger<OperationRuns>().RescueNotSent(id, operation.Host, why);
            http.Abort();
        }
        return Results.Empty;
    }

    /// <summary>Null when all bytes went out and their hash is right; else why not.</summary>
    internal static async Task<string?> CopyAsync(
        IAgentClient agent, Guid id, RescuedFile rescued, Stream to, TimeSpan within, TimeProvider clock, CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] held = [];
        long at = 0;
        while (at < rescued.Bytes)
        {
            RescueChunk chunk;
            try
            {
                chunk = await agent.FetchRescued(new(id, at, (int)Math.Min(ChunkBytes, rescued.Bytes - at))).WaitAsync(within, clock, stop);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                return e.Message; // whatever the link throws
            }
            if (chunk.Total != rescued.Bytes)
                return string.Create(CultureInfo.InvariantCulture, $"the file has {chunk.Total} bytes now, {rescued.Bytes} were rescued");
            if (chunk.Bytes.Length == 0 || chunk.Bytes.Length > rescued.Bytes - at)
                return string.Create(CultureInfo.InvariantCulture, $"the agent gave {chunk.Bytes.Length} bytes at {at}");
            hash.AppendData(chunk.Bytes);
            await to.WriteAsync(held, stop);
            (held, at) = (chunk.Bytes, at + chunk.Bytes.Length);
        }
        if (!string.Equals(Convert.ToHexStringLower(hash.GetHashAndReset()), rescued.Sha256, StringComparison.OrdinalIgnoreCase))
            return "its hash is not the one that the rescue reported";
        await to.WriteAsync(held, stop);
        await to.FlushAsync(stop);
        return null;
    }

    private static RescuedFile? Stored(Operation? operation)
    {
        if (operation is not { Action: Act.Rescue, State: OperationState.Done, Evidence.Rescued: { } json })
            return null;
        try
        {
            return JsonSerializer.Deserialize(json, OpsJson.Default.RescuedFile);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
