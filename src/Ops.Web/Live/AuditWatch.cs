using System.Data.Common;
using Ops.Data;

namespace Ops.Web.Live;

/// <summary>Verifies the audit chain in the background when the console starts, and says on every page when it is broken.</summary>
internal sealed class AuditWatch(AuditLog audit, LiveState live, ILogger<AuditWatch> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            switch (await audit.VerifyAsync(stoppingToken))
            {
                case AuditVerification.Broken broken:
                    log.AuditBroken(broken.Sentence);
                    live.SetAlert($"The audit is not what was written: {broken.Sentence} Do not rely on it; keep the database and its backups for an investigation.", on: true);
                    break;
                case AuditVerification.Intact intact:
                    log.AuditIntact(intact.Sentence);
                    foreach (var remark in intact.Remarks)
                        live.SetAlert($"About the audit: {remark}", on: true);
                    break;
            }
        }
        catch (DbException e)
        {
            log.AuditNotVerified(e.Message);
            live.SetAlert("The audit could not be verified: the database could not be read.", on: true);
        }
    }
}
