using Ops.Data;

namespace Ops.Web.Live;

/// <summary>Tries again while the audit cannot be written, so that acts are possible as soon as the disk or the server is back, without a restart and without anyone trying an act.</summary>
/// <remarks>The attempt is an entry of its own: the audit shows from when on it was complete again.</remarks>
internal sealed class StorageWatch(AuditLog audit, LiveState live, TimeProvider clock, ILogger<StorageWatch> log) : BackgroundService
{
    /// <summary>What every page says while that is so.</summary>
    public const string AuditUnwritable = "The audit cannot be written: breaks and removals are refused until it can. Check the disk of the console.";

    private static readonly TimeSpan TryEvery = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TryEvery, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (live.Current.Alerts.Contains(AuditUnwritable))
                await TryAsync(stoppingToken);
        }
    }

    private async Task TryAsync(CancellationToken stop)
    {
        try
        {
            await audit.AppendAsync(new() { Actor = "console", Action = AuditActions.AuditWritable, Outcome = "could not be written before" }, stop);
            live.SetAlert(AuditUnwritable, on: false);
            log.AuditWritable();
        }
        catch (AuditNotWrittenException)
        {
            // Every page and /healthz say so already; the next look tries again.
        }
    }
}
