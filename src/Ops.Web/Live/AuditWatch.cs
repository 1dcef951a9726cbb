using Ops.Data;

namespace Ops.Web.Live;

/// <summary>Verifies the audit chain, and the stored operations against it, in the background when the console starts; says on every page when something was changed.</summary>
internal sealed class AuditWatch(AuditLog audit, OperationLog operations, LiveState live, ILogger<AuditWatch> log) : BackgroundService
{
    /// <summary>How the sentence begins that every page shows for a broken chain.</summary>
    public const string BrokenBegins = "The audit has been altered:";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            switch (await audit.VerifyAsync(stoppingToken))
            {
                case AuditVerification.Broken broken:
                    log.AuditBroken(broken.Sentence);
                    live.SetAlert($"{BrokenBegins} {broken.Sentence} Do not rely on it; keep the database and its backups for an investigation.", on: true);
                    break;
                case AuditVerification.Intact intact:
                    log.AuditIntact(intact.Sentence);
                    foreach (var remark in intact.Remarks)
                    {
                        log.AuditRemark(remark);
                        live.SetAlert($"About the audit: {remark}", on: true);
                    }
                    break;
            }

            await CompareOperationsAsync(stoppingToken);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            log.AuditNotVerified(e.Message);
            live.SetAlert("The audit could not be verified: the database could not be read.", on: true);
        }
    }

    private async Task CompareOperationsAsync(CancellationToken stop)
    {
        try
        {
            if (await operations.NotMatchingAuditAsync(stop) is { Count: > 0 } changed)
            {
                log.OperationsChanged(changed.Count, changed[0]);
                live.SetAlert($"{(changed.Count == 1 ? "1 stored operation does" : $"{changed.Count} stored operations do")} not match the audit, first {changed[0]}: changed or deleted outside the console. Rely on the audit entries.", on: true);
            }
        }
        catch (Exception e) when (e is FormatException or InvalidCastException or InvalidOperationException or OverflowException)
        {
            // A field holds what the console never wrote there.
            log.OperationsUnreadable(e.Message);
            live.SetAlert("A stored operation cannot be read: it was changed outside the console. Rely on the audit entries.", on: true);
        }
    }
}
