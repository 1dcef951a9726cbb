using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Puts a quarantined file back under its name.</summary>
internal sealed class UndoAct(ActContext context) : IAct
{
    public PreviewAnswer Preview(PreviewRequest request, FilePath path) => EarlierOperation.NoPreview("An undo").AsPreview();

    public OperationResult Run(OperationRun run)
    {
        if (EarlierOperation.Find(context, run.Request, out var earlier) is { } refused)
            return run.Refuse(refused);
        var step = new OperationStep(run, 1, $"Put {earlier.Path.Display} back");
        var outcome = new Quarantine(context.Clock).Undo(earlier.Root, earlier.Id, run.Request.Actor, by: run.Request.OperationId);
        step.End(outcome is ActOutcome.PutBack);
        return outcome is ActOutcome.PutBack back ? run.End("done", null, $"{back.Path.Display} is back under its name.") : run.Unsuccessful(outcome);
    }
}

/// <summary>Removes a quarantined file permanently.</summary>
internal sealed class PurgeAct(ActContext context) : IAct
{
    public PreviewAnswer Preview(PreviewRequest request, FilePath path) => EarlierOperation.NoPreview("A purge").AsPreview();

    public OperationResult Run(OperationRun run)
    {
        if (EarlierOperation.Find(context, run.Request, out var earlier) is { } refused)
            return run.Refuse(refused);
        var step = new OperationStep(run, 1, $"Remove permanently what was taken from {earlier.Path.Display}");
        var outcome = Quarantine.Purge(earlier.Root, earlier.Id);
        step.End(outcome is ActOutcome.Purged);
        return outcome is ActOutcome.Purged gone
            ? run.End("done", null, $"The file taken from {gone.Path.Display} is removed permanently.")
            : run.Unsuccessful(outcome);
    }
}

/// <summary>The operation that an undo or a purge is about.</summary>
/// <param name="Root">Root in whose quarantine its file is.</param>
/// <param name="Path">Where its file was.</param>
internal readonly record struct EarlierOperation(Guid Id, FilePath Root, FilePath Path)
{
    public static BreakDecision.Refused NoPreview(string act) => new(Refusal.NotOffered, $"{act} names an operation and needs no preview.");

    /// <summary>Looks in the journal, and in the quarantines, which know the operations of other agents too.</summary>
    public static BreakDecision.Refused? Find(ActContext context, ExecuteRequest request, out EarlierOperation found)
    {
        found = default;
        if (request.UndoOf is not { } operation)
            return new(Refusal.NotOffered, "The request names no operation.");
        if (context.Journal.FindIntent(operation) is { } intent)
        {
            var path = RequestForm.PathOf(intent.Request.Path, intent.Request.PathBytes);
            if (!context.Permit.IsOurs(intent))
                return context.Permit.OutsideRoots(path);
            found = new(operation, FilePath.FromText(intent.Root!), path);
            return context.Survey.SilenceAt(found.Root) is { } silence ? new(Refusal.System, silence) : null;
        }
        foreach (var root in context.Settings.Roots.Select(r => r.Path).Distinct().Where(r => context.Survey.SilenceAt(r) is null))
        {
            if (Quarantine.Find(root, operation) is { } file)
            {
                found = new(operation, root, file.Path);
                return null;
            }
        }
        return new(Refusal.NotThere, $"Neither the journal of this agent nor a quarantine below its roots knows an operation {operation}.");
    }
}
