using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What the quarantines of the stores of this host hold, whichever agent moved it there.</summary>
internal sealed class QuarantineList(ActContext context)
{
    /// <summary>Items that one answer holds; a message to a console must not be larger than it takes.</summary>
    private const int Limit = 5000;

    /// <summary>All files, newest first, and what could not be listed.</summary>
    public QuarantineAnswer Read()
    {
        var (items, problems) = (new List<QuarantineItem>(), new List<BlindSpot>());
        foreach (var root in Roots(problems))
            Add(root, items, problems);
        items.Sort((a, b) => b.TakenAt.CompareTo(a.TakenAt));
        if (items.Count > Limit)
        {
            problems.Add(new BlindSpot("quarantine", $"{items.Count - Limit} older files are not listed; they are below .ops-quarantine in the stores."));
            items.RemoveRange(Limit, items.Count - Limit);
        }
        return new QuarantineAnswer(items, problems);
    }

    private void Add(FilePath root, List<QuarantineItem> items, List<BlindSpot> problems)
    {
        if (context.Survey.SilenceAt(root) is { } silence)
        {
            problems.Add(new BlindSpot("quarantine", silence));
            return;
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

    private QuarantineItem ItemOf(FilePath root, QuarantinedFile file, FileFacts item)
    {
        var noUndo = context.Permit.Act(OperatorAction.Undo) ?? Quarantine.WhyNoUndo(root, file.OperationId);
        return new(
            file.OperationId, file.Action, file.Path.Text, file.Path.IsUtf8 ? null : Convert.ToBase64String(file.Path.Bytes), item.Path.Text, file.At, file.Actor, file.Reason,
            FindingFactory.IdentityOf(item), file.At + context.Settings.Policy.QuarantineRetention, noUndo?.OnTheWire());
    }

    // Our own roots, and those of earlier operations that were named on a command line.
    private List<FilePath> Roots(List<BlindSpot> problems)
    {
        var roots = context.Settings.Roots.Select(r => r.Path).ToList();
        try
        {
            roots.AddRange(context.Journal.Intents().Where(context.Permit.IsOurs).Select(i => FilePath.FromText(i.Root!)));
        }
        catch (JournalException e)
        {
            problems.Add(new BlindSpot("journal", e.Message));
        }
        return [.. roots.Distinct()];
    }
}
