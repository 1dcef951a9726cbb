using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Ops.Web.Live;

namespace Ops.Web;

/// <summary>Behind <c>/healthz</c>: every known agent is connected and can write its journal.</summary>
internal sealed class AgentHealth(LiveState live) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var hosts = live.Current.Hosts.Select(h => h.Status).ToList();
        var lost = hosts.Count(s => s.Connection == HostConnection.Lost);
        var mute = hosts.Count(s => s.Connection != HostConnection.Lost && s.BlindSpots.Any(b => b.Area == BlindSpot.Journal));
        List<string> problems = [];
        if (lost > 0)
            problems.Add(Of(lost, hosts.Count, "is not connected", "are not connected"));
        if (mute > 0)
            problems.Add(Of(mute, hosts.Count, "cannot write its journal and refuses to act", "cannot write their journals and refuse to act"));
        return Task.FromResult(problems.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join("; ", problems)));
    }

    private static string Of(int some, int all, string one, string many) => string.Create(CultureInfo.InvariantCulture, $"{some} of {all} {(some == 1 ? one : many)}");
}
