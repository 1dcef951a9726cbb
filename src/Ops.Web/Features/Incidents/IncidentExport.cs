using System.Text.Json;

namespace Ops.Web.Features.Incidents;

internal static class IncidentExport
{
    public static string Address(Guid id) => $"/incidents/{id}/export";

    /// <summary>One incident as one JSON file, for <c>ops replay FILE</c>. For everyone who may see the page.</summary>
    public static void MapIncidentExport(this WebApplication app) =>
        app.MapGet("/incidents/{id:guid}/export", async (Guid id, HttpContext http, IncidentDesk desk) =>
        {
            if (await desk.ExportAsync(id, http.RequestAborted) is not { } file)
                return Results.NotFound();
            http.Response.Headers.CacheControl = "no-store";
            return Results.File(JsonSerializer.SerializeToUtf8Bytes(file, IncidentsJson.Default.IncidentFile), "application/json", $"ops-incident-{id:N}.json");
        });
}
