using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What lies in quarantine: the list, the way back, and the end.</summary>
public sealed partial class OperationHandler
{
    /// <summary>Items that one answer holds; a message to a console must not be larger than it takes.</summary>
    private const int ListLimit = 5000;

    /// <summary>Everything in the quarantines of the stores of this host, whichever agent put it there, newest first.</summary>
    public QuarantineAnswer Quarantined()
    {
        var (items, problems) = (new List<QuarantineItem>(), new List<BlindSpot>());
        foreach (var root in QuarantineRoots(problems))
        {
            if (survey.SilenceAt(root) is { } silence)
            {
                problems.Add(new BlindSpot("quarantine", silence));
                continue;
            }
            var found = Quarantine.List(root, out var unreadable);
            problems.AddRange(unreadable.Select(p => new BlindSpot("quarantine", p)));
            foreach (var file in found.OrderByDescending(f => f.At))
            {
                if (file.State == QuarantineState.Unfinished)
                    problems.Add(new BlindSpot("quarantine", $"Operation {file.OperationId} on {file.Path.Display} is at work, or waits to be settled at the next start."));
                else if (file is { State: QuarantineState.Held, Item: { } item })
                    items.Add(ItemOf(root, file, item));
            }
        }
        items.Sort((a, b) => b.TakenAt.CompareTo(a.TakenAt));
        if (items.Count > ListLimit)
        {
            problems.Add(new BlindSpot("quarantine", $"{items.Count - ListLimit} older files are not listed; they are below .ops-quarantine in the stores."));
            items.RemoveRange(ListLimit, items.Count - ListLimit);
        }
        return new QuarantineAnswer(items, problems);
    }

    private QuarantineItem ItemOf(FilePath root, QuarantinedFile file, FileFacts item) => new(
        file.OperationId, file.Action, file.Path.Text, file.Path.IsUtf8 ? null : Convert.ToBase64String(file.Path.Bytes), item.Path.Text, file.At, file.Actor, file.Reason,
        FindingFactory.IdentityOf(item), file.At + settings.Policy.QuarantineRetention,
        ((settings.Policy.Allows(OperatorAction.Undo) ? null : PolicyForbids(OperatorAction.Undo)) ?? Quarantine.WhyNoUndo(root, file.OperationId)) is { } no ? Refuse(no) : null);

    /// <summary>Our own roots, and those of earlier operations that were named on a command line.</summary>
    private List<FilePath> QuarantineRoots(List<BlindSpot> problems)
    {
        var roots = settings.Roots.Select(r => r.Path).ToList();
        try
        {
            roots.AddRange(_journal.Intents().Where(IsOurs).Select(i => FilePath.FromText(i.Root!)));
        }
        catch (JournalException e)
        {
            problems.Add(new BlindSpot("journal", e.Message));
        }
        return [.. roots.Distinct()];
    }

    private OperationResult Undo(OperationRun run)
    {
        if (Named(run.Request, out var operation, out var root, out var path) is { } refused)
            return run.Refuse(refused);
        var step = new OperationStep(run, 1, $"Put {path.Display} back");
        var outcome = new Quarantine(clock).Undo(root, operation, run.Request.Actor);
        step.End(outcome is ActOutcome.PutBack);
        return outcome switch
        {
            ActOutcome.PutBack back => run.End("done", null, $"{back.Path.Display} is back under its name."),
            ActOutcome.Refused no => run.Refuse(new(no.Reason, no.Sentence)),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private OperationResult Purge(OperationRun run)
    {
        if (Named(run.Request, out var operation, out var root, out var path) is { } refused)
            return run.Refuse(refused);
        var step = new OperationStep(run, 1, $"Remove for good what was taken from {path.Display}");
        var outcome = Quarantine.Purge(root, operation);
        step.End(outcome is ActOutcome.Purged);
        return outcome switch
        {
            ActOutcome.Purged gone => run.End("done", null, $"What was taken from {gone.Path.Display} is removed for good."),
            ActOutcome.Refused no => run.Refuse(new(no.Reason, no.Sentence)),
            ActOutcome.Failed failed => run.End("failed", Refusals.Word(Refusal.System), failed.Sentence),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>The operation that an undo or a purge is about: below which root, and where its file was. The quarantine knows those of other agents too.</summary>
    private BreakDecision.Refused? Named(ExecuteRequest request, out Guid operation, out FilePath root, out FilePath path)
    {
        (operation, root, path) = (request.UndoOf ?? Guid.Empty, default, default);
        if (request.UndoOf is null)
            return new(Refusal.NotOffered, "Which operation is meant was not said.");
        if (_journal.FindIntent(operation) is { } intent)
        {
            path = PathOf(intent.Request.Path, intent.Request.PathBytes);
            if (!IsOurs(intent))
                return OutsideRoots(path);
            root = FilePath.FromText(intent.Root!);
            return survey.SilenceAt(root) is { } silence ? new(Refusal.System, silence) : null;
        }
        foreach (var candidate in settings.Roots.Select(r => r.Path).Distinct())
        {
            if (survey.SilenceAt(candidate) is null && Quarantine.Find(candidate, operation) is { } file)
            {
                (root, path) = (candidate, file.Path);
                return null;
            }
        }
        return new(Refusal.NotThere, $"Neither the journal of this agent nor a quarantine below its roots knows an operation {operation}.");
    }
}
