using Ops.Data;

namespace Ops.Web.Features.Acts.Requests;

/// <summary>What a request asks for, checked and ready to begin with the last yes: recorded in the same transaction as that, asked of the agents after it.</summary>
internal interface IApprovedAct
{
    /// <summary>Records on this context what the act begins with, or that it cannot begin, and returns the entries of the audit. May run again.</summary>
    Task<IReadOnlyList<AuditDraft>> RecordAsync(OpsDb db, ApproveOutcome.Enough enough, CancellationToken stop);

    /// <summary>What was recorded is written: the agents are asked. Null when they are; else why not.</summary>
    Task<ActError?> BeginAsync(ApproveOutcome.Enough enough);

    /// <summary>As far as is known it could not be written.</summary>
    void Withdraw();
}
