using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>
/// All acts of this host: checks the form, asks the policy, writes the intent down, lets the act look again and decide by the same rules as every scan, and writes the
/// outcome down. What a console claims to know is never enough.
/// </summary>
/// <remarks>One act at a time, except for the time in which an act only watches what came of it. From the journal's intent on an act either finishes or rolls back; it
/// takes no cancellation.</remarks>
public sealed class OperationHandler
{
    private readonly Turns _turns = new();
    private readonly AgentSettings _settings;
    private readonly HostSurvey _survey;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Journal _journal;
    private readonly ActPermit _permit;
    private readonly Settlement _settlement;
    private readonly Aftermath _aftermath;
    private readonly Dictionary<OperatorAction, IAct> _acts;
    private readonly QuarantineList _quarantine;
    private readonly RescuedFiles _rescued;
    private volatile bool _isRecovered;
    private volatile bool _hasOpenEnds;

    // Outcomes that the journal could not take, until it can.
    private readonly ConcurrentDictionary<Guid, OperationResult> _unrecorded = new();
    private volatile IReadOnlyList<BlindSpot> _blindSpots = [];

    public OperationHandler(AgentSettings settings, HostSurvey survey, TimeProvider clock, ILogger log)
    {
        (_settings, _survey, _clock, _log) = (settings, survey, clock, log);
        _journal = new Journal(settings.StateDirectory, settings.HostName, clock);
        _permit = new ActPermit(settings, survey, _journal, clock);
        _settlement = new Settlement(settings, survey, _permit, clock);
        _aftermath = new Aftermath(settings, survey, _permit, _journal, clock);
        var context = new ActContext(settings, survey, clock, _journal, _permit, _settlement);
        _acts = new()
        {
            [OperatorAction.Break] = new BreakAct(context),
            [OperatorAction.Remove] = new RemoveAct(context),
            [OperatorAction.Ask] = new EndAct(context, OperatorAction.Ask),
            [OperatorAction.Terminate] = new EndAct(context, OperatorAction.Terminate),
            [OperatorAction.Kill] = new EndAct(context, OperatorAction.Kill),
            [OperatorAction.Rescue] = new RescueAct(context),
            [OperatorAction.Undo] = new UndoAct(context),
            [OperatorAction.Purge] = new PurgeAct(context),
        };
        _quarantine = new QuarantineList(context);
        _rescued = new RescuedFiles(settings, _journal);
    }

    /// <summary>Why acts would be refused altogether, and what recovery could not settle.</summary>
    public IReadOnlyList<BlindSpot> BlindSpots => _blindSpots;

    /// <summary>Whether something that was cut off, by a crash or by a disk that broke, still waits to be settled: call <see cref="Recover"/> again.</summary>
    public bool IsUnsettled => !_isRecovered || _hasOpenEnds || _settlement.IsUnsettled;

    /// <summary>Why nothing is done for now; null when acts are possible.</summary>
    public string? CircuitOpen => _permit.CircuitOpen;

    /// <summary>Everything in the quarantines of the stores of this host, whichever agent moved it there, newest first.</summary>
    public QuarantineAnswer Quarantined() => _quarantine.Read();

    /// <summary>A part of what an earlier rescue saved in this agent's own directory; empty, with a total of 0, for any other operation.</summary>
    public RescueChunk FetchRescued(RescueFetch request) => _rescued.Fetch(request);

    /// <summary>What the act would find and do; changes nothing.</summary>
    public PreviewAnswer Preview(PreviewRequest request)
    {
        if (RequestForm.Problem(request) is { } problem)
            return new BreakDecision.Refused(Refusal.Malformed, problem).AsPreview();
        return Words.Action(request.Action) is { } action
            ? _acts[action].Preview(request, RequestForm.PathOf(request.Path, request.PathBytes))
            : UnknownAct(request.Action).AsPreview();
    }

    /// <summary>Does it, or says why not. The same operation id again gives the recorded result.</summary>
    /// <param name="report">Receives each step; must not throw.</param>
    /// <param name="rescueTo">For a rescue: the file to make. Only a person on this host can say; null for the agent's own directory.</param>
    /// <exception cref="OutcomeUnknownException">It was asked for before, and what became of it cannot be said yet.</exception>
    public OperationResult Execute(ExecuteRequest request, Action<OperationProgress> report, FilePath? rescueTo = null)
    {
        var problem = RequestForm.Problem(request);
        request = RequestForm.Clean(request);
        using var turn = _turns.Take(request.OperationId);
        var run = new OperationRun(request, _clock, report, turn.Leave, rescueTo);
        try
        {
            if (problem is null && _journal.FindIntent(request.OperationId) is { } before)
            {
                if (RequestForm.IsSame(before.Request, request))
                    return _journal.FindResult(request.OperationId) ?? Belated(before);
                problem = "An operation with this id was requested before, and it was a different one.";
            }
            if (problem is not null)
                return Malformed(run, problem);
            if (request.BreakGlass is { } justification)
                NoteBreakGlass(request, justification);
            var root = _permit.RootOf(run.Path)?.Text;
            if (request.UndoOf is { } undone && _journal.FindIntent(undone) is { } first)
            {
                // The journal names the file that comes back, whatever the request says.
                (request, root) = (request with { Path = first.Request.Path, PathBytes = first.Request.PathBytes }, first.Root);
                run = new OperationRun(request, _clock, report, turn.Leave, rescueTo);
            }
            var us = _survey.OwnProcess;
            _journal.Intend(new JournalIntent(request, us.Pid, us.StartTicks, us.BootId, root));
        }
        catch (JournalException e)
        {
            // Without a record nothing is done.
            _log.JournalUnusable(e);
            return run.End("refused", Refusals.Word(Refusal.System), $"Nothing was done, because it could not be recorded first: {e.Message}.");
        }
        return Conclude(request, Guarded(run));
    }

    /// <summary>Once per process, and again while something could not be settled: settles what an agent left behind that ended in the middle of an act, and
    /// removes what the quarantine has kept long enough.</summary>
    public void Recover()
    {
        using var turn = _turns.Take();
        if (IsUnsettled)
            Settle();
    }

    // It was begun before, by a process that is gone or that could not record the outcome. To act again would be to act twice.
    private OperationResult Belated(JournalIntent before)
    {
        var id = before.Request.OperationId;
        if (_survey.IsRunning(new ProcessIdentity(before.BootId, before.Pid, before.StartTicks)) && before.Pid != Environment.ProcessId)
            throw new OutcomeUnknownException($"Operation {id} is running in process {before.Pid}.");
        Settle(id);
        return _journal.FindResult(id) ?? throw new OutcomeUnknownException($"The outcome of operation {id} cannot be known yet: {string.Join(' ', _blindSpots.Select(b => b.Detail))}");
    }

    /// <param name="own">An operation that this thread was asked for: it counts as running, and is not.</param>
    private void Settle(Guid own = default)
    {
        var problems = new List<BlindSpot>();
        _isRecovered = false;
        try
        {
            var open = _journal.OpenIntents().Where(i => i.Request.OperationId == own || !IsAtWork(i)).ToList();
            var all = _settlement.Settle(open, problems);
            foreach (var late in all.Where(r => r.By != RecoveredBy.Nothing && !open.Exists(i => i.Request.OperationId == r.OperationId)))
                NoteRecovered(late);
            var settled = all.ToLookup(r => r.OperationId);
            _hasOpenEnds = false;
            foreach (var intent in open)
                _hasOpenEnds |= !TryConclude(intent, settled);
            _settlement.Purge(open, problems);
            _isRecovered = true;
        }
        catch (JournalException e)
        {
            _log.JournalUnusable(e);
            problems.Add(new BlindSpot("journal", e.Message + "; nothing will be broken or removed"));
        }
        _blindSpots = problems;
    }

    private bool IsAtWork(JournalIntent intent) =>
        _survey.IsRunning(new ProcessIdentity(intent.BootId, intent.Pid, intent.StartTicks)) && (intent.Pid != Environment.ProcessId || _turns.IsRunning(intent.Request.OperationId));

    private bool TryConclude(JournalIntent intent, ILookup<Guid, RecoveredOperation> settled)
    {
        var id = intent.Request.OperationId;
        if (_unrecorded.TryGetValue(id, out var known))
        {
            _journal.Conclude(intent.Request, known);
            _unrecorded.TryRemove(id, out _);
            return true;
        }
        if (_aftermath.Of(intent, settled) is not { } result)
            return false;
        _log.Interrupted(id, RequestForm.PathOf(intent.Request.Path, intent.Request.PathBytes), result.Summary);
        _journal.Conclude(intent.Request, result);
        return true;
    }

    private OperationResult Guarded(OperationRun run)
    {
        try
        {
            return Act(run);
        }
#pragma warning disable CA1031 // whatever goes wrong, the journal gets an outcome and the console an answer
        catch (Exception e)
#pragma warning restore CA1031
        {
            return run.End("failed", Refusals.Word(Refusal.System), $"It failed: {FilePath.Escape(e.Message)}");
        }
    }

    private OperationResult Act(OperationRun run)
    {
        var request = run.Request;
        if (Words.Action(request.Action) is not { } action)
            return run.Refuse(UnknownAct(request.Action));
        // After the intent is in the journal: should the first request arrive late, it gets this answer.
        if (request.Fingerprint == ExecuteRequest.NoLongerWanted)
            return run.Refuse(new(Refusal.NotOffered, "This agent had not started it, and now it will not: the console only asked what became of it."));
        if (_permit.Request(action, request) is { } unpermitted)
            return run.Refuse(unpermitted);
        var result = _acts[action].Run(run);
        return request.BreakGlass is null ? result : result with { Summary = $"Break-glass, without the approvers of the policy. {result.Summary}" };
    }

    private OperationResult Conclude(ExecuteRequest request, OperationResult result)
    {
        var (path, actor) = (RequestForm.PathOf(request.Path, request.PathBytes), FilePath.FromText(request.Actor));
        _log.Acted(result.Action, path, actor, result.Outcome);
        try
        {
            return _journal.Conclude(request, result);
        }
        catch (JournalException e)
        {
            _log.JournalUnusable(e);
            _unrecorded[request.OperationId] = result;
            _hasOpenEnds = true;
            return result with { Summary = $"{result.Summary} The outcome could not be written to the journal yet: {e.Message}." };
        }
    }

    private OperationResult Malformed(OperationRun run, string problem)
    {
        var actor = FilePath.FromText(run.Request.Actor);
        _log.Malformed(actor, problem);
        _journal.Note(AuditActions.Malformed, "refused", run.Request, run.Request.Reason, JsonText(problem));
        return run.Refuse(new(Refusal.Malformed, problem + " Nothing was done."));
    }

    // Loud, and before anything else: in the log, and as an entry of its own that names no act's outcome.
    private void NoteBreakGlass(ExecuteRequest request, string justification)
    {
        var (who, where, why) = (FilePath.FromText(request.Actor), RequestForm.PathOf(request.Path, request.PathBytes), FilePath.FromText(justification));
        _log.GlassBroken(who, request.Action, where, why);
        _journal.Note(AuditActions.BreakGlass, "used", request, justification, JsonText($"operation {request.OperationId}: {request.Action} without the approvers of the policy"));
    }

    // An act that failed has its outcome in the journal; what became of it later is an entry too, above all a lock that came back.
    private void NoteRecovered(RecoveredOperation late)
    {
        _log.Recovered(late.OperationId, late.Path, late.Sentence);
        _journal.Note(
            AuditActions.Recovered, "done",
            new ExecuteRequest(late.OperationId, AuditActions.Recovered, "", late.Path.Text, null, null, "ops agent", [], "recovery"),
            $"of operation {late.OperationId}", JsonText(late.Sentence));
    }

    private static BreakDecision.Refused UnknownAct(string word) => new(Refusal.NotOffered, $"There is no act called \"{FilePath.Escape(word)}\".");

    private static string JsonText(string text) => System.Text.Json.JsonSerializer.Serialize(text, JournalJson.Default.String);
}
