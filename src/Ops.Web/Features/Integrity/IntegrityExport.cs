using System.Globalization;
using System.Text;
using System.Text.Json;
using Ops.Integrity;
using Ops.Web.Shared;

namespace Ops.Web.Features.Integrity;

/// <summary>The report of one store as a file, for the people who repair.</summary>
internal static class IntegrityExport
{
    private const string Route = "/integrity/export";

    public static string Address(string hostId, string root, string format) => Addresses.WithQuery(Route, ("host", hostId), ("root", root), ("format", format));

    /// <summary>JSON as <c>ops audit-store --json</c> prints it, or CSV. For everyone who may see the page.</summary>
    public static void MapIntegrityExport(this WebApplication app) =>
        app.MapGet(Route, async (string host, string root, string? format, HttpContext http, IIntegrityDesk desk) =>
        {
            if (await desk.ReportAsync(host, root, http.RequestAborted) is not { } report)
                return Results.NotFound();
            http.Response.Headers.CacheControl = "no-store";
            var name = string.Create(CultureInfo.InvariantCulture, $"ops-store-audit-{report.StartedAt.UtcDateTime:yyyyMMdd-HHmmss}");
            return format == "csv"
                ? Results.File(Encoding.UTF8.GetBytes(Csv(report)), "text/csv; charset=utf-8", name + ".csv")
                : Results.File(JsonSerializer.SerializeToUtf8Bytes(report, IntegrityJson.Default.AuditDocument), "application/json", name + ".json");
        });

    /// <summary>One line for each difference (RFC 4180).</summary>
    public static string Csv(AuditDocument report)
    {
        var lines = new StringBuilder("host,check,system,mailbox,mailbox_name,uid,path,path_base64,index_size,index_sha1,disk_size,disk_sha1,inode,links,changed,modified,evidence,next\r\n");
        foreach (var d in report.Damages)
        {
            string?[] cells =
            [
                report.Host, d.Check, d.System, d.Mailbox, d.MailboxName, Text(d.Uid), d.Path, d.PathBytes, Text(d.Index?.Size), d.Index?.Sha1, Text(d.Disk?.Size), d.Disk?.Sha1, Text(d.Disk?.Ino), Text(d.Disk?.Nlink),
                d.Disk?.Ctime.UtcDateTime.ToString("O", CultureInfo.InvariantCulture), d.Disk?.Mtime.UtcDateTime.ToString("O", CultureInfo.InvariantCulture), string.Join(' ', d.Evidence), d.Next,
            ];
            lines.AppendJoin(',', cells.Select(Cell)).Append("\r\n");
        }
        if (report.DamagesLeftOut > 0)
            lines.Append(CultureInfo.InvariantCulture, $"{Cell(report.Host)},left-out,,,,,,,,,,,,,,,{report.DamagesLeftOut} more differences are not in this report.,\r\n");
        return lines.ToString();
    }

    // A cell that begins like a formula would be run by a spreadsheet, and the text is a host's.
    private static string Cell(string? text) => text is null or "" ? "" : $"\"{(text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" : "")}{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string? Text(IFormattable? number) => number?.ToString(null, CultureInfo.InvariantCulture);
}
