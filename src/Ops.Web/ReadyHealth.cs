using Microsoft.Extensions.Diagnostics.HealthChecks;
using Ops.Cluster;

namespace Ops.Web;

/// <summary>Behind <c>/readyz</c>: this console has started, does not stop, and is one of its fleet.</summary>
internal sealed class ReadyHealth(IHostApplicationLifetime lifetime, IConsoles consoles) : IHealthCheck
{
    public const string Name = "console";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("it stops")
        : !lifetime.ApplicationStarted.IsCancellationRequested ? HealthCheckResult.Unhealthy("it is starting")
        : !consoles.IsActive ? HealthCheckResult.Unhealthy("it is not one of its fleet: it joins, or the others have given it up")
        : HealthCheckResult.Healthy());
}
