using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What became of an act whose process ended before it could record the outcome: read from what the act left behind, never assumed.</summary>
/// <remarks>Runs after recovery has settled the quarantines, and before they are emptied of what was kept long enough.</remarks>
internal sealed class Aftermath(AgentSettings settings, HostSurvey survey, ActPermit permit, Journal journal, TimeProvider clock)
{
    private const string Late = "The agent ended before it could record this; the outcome is read from what the act left behind.";

    /// <returns>Null when it cannot be known now, because a file system does not answer.</returns>
    /// <param name="settled">What recovery found unfinished.</param>
    public OperationResult? Of(JournalIntent intent, ILookup<Guid, RecoveredOperation> settled)
    {
        var run = new OperationRun(intent.Request, clock, static _ => { });
        return Words.Action(intent.Request.Action) switch
        {
            OperatorAction.Break or OperatorAction.Remove => OfTaking(run, intent, settled),
            OperatorAction.Undo => OfEarlier(run, intent, settled, OfUndo),
            OperatorAction.Purge => OfEarlier(run, intent, settled, OfPurge),
            OperatorAction.Ask or OperatorAction.Terminate or OperatorAction.Kill => OfEnding(run),
            OperatorAction.Rescue => OfRescue(run),
            _ => Interrupted(run, "There is no such act, so nothing was done."),
        };
    }

    private OperationResult? OfTaking(OperationRun run, JournalIntent intent, ILookup<Guid, RecoveredOperation> settled)
    {
        if (intent.Root is null)
            return Interrupted(run, "Its path is not below any of the directories that this agent may touch, so nothing was touched.");
        if (!permit.IsOurs(intent))
            return Interrupted(run, $"What it did is not known: {FilePath.FromText(intent.Root).Display} is no longer among the directories that this agent may touch.");
        var (root, id) = (FilePath.FromText(intent.Root), run.Request.OperationId);
        if (survey.SilenceAt(root) is not null)
            return null;
        var found = settled[id].FirstOrDefault();
        if (found is { By: RecoveredBy.Nothing })
            return Interrupted(run, found.Sentence);
        return Quarantine.Find(root, id) switch
        {
            { State: QuarantineState.Held, Item: { } item } when Quarantine.Taken(root, id) is { } taken =>
                run.Done($"{run.Path.Display} was taken to quarantine{(found is null ? "" : ", and its name released by recovery")}. {Late}", item.Path, taken, null),
            { State: QuarantineState.Undone } => run.End("done", null, $"{run.Path.Display} was taken to quarantine, and has been put back since. {Late}"),
            { State: QuarantineState.Unfinished } => Interrupted(run, "Its record is in quarantine and could not be settled."),
            _ => Interrupted(run, found?.Sentence ?? "It has no record in quarantine, and that is written before anything is touched: nothing had been touched, or it had been taken back."),
        };
    }

    private OperationResult? OfEarlier(
        OperationRun run, JournalIntent intent, ILookup<Guid, RecoveredOperation> settled,
        Func<OperationRun, Guid, QuarantinedFile?, RecoveredOperation?, OperationResult> read)
    {
        if (run.Request.UndoOf is not { } earlier)
            return Interrupted(run, "It named no operation, so nothing was done.");
        var roots = intent.Root is { } named ? [FilePath.FromText(named)] : settings.Roots.Select(r => r.Path).Distinct().ToList();
        if (roots.Exists(r => survey.SilenceAt(r) is not null))
            return null;
        var found = settled[earlier].FirstOrDefault();
        return found is { By: RecoveredBy.Nothing }
            ? Interrupted(run, found.Sentence)
            : read(run, earlier, roots.Select(r => Quarantine.Find(r, earlier)).FirstOrDefault(f => f is not null), found);
    }

    private OperationResult OfUndo(OperationRun run, Guid earlier, QuarantinedFile? file, RecoveredOperation? found)
    {
        if (file is { State: QuarantineState.Undone } undone)
        {
            return undone.UndoneBy is { } by && by != run.Request.OperationId
                ? Interrupted(run, $"Operation {by} put the file back, so this one did nothing.")
                : run.End("done", null, $"{undone.Path.Display} was put back under its name. {Late}");
        }
        return file is { State: QuarantineState.Held } ? Interrupted(run, "The file is still in quarantine, so it was not put back.")
            : IsBack(earlier, out var path) ? run.End("done", null, $"{path.Display} was put back under its name. {Late}")
            : Interrupted(run, $"The file is neither in quarantine nor under its name: it was put back and has been used since, or was removed permanently. {found?.Sentence}".TrimEnd());
    }

    private OperationResult OfPurge(OperationRun run, Guid earlier, QuarantinedFile? file, RecoveredOperation? found) => file switch
    {
        { State: QuarantineState.Held } => Interrupted(run, "The file is still in quarantine, so it was not removed."),
        { State: QuarantineState.Undone } => Interrupted(run, "The file had been put back under its name, so nothing was removed."),
        { State: QuarantineState.Unfinished } => Interrupted(run, "The operation that it was about is not settled, so nothing was removed."),
        _ when IsBack(earlier, out _) => Interrupted(run, "The file is back under its name, so nothing was removed."),
        _ when found is null && !IsKnown(earlier) => Interrupted(run, "Neither a quarantine nor the journal of this agent knows the operation that it was about."),
        _ => run.End("done", null, $"The file is no longer in quarantine: it was removed permanently. {Late}"),
    };

    private bool IsKnown(Guid earlier) => journal.FindResult(earlier) is { Outcome: "done" };

    // What was put back keeps its inode and its times, except for the time of the last change of its status.
    private bool IsBack(Guid earlier, out FilePath path)
    {
        path = default;
        if (journal.FindIntent(earlier)?.Request is not { } request || journal.FindResult(earlier)?.Removed?.Identity is not { } was)
            return false;
        path = RequestForm.PathOf(request.Path, request.PathBytes);
        return ActContext.IdentityAt(path) is { } now && (now.Dev, now.Ino, now.Size, now.Mtime) == (was.Dev, was.Ino, was.Size, was.Mtime);
    }

    private OperationResult OfEnding(OperationRun run)
    {
        if (run.Request.Process is not { } asked)
            return Interrupted(run, "It named no process, so nothing was done.");
        var what = run.Request.Action == Words.Of(OperatorAction.Ask) ? "Whether the mail system had been asked" : "Whether the signal had been sent";
        var now = survey.Processes.ReadProcess(asked.Pid);
        return Interrupted(run, now is { IsAlive: true } && now.Identity == asked.Identity()
            ? $"{what} is not known. Pid {asked.Pid} is still running."
            : $"{what} is not known. Pid {asked.Pid} has ended, by this act or otherwise.");
    }

    private OperationResult OfRescue(OperationRun run)
    {
        var path = RescuedFiles.PathOf(settings, run.Request.OperationId);
        return Interrupted(run, RescuedBytes.Read(FilePath.FromText(path), 0, 0).TryGet(out var part)
            ? string.Create(CultureInfo.InvariantCulture, $"A copy of {part.Total} bytes is at {FilePath.Escape(path)}; whether it is complete is not known. Rescue again while the process runs.")
            : "This agent's directory holds no copy. One that was to go elsewhere may be there, and be incomplete. Rescue again while the process runs.");
    }

    private static OperationResult Interrupted(OperationRun run, string sentence) => run.End(Journal.Interrupted, null, $"The agent ended in the middle of it. {sentence}");
}
