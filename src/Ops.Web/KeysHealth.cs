using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Ops.Web;

/// <summary>Behind <c>/healthz</c>: the next key that protects sign-ins can be written. The present one lives on in memory, so without this its end would come as a surprise.</summary>
internal sealed class KeysHealth(string folder, TimeProvider clock) : IHealthCheck
{
    // Anyone may ask as often as they like; the disk is asked this often.
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private (DateTimeOffset At, bool IsWritable)? _last;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        IsWritable() ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("the keys of sign-ins cannot be written; people are signed out when the present ones expire"));

    private bool IsWritable()
    {
        lock (_gate)
        {
            if (_last is not { } last || clock.GetUtcNow() - last.At >= GoodFor)
                _last = last = (clock.GetUtcNow(), Probe());
            return last.IsWritable;
        }
    }

    private bool Probe()
    {
        try
        {
            using var file = new FileStream(Path.Join(folder, ".probe." + Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.DeleteOnClose);
            file.WriteByte(0);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
