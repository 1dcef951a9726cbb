using Ops.Web.Features.Acts.Requests;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Acts;

/// <summary>What a request is about.</summary>
/// <param name="Action">One of the finding's own <see cref="Finding.Actions"/>.</param>
/// <param name="Process">The process that the operator saw; required for an act on a process.</param>
/// <param name="Descriptor">For a rescue: the descriptor that the finding names.</param>
/// <param name="Quarantined">For an act on the quarantine: the operation that took the file away. The finding is then of no importance.</param>
public sealed record ActTarget(string HostId, string FindingKey, string Action, ProcessRef? Process = null, int? Descriptor = null, Guid? Quarantined = null)
{
    /// <summary>An act on what is shown: with the process behind it, as it is now, when the act is on a process.</summary>
    public static ActTarget Of(LiveFinding found, Act act) => new(
        found.HostId, found.Key, act.Word,
        act.IsOnProcess && found.Finding.Process is { } p ? new(p.Pid, p.StartTicks, p.BootId) : null,
        act.Word == Act.Rescue ? found.Finding.Lock?.Descriptor ?? found.Finding.Descriptor : null);
}

/// <summary>An operator's decision, made on what the preview showed.</summary>
/// <param name="Fingerprint">From that preview: the agent looks again and refuses when it differs.</param>
/// <param name="Reason">3 to 500 characters.</param>
/// <param name="TypedPid">For an act that asks for it.</param>
/// <param name="BreakGlass">Why no approval is waited for, where others should agree; null: they are asked.</param>
public sealed record ActRequest(ActTarget Target, string Fingerprint, string Reason, string? TypedPid = null, string? BreakGlass = null)
{
    /// <summary>Under which it runs, where a program chose one so that asking again begins nothing; null: a new one.</summary>
    public Guid? OperationId { get; init; }
}

/// <summary>What the agent found when it was asked what the act would do.</summary>
public abstract record PreviewOutcome
{
    private PreviewOutcome() { }

    /// <summary>May go on: <see cref="PreviewAnswer.Fingerprint"/> is set.</summary>
    /// <param name="Need">Who else has to agree; null when no one has.</param>
    /// <param name="Kept">For an act on the quarantine: what is there now.</param>
    public sealed record Ready(PreviewAnswer Answer, ApprovalNeed? Need = null, QuarantineItem? Kept = null) : PreviewOutcome;

    /// <param name="Answer">What the agent found besides the refusal; null when it was not asked or did not answer.</param>
    public sealed record Refused(ActError Error, PreviewAnswer? Answer = null) : PreviewOutcome;
}

/// <summary>Whether an operation is under way.</summary>
public abstract record StartOutcome
{
    private StartOutcome() { }

    /// <summary>Follow it with <see cref="Operations.OperationBoard.Follow"/>.</summary>
    public sealed record Started(Guid OperationId) : StartOutcome;

    /// <summary>Others are asked to agree; nothing was done yet. Follow it in the <see cref="ApprovalBook"/>.</summary>
    public sealed record Waiting(Guid ApprovalId) : StartOutcome;

    public sealed record NotStarted(ActError Error) : StartOutcome;
}
