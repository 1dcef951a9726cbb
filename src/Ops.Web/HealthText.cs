using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Ops.Web;

/// <summary>What monitoring and balancers ask: <c>/healthz</c>, whether all is well; <c>/readyz</c>, whether browsers and agents can be sent here; <c>/livez</c>, whether the process answers.</summary>
/// <remarks>
/// Apart, because their answers have other consequences: while the database is away every console is unhealthy, and a balancer that took them all out would
/// also take away the pages that still show what is live; a supervisor that restarted them would lose that too.
/// </remarks>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapHealthChecks("/healthz", new() { ResponseWriter = HealthText.WriteAsync, Predicate = c => c.Name != ReadyHealth.Name }).AllowAnonymous();
        app.MapHealthChecks("/readyz", new() { ResponseWriter = HealthText.WriteAsync, Predicate = c => c.Name == ReadyHealth.Name }).AllowAnonymous();
        app.MapHealthChecks("/livez", new() { ResponseWriter = HealthText.WriteAsync, Predicate = _ => false }).AllowAnonymous();
    }
}

/// <summary>The answer of <c>/healthz</c> and its like: one word, then a line for each part that is not well. It needs no sign-in, so it names no host, path or user.</summary>
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
