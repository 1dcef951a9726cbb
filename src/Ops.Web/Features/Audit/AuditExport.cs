using System.Globalization;
using System.Text;
using Ops.Data;

namespace Ops.Web.Features.Audit;

internal static class AuditExport
{
    public const string Address = "/audit/export";

    /// <summary>The whole chain as JSON lines, oldest first, for <c>ops verify-audit FILE</c>. Streamed: a log of any length takes little memory.</summary>
    public static void MapAuditExport(this WebApplication app) =>
        app.MapGet(Address, async (HttpContext http, AuditLog audit, TimeProvider clock) =>
        {
            http.Response.ContentType = "application/jsonl; charset=utf-8";
            http.Response.Headers.CacheControl = "no-store";
            http.Response.Headers.ContentDisposition =
                string.Create(CultureInfo.InvariantCulture, $"attachment; filename=\"ops-audit-{clock.GetUtcNow():yyyyMMdd-HHmmss}.jsonl\"");
            var writer = new StreamWriter(http.Response.Body, new UTF8Encoding(false), bufferSize: 64 * 1024, leaveOpen: true);
            await using (writer.ConfigureAwait(false))
                await audit.ExportAsync(writer, http.RequestAborted);
        });
}
