namespace Ops.Web.Features.Break;

/// <summary>What a request is about.</summary>
/// <param name="Action"><c>break</c> or <c>remove</c>, one of the finding's own <see cref="Finding.Actions"/>.</param>
public sealed record BreakTarget(string HostId, string FindingKey, string Action);

/// <summary>An operator's decision, made on what the preview showed.</summary>
/// <param name="Fingerprint">From that preview: the agent looks again and refuses when it differs.</param>
/// <param name="Reason">3 to 500 characters.</param>
public sealed record BreakRequest(BreakTarget Target, string Fingerprint, string Reason);

/// <summary>What the agent found when it was asked what the act would do.</summary>
public abstract record PreviewOutcome
{
    private PreviewOutcome() { }

    /// <summary>May go on: <see cref="PreviewAnswer.Fingerprint"/> is set.</summary>
    public sealed record Ready(PreviewAnswer Answer) : PreviewOutcome;

    /// <param name="Answer">What the agent found beside the refusal; null when it was not asked or did not answer.</param>
    public sealed record Refused(BreakError Error, PreviewAnswer? Answer = null) : PreviewOutcome;
}

/// <summary>Whether an operation is under way.</summary>
public abstract record StartOutcome
{
    private StartOutcome() { }

    /// <summary>Follow it with <see cref="OperationBoard.Follow"/>.</summary>
    public sealed record Started(Guid OperationId) : StartOutcome;

    public sealed record NotStarted(BreakError Error) : StartOutcome;
}
