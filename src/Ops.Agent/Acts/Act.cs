using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>One of the eight acts: what it would find and do, and doing it. <see cref="OperationHandler"/> has checked the form of the request, the policy's word on the
/// act, the approvers and the circuit breaker, and has written the intent down; everything else is the act's own.</summary>
internal interface IAct
{
    /// <summary>What <see cref="Run"/> would find and do at this moment. Changes nothing.</summary>
    PreviewAnswer Preview(PreviewRequest request, FilePath path);

    /// <summary>Looks again, decides by the same rules as the preview, and acts.</summary>
    OperationResult Run(OperationRun run);
}

/// <summary>What every act needs.</summary>
internal sealed record ActContext(AgentSettings Settings, HostSurvey Survey, TimeProvider Clock, Journal Journal, ActPermit Permit, Settlement Settlement)
{
    /// <summary>The file that has this name now; null when none has.</summary>
    public static FindingIdentity? IdentityAt(FilePath path) => ArtefactReader.Stat(path).TryGet(out var file) ? FindingFactory.IdentityOf(file) : null;
}

/// <summary>Refusals as an agent answers them.</summary>
internal static class RefusalAnswers
{
    public static OperationRefusal OnTheWire(this BreakDecision.Refused refused) => new(Refusals.Word(refused.Reason), refused.Sentence);

    /// <summary>A preview that found nothing to show.</summary>
    public static PreviewAnswer AsPreview(this BreakDecision.Refused refused, Finding? finding = null, string? fingerprint = null) =>
        new(finding, fingerprint, [], [], refused.OnTheWire());
}
