using Microsoft.Extensions.Diagnostics.HealthChecks;
using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web;

/// <summary>Behind <c>/healthz</c>: entries can be written, and the end of the audit is the one that its anchor names. The whole chain is walked at start and on the Audit page.</summary>
internal sealed class AuditHealth(AuditLog audit, LiveState live) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var view = live.Current;
        if (view.Alerts.Contains(StorageWatch.AuditUnwritable))
            return HealthCheckResult.Unhealthy("entries cannot be written, so acts are refused");
        if (view.Alerts.Any(a => a.StartsWith(AuditWatch.BrokenBegins, StringComparison.Ordinal)))
            return HealthCheckResult.Degraded("the chain is broken");
        return await audit.AnchorProblemAsync(cancellationToken) is { } problem ? HealthCheckResult.Degraded(problem) : HealthCheckResult.Healthy();
    }
}
