using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Ops.Web;

/// <summary>The answer of <c>/healthz</c>: one word, then a line for each part that is not well. It needs no sign-in, so it names no host, path or user.</summary>
internal static class HealthText
{
    public static Task WriteAsync(HttpContext http, HealthReport report)
    {
        http.Response.ContentType = "text/plain; charset=utf-8";
        var text = new StringBuilder(report.Status.ToString());
        var parts = report.Entries.Where(e => e.Value.Status != HealthStatus.Healthy).OrderBy(e => e.Key, StringComparer.Ordinal).ToList();
        foreach (var (name, part) in parts)
            text.Append('\n').Append(name).Append(": ").Append(part.Description ?? "the check failed");
        if (parts.Count > 0)
            text.Append('\n');
        return http.Response.WriteAsync(text.ToString(), http.RequestAborted);
    }
}
