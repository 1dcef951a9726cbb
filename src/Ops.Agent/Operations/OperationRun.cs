using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>One operation under way: collects its steps and turns outcomes into the answer.</summary>
/// <param name="report">Receives each step; must not throw.</param>
/// <param name="leaveTurn">Lets the next act begin.</param>
/// <param name="rescueTo">For a rescue: the file to make; null for the agent's own directory.</param>
internal sealed class OperationRun(ExecuteRequest request, TimeProvider clock, Action<OperationProgress> report, Action? leaveTurn = null, FilePath? rescueTo = null) : IProgress<ActStep>
{
    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();
    private readonly List<OperationProgress> _steps = [];

    public ExecuteRequest Request => request;

    public FilePath Path { get; } = RequestForm.PathOf(request.Path, request.PathBytes);

    public FilePath? RescueTo => rescueTo;

    /// <summary>Says that the act changes nothing from here on and only watches: the next act need not wait for that.</summary>
    public void LeaveTurn() => leaveTurn?.Invoke();

    public void Report(ActStep value)
    {
        var step = new OperationProgress(
            request.OperationId, value.Number, value.Title,
            value.State switch { ActState.Running => "running", ActState.Done => "done", _ => "failed" }, value.Detail, clock.GetUtcNow());
        // Of each step the last word stays.
        _steps.RemoveAll(s => s.Step == step.Step);
        _steps.Add(step);
        report(step);
    }

    /// <summary>How a refusal ends: <c>gone</c>, <c>changed</c> or <c>refused</c>.</summary>
    public static string OutcomeOf(OperationRefusal refusal) =>
        refusal.Reason == Refusals.Word(Refusal.NotThere) ? "gone"
        : refusal.Reason == Refusals.Word(Refusal.Changed) || refusal.Reason == Refusals.Word(Refusal.ProcessChanged) ? "changed"
        : "refused";

    public OperationResult Refuse(BreakDecision.Refused refused) =>
        End(OutcomeOf(refused.OnTheWire()), Refusals.Word(refused.Reason), refused.Sentence);

    public OperationResult Gone(string sentence) => End("gone", Refusals.Word(Refusal.NotThere), sentence);

    /// <summary>The endings that all acts share.</summary>
    /// <param name="tidied">For an act that leaves something behind when it fails: settles it and says what became of it.</param>
    public OperationResult Unsuccessful(ActOutcome outcome, Func<string>? tidied = null) => outcome switch
    {
        ActOutcome.Refused refused => Refuse(new(refused.Reason, refused.Sentence)),
        ActOutcome.AlreadyGone => Gone("It was gone before anything was done."),
        ActOutcome.ChangedMeanwhile changed => End("changed", Refusals.Word(Refusal.Changed), changed.Sentence),
        ActOutcome.Failed failed => End("failed", Refusals.Word(Refusal.System), failed.Sentence + tidied?.Invoke()),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public OperationResult End(string outcome, string? reason, string sentence) => new(
        request.OperationId, request.Action, outcome, reason is null ? null : new OperationRefusal(reason, sentence), sentence, null, null, null,
        [.. _steps], _startedAt, clock.GetUtcNow(), null);

    public OperationResult Done(string summary, FilePath quarantine, TakenFile file, string? settled) => End("done", null, summary) with
    {
        QuarantinePath = quarantine.Text,
        Removed = new RemovedFile(
            FindingFactory.IdentityOf(file.File),
            file.File.Content.Bytes is { } bytes ? Convert.ToBase64String(bytes) : null,
            file.ExtendedAttributes.DistinctBy(a => System.Text.Encoding.Latin1.GetString(a.Key))
                .ToDictionary(a => FilePath.Escape(a.Key), a => Convert.ToBase64String(a.Value))),
        SettledWith = settled,
    };
}

/// <summary>One step of an act that has no progress of its own.</summary>
internal sealed class OperationStep
{
    private readonly OperationRun _run;
    private readonly int _number;
    private readonly string _title;

    public OperationStep(OperationRun run, int number, string title)
    {
        (_run, _number, _title) = (run, number, title);
        run.Report(new ActStep(number, title, ActState.Running, null));
    }

    public void End(bool succeeded) => _run.Report(new ActStep(_number, _title, succeeded ? ActState.Done : ActState.Failed, null));
}
