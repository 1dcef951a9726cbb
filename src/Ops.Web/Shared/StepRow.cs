namespace Ops.Web.Shared;

/// <summary>One step of an act, as it is shown.</summary>
/// <param name="Number">From 1, in the order of the protocol.</param>
public sealed record StepRow(int Number, StepState State, string Title, string? Detail = null)
{
    public static IReadOnlyList<StepRow> Planned(IEnumerable<string> titles) => [.. titles.Select((title, i) => new StepRow(i + 1, StepState.Planned, title))];

    /// <param name="isOver">Of an act that has ended no step is still running: what did not report its end is unknown.</param>
    public static IReadOnlyList<StepRow> Reported(IEnumerable<OperationProgress> steps, bool isOver) => [.. steps.Select(s => new StepRow(s.Step, Of(s.State, isOver), s.Title, s.Detail))];

    private static StepState Of(string word, bool isOver) => word switch
    {
        "done" => StepState.Done,
        "failed" => StepState.Failed,
        _ => isOver ? StepState.Unknown : StepState.Running,
    };
}
