using System.Globalization;
using Microsoft.Extensions.Logging;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>
/// Break, remove and undo on this host: looks afresh, decides by the same rules as every scan, writes the intent down, acts, writes the
/// outcome down. What a console claims to know is never enough.
/// </summary>
/// <remarks>One act at a time. From the journal's intent on an act either finishes or rolls back; it takes no cancellation.</remarks>
public sealed partial class OperationHandler(AgentSettings settings, HostSurvey survey, TimeProvider clock, ILogger log)
{
    private readonly Lock _gate = new();
    private readonly Journal _journal = new(settings.StateDirectory, settings.HostName, clock);
    private bool _isRecovered;
    private volatile bool _isUnsettled;
    private volatile IReadOnlyList<BlindSpot> _blindSpots = [];

    /// <summary>Why acts would be refused altogether, and what recovery could not put right.</summary>
    public IReadOnlyList<BlindSpot> BlindSpots => _blindSpots;

    /// <summary>Whether something that was cut off, by a crash or by a disk that broke, still waits to be put right: call <see cref="Recover"/> again.</summary>
    public bool IsUnsettled => _isUnsettled;

    /// <summary>Why nothing is done for the time being; null when acts are possible.</summary>
    public string? CircuitOpen
    {
        get
        {
            try
            {
                return settings.Policy.MaxActsPerMinute == 0 ? null : CircuitBreaker.Judge(_journal.Past(), settings.Policy.MaxActsPerMinute, clock.GetUtcNow()).Why;
            }
            catch (JournalException e)
            {
                return $"Nothing is done, because it could not be written down: {e.Message}.";
            }
        }
    }

    /// <summary>What the act would find and do; changes nothing.</summary>
    public PreviewAnswer Preview(PreviewRequest request)
    {
        if (RequestForm.Problem(request) is { } problem)
            return No(Refusal.Malformed, problem);
        if (Words.Action(request.Action) is not { } action)
            return No(Refusal.NotOffered, $"There is no act called \"{FilePath.Escape(request.Action)}\".");
        var path = PathOf(request.Path, request.PathBytes);
        if (Forbidden(action, path) is { } forbidden)
            return No(forbidden);
        if (action is OperatorAction.Undo or OperatorAction.Purge)
            return No(Refusal.NotOffered, $"{(action == OperatorAction.Undo ? "An undo" : "A purge")} names an operation and needs no preview.");
        if (action is OperatorAction.Ask or OperatorAction.Terminate or OperatorAction.Kill)
            return PreviewEnding(request, action, path);
        if (action == OperatorAction.Rescue)
            return PreviewRescue(request, path);
        var look = survey.LookAt(path);
        if (look is null)
            return No(NothingAt(path));
        return (KindForbids(action, look.Verdict.Kind) ?? BreakRules.Decide(action, look.Artefact, look.Verdict, null)) is BreakDecision.Refused refused
            ? new PreviewAnswer(look.Finding, look.Finding.Fingerprint, [], Victims(look), Refuse(refused))
            : new PreviewAnswer(look.Finding, look.Finding.Fingerprint, Steps(action, look), Victims(look), null);
    }

    /// <summary>Does it, or says why not. The same operation id again gives the recorded result.</summary>
    /// <param name="report">Told of each step; must not throw.</param>
    /// <param name="rescueTo">For a rescue: the file to make. Only a person on this host can say; null for the agent's own directory.</param>
    public OperationResult Execute(ExecuteRequest request, Action<OperationProgress> report, FilePath? rescueTo = null)
    {
        lock (_gate)
        {
            var problem = RequestForm.Problem(request);
            request = RequestForm.Clean(request);
            var run = new OperationRun(request, clock, report);
            try
            {
                if (problem is null && _journal.FindResult(request.OperationId) is { } recorded)
                {
                    if (RequestForm.IsSame(_journal.FindIntent(request.OperationId)!.Request, request))
                        return recorded;
                    problem = "An operation with this id was asked for before, and it was another one.";
                }
                if (problem is not null)
                    return Malformed(run, problem);
                if (request.BreakGlass is { } justification)
                {
                    // Loud, and before anything else: in the log, and as an entry of its own that names no act's outcome.
                    var (who, where, why) = (FilePath.FromText(request.Actor), PathOf(request.Path, request.PathBytes), FilePath.FromText(justification));
                    log.GlassBroken(who, request.Action, where, why);
                    _journal.Note(AuditActions.BreakGlass, "used", request, justification, JsonText($"operation {request.OperationId}: {request.Action} without the approvers of the policy"));
                }
                var root = RootOf(PathOf(request.Path, request.PathBytes))?.Text;
                if (request.UndoOf is { } undone && _journal.FindIntent(undone) is { } first)
                {
                    // The journal names the file that comes back, whatever the request says.
                    (request, root) = (request with { Path = first.Request.Path, PathBytes = first.Request.PathBytes }, first.Root);
                    run = new OperationRun(request, clock, report);
                }
                var us = survey.OwnProcess;
                _journal.Intend(new JournalIntent(request, us.Pid, us.StartTicks, us.BootId, root));
            }
            catch (JournalException e)
            {
                // Without a record nothing is done.
                log.JournalUnusable(e);
                return run.End("refused", Refusals.Word(Refusal.System), $"Nothing was done, because it could not be written down first: {e.Message}.");
            }

            var result = Guarded(run, () => Act(run, rescueTo));
            var (path, actor) = (PathOf(request.Path, request.PathBytes), FilePath.FromText(request.Actor));
            log.Acted(result.Action, path, actor, result.Outcome);
            try
            {
                return _journal.Conclude(request, result);
            }
            catch (JournalException e)
            {
                log.JournalUnusable(e);
                return result with { Summary = result.Summary + " The outcome could not be written to the journal: " + e.Message };
            }
        }
    }

    /// <summary>Once per process, and again while something could not be put right: settles what an agent left behind that ended in the middle of an act, and
    /// removes what the quarantine has kept long enough.</summary>
    public void Recover()
    {
        lock (_gate)
        {
            if (_isRecovered && !_isUnsettled)
                return;
            (_isRecovered, _isUnsettled) = (true, false);
            var problems = new List<BlindSpot>();
            try
            {
                var open = _journal.OpenIntents().Where(i => !survey.IsRunning(i)).ToList();
                var all = Settle(open, problems);
                var settled = all.ToLookup(r => r.OperationId);
                foreach (var late in all.Where(r => r.By != RecoveredBy.Nothing && !open.Exists(i => i.Request.OperationId == r.OperationId)))
                    NoteRecovered(late);
                foreach (var intent in open)
                {
                    var found = settled[intent.Request.OperationId].Select(r => r.Sentence).FirstOrDefault()
                        ?? "No trace of it was found: nothing had been touched, or it had come to its end.";
                    var path = PathOf(intent.Request.Path, intent.Request.PathBytes);
                    log.Interrupted(intent.Request.OperationId, path, found);
                    _journal.Conclude(intent.Request, new OperationRun(intent.Request, clock, static _ => { }).End(
                        Journal.Interrupted, null, $"The agent ended in the middle of it. {found}"));
                }
            }
            catch (JournalException e)
            {
                log.JournalUnusable(e);
                problems.Add(new BlindSpot("journal", e.Message + "; nothing will be broken or removed"));
            }
            _blindSpots = problems;
        }
    }

    // An act that failed has its outcome in the journal; what became of it later is an entry too, above all a lock that came back.
    private void NoteRecovered(RecoveredOperation late)
    {
        log.Recovered(late.OperationId, late.Path, late.Sentence);
        _journal.Note(
            AuditActions.Recovered, "done",
            new ExecuteRequest(late.OperationId, AuditActions.Recovered, "", late.Path.Text, null, null, "ops agent", [], "recovery"),
            $"of operation {late.OperationId}", JsonText(late.Sentence));
    }

    /// <summary>How a refusal ends: <c>gone</c>, <c>changed</c> or <c>refused</c>.</summary>
    public static string OutcomeOf(OperationRefusal refusal) =>
        refusal.Reason == Refusals.Word(Refusal.NotThere) ? "gone"
        : refusal.Reason == Refusals.Word(Refusal.Changed) || refusal.Reason == Refusals.Word(Refusal.ProcessChanged) ? "changed"
        : "refused";

    private OperationResult Act(OperationRun run, FilePath? rescueTo)
    {
        var request = run.Request;
        if (Words.Action(request.Action) is not { } action)
            return run.Refuse(new(Refusal.NotOffered, $"There is no act called \"{FilePath.Escape(request.Action)}\"."));
        if (Unpermitted(action, request) is { } unpermitted)
            return run.Refuse(unpermitted);
        var result = Act(run, action, rescueTo);
        return request.BreakGlass is null ? result : result with { Summary = $"Break-glass, without the approvers of the policy. {result.Summary}" };
    }

    /// <summary>What the policy of this host says about it, whatever a console has checked.</summary>
    private BreakDecision.Refused? Unpermitted(OperatorAction action, ExecuteRequest request)
    {
        if (!settings.Policy.Allows(action))
            return PolicyForbids(action);
        if (settings.Policy.Shadow)
            return new(Refusal.Shadow, "This host is in shadow mode: it only says what it would do. Its policy file decides (shadow).");
        if (Approval.Refuse(request.Actor, request.Approvers, settings.Policy.Approvers.GetValueOrDefault(Words.Of(action)), request.BreakGlass, settings.Policy.BreakGlass) is { } unapproved)
            return unapproved;
        var circuit = CircuitBreaker.Judge(_journal.Past(), settings.Policy.MaxActsPerMinute, clock.GetUtcNow());
        return circuit.Why is { } why ? new(Refusal.CircuitOpen, why)
            : settings.Policy.MaxActsPerMinute > 0 && circuit.InLastMinute >= settings.Policy.MaxActsPerMinute
                ? new(Refusal.TooMany, string.Create(CultureInfo.InvariantCulture, $"{circuit.InLastMinute} acts in the last minute: the policy of this host allows {settings.Policy.MaxActsPerMinute}. Nothing more is done until 5 quiet minutes have passed."))
            : null;
    }

    private OperationResult Malformed(OperationRun run, string problem)
    {
        var actor = FilePath.FromText(run.Request.Actor);
        log.Malformed(actor, problem);
        _journal.Note(AuditActions.Malformed, "refused", run.Request, run.Request.Reason, JsonText(problem));
        return run.Refuse(new(Refusal.Malformed, problem + " Nothing was done."));
    }

    private static string JsonText(string text) => System.Text.Json.JsonSerializer.Serialize(text, JournalJson.Default.String);

    private OperationResult Act(OperationRun run, OperatorAction action, FilePath? rescueTo)
    {
        var request = run.Request;
        if (action == OperatorAction.Undo)
            return Undo(run);
        if (action == OperatorAction.Purge)
            return Purge(run);
        if (action is OperatorAction.Ask or OperatorAction.Terminate or OperatorAction.Kill)
            return End(run, action);
        if (action == OperatorAction.Rescue)
            return Save(run, rescueTo);

        var path = PathOf(request.Path, request.PathBytes);
        if (Forbidden(action, path) is { } forbidden)
            return run.Refuse(forbidden);
        if (survey.LookAt(path) is not { } look)
            return run.Refuse(NothingAt(path));
        if (KindForbids(action, look.Verdict.Kind) is { } kind)
            return run.Refuse(kind);
        // What the operator saw, or else what this first look sees, is what every later look must find again.
        var promised = request.Fingerprint ?? look.Finding.Fingerprint;
        return BreakRules.Decide(action, look.Artefact, look.Verdict, promised) switch
        {
            BreakDecision.Refused refused => run.Refuse(refused),
            BreakDecision.TakeOver decision => TakeOver(run, look, decision, promised!),
            BreakDecision.Remove decision => Remove(run, decision, promised!),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private OperationResult TakeOver(OperationRun run, CloseLook look, BreakDecision.TakeOver decision, string promised)
    {
        var (request, policy, mayBeWeaker) = (run.Request, settings.Policy, look.Finding.Weaker == true);
        if (mayBeWeaker && Approval.Refuse(request.Actor, request.Approvers, policy.ApproversOfWeaker, request.BreakGlass, policy.BreakGlass) is { } unapproved)
            return run.Refuse(unapproved with { Sentence = "Its file system may not be able to exchange names, so it may have to be broken by the weaker protocol. " + unapproved.Sentence });
        var plan = new TakeoverPlan
        {
            Root = RootOf(decision.Lock.Path)!.Value,
            Expected = decision.Lock,
            Twins = [.. look.Artefact.Twins.Select(t => t.Path)],
            Ours = decision.Ours(Environment.ProcessId, look.Host.HostName),
            Mailbox = decision.Mailbox,
            MailboxRoot = decision.Mailbox is { } mailbox ? RootOf(mailbox.Path) : null,
            MailboxIsMbox = decision.Mailbox is { Kind: FileKind.Regular, Size: > 0 } && HostSurvey.LooksLikeMbox(decision.Mailbox.Path),
            OperationId = run.Request.OperationId,
            Actor = run.Request.Actor,
            Reason = run.Request.Reason,
            HostName = look.Host.HostName,
            SettlePeriod = settings.Policy.SettlePeriod,
            MayBeRenamedAway = mayBeWeaker,
        };
        return new Takeover(clock).Run(
            plan, () => Verify(OperatorAction.Break, decision.Lock.Path, promised, decision), () => survey.ForeignActivityOn(decision.Mailbox), run) switch
        {
            ActOutcome.TakenOver done => run.Done(
                (done.WasRenamedAway ? "By the weaker protocol: the stale lock was renamed away; " : "The stale lock was taken over and released; ") + $"{decision.Lock.Path.Display} is free." + string.Concat(done.Warnings.Select(w => " " + w)),
                done.QuarantinePath, done.Removed, Settled(done.SettledWith)) with
            {
                Settle = new Settle([.. done.SettledWith.Select(SightingOf)], FindingFactory.IdentityOf(done.Removed.File), IdentityAt(decision.Lock.Path), done.Warnings),
            },
            ActOutcome.Refused { WasPutBack: true } refused => run.Refuse(new(refused.Reason, refused.Sentence + " The lock was put back.")),
            ActOutcome.Refused { Reason: Refusal.NoExchange } refused => run.Refuse(new(refused.Reason, refused.Sentence
                + (mayBeWeaker ? "" : " The policy of this host could allow the weaker protocol for its store (weakerProtocol)."))),
            ActOutcome.Refused refused => run.Refuse(new(refused.Reason, refused.Sentence)),
            ActOutcome.AlreadyGone => run.End("gone", Refusals.Word(Refusal.NotThere), "It was released before it could be taken over."),
            ActOutcome.ChangedMeanwhile changed => run.End("changed", Refusals.Word(Refusal.Changed), changed.Sentence),
            ActOutcome.Failed failed => run.End("failed", Refusals.Word(Refusal.System), failed.Sentence + Tidied(plan.Root, plan.OperationId)),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private OperationResult Remove(OperationRun run, BreakDecision.Remove decision, string promised)
    {
        var plan = new QuarantinePlan
        {
            Root = RootOf(decision.File.Path)!.Value,
            Expected = decision.File,
            OperationId = run.Request.OperationId,
            Actor = run.Request.Actor,
            Reason = run.Request.Reason,
            HostName = Environment.MachineName,
            FamilyLock = decision.FamilyLock,
        };
        return new Quarantine(clock).Remove(plan, () => Verify(OperatorAction.Remove, decision.File.Path, promised), run) switch
        {
            ActOutcome.Quarantined done => run.Done($"{decision.File.Path.Display} is in quarantine.", done.QuarantinePath, done.File, null) with
            {
                Settle = new Settle([], FindingFactory.IdentityOf(done.File.File), IdentityAt(decision.File.Path), []),
            },
            ActOutcome.Refused refused => run.Refuse(new(refused.Reason, refused.Sentence)),
            ActOutcome.AlreadyGone => run.End("gone", Refusals.Word(Refusal.NotThere), "It was gone before it could be taken."),
            ActOutcome.ChangedMeanwhile changed => run.End("changed", Refusals.Word(Refusal.Changed), changed.Sentence),
            ActOutcome.Failed failed => run.End("failed", Refusals.Word(Refusal.System), failed.Sentence + Tidied(plan.Root, plan.OperationId)),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>The second look, with the directory's mutex held: it must find what the first one promised.</summary>
    /// <param name="planned">The takeover that is planned: the mailbox that is held must be the one that the name leads to now.</param>
    private BreakDecision.Refused? Verify(OperatorAction action, FilePath path, string promised, BreakDecision.TakeOver? planned = null) =>
        survey.LookAt(path) is { } look
            ? BreakRules.Decide(action, look.Artefact, look.Verdict, promised) is var again && again is BreakDecision.TakeOver { Mailbox: var now } && planned is not null
                && (now?.Identity != planned.Mailbox?.Identity || now?.Path != planned.Mailbox?.Path)
                ? new BreakDecision.Refused(Refusal.Changed, "The name of the mailbox leads to another file than a moment ago.")
                : again as BreakDecision.Refused
            : NothingAt(path);

    private static BreakDecision.Refused NothingAt(FilePath path) => new(Refusal.NotThere, $"Nothing is at {path.Display}, or it is nothing that a mail system leaves.");

    private BreakDecision.Refused? Forbidden(OperatorAction action, FilePath path) =>
        !settings.Policy.Allows(action) ? PolicyForbids(action)
        : !StoreRoots.Cover(settings.Roots, path) ? OutsideRoots(path)
        : survey.SilenceAt(path) is { } silence ? new(Refusal.System, silence)
        : null;

    private BreakDecision.Refused? KindForbids(OperatorAction action, ArtefactKind kind) =>
        settings.Policy.WhyNot(action, kind) is { } why ? new(Refusal.Policy, why) : null;

    private static BreakDecision.Refused PolicyForbids(OperatorAction action) =>
        new(Refusal.Policy, $"The policy of this host does not allow to {Words.Of(action)}.");

    private BreakDecision.Refused OutsideRoots(FilePath path) => new(Refusal.Policy,
        $"{path.Display} lies outside the directories this agent may touch ({string.Join(", ", settings.Roots.Select(r => r.Path.Display + (r.TopLevelOnly ? " (top level)" : "")))}). Name its store in the policy, or with --root.");

    // The deepest root: what is quarantined stays as near as can be.
    private FilePath? RootOf(FilePath path) => StoreRoots.Covering(settings.Roots, path)?.Path;

    /// <summary>Takes back, or to its end, whatever lies half done in the quarantines, and empties them of what was kept long enough.</summary>
    private List<RecoveredOperation> Settle(List<JournalIntent> open, List<BlindSpot> problems)
    {
        var found = new List<RecoveredOperation>();
        var roots = settings.Roots.Select(r => r.Path).Concat(open.Where(IsOurs).Select(i => FilePath.FromText(i.Root!))).Distinct();
        foreach (var root in roots)
        {
            if (survey.SilenceAt(root) is { } silence)
            {
                _isUnsettled = true;
                problems.Add(new BlindSpot("recovery", $"{silence} What was cut off there is put right when it does."));
                continue;
            }
            foreach (var operation in new Recovery(clock).Run(root, Environment.MachineName))
            {
                found.Add(operation);
                if (operation.By == RecoveredBy.Nothing)
                {
                    _isUnsettled = true;
                    problems.Add(new BlindSpot("recovery", $"Operation {operation.OperationId}: {operation.Sentence} It is tried again every minute."));
                }
            }
            problems.AddRange(new Quarantine(clock).Purge(root, settings.Policy.QuarantineRetention).Problems.Select(p => new BlindSpot("quarantine", p)));
        }
        return found;
    }

    /// <summary>An act that failed half-way is settled at once, not at the next start.</summary>
    private string Tidied(FilePath root, Guid operation)
    {
        var settled = new Recovery(clock).Run(root, Environment.MachineName).Where(r => r.OperationId == operation).ToList();
        _isUnsettled |= settled.Exists(r => r.By == RecoveredBy.Nothing);
        return string.Concat(settled.Select(r => " " + r.Sentence));
    }

    // A root that was named on a command line is not among ours later. The policy has the last word if it names any.
    private bool IsOurs(JournalIntent intent) => intent.Root is not null
        && (settings.Policy.Roots is null || settings.Roots.Any(r => FilePath.FromText(intent.Root).IsAtOrBelow(r.Path)));

    private static FilePath PathOf(string text, string? bytes)
    {
        try
        {
            return bytes is null ? FilePath.FromText(text) : new FilePath(Convert.FromBase64String(bytes));
        }
        catch (FormatException)
        {
            return default; // lies below no root
        }
    }

    private static OperationResult Guarded(OperationRun run, Func<OperationResult> act)
    {
        try
        {
            return act();
        }
#pragma warning disable CA1031 // whatever goes wrong, the journal gets an outcome and the console an answer
        catch (Exception e)
#pragma warning restore CA1031
        {
            return run.End("failed", Refusals.Word(Refusal.System), $"It failed: {FilePath.Escape(e.Message)}");
        }
    }

    private static PreviewAnswer No(Refusal reason, string sentence) => No(new BreakDecision.Refused(reason, sentence));

    private static PreviewAnswer No(BreakDecision.Refused refused) => new(null, null, [], [], Refuse(refused));

    internal static OperationRefusal Refuse(BreakDecision.Refused refused) => new(Refusals.Word(refused.Reason), refused.Sentence);

    private static string Settled(IReadOnlyList<LockSighting> seen) => seen.Count == 0
        ? "Nobody took the lock while the name was watched."
        : string.Join(' ', seen.Select(s => string.Create(CultureInfo.InvariantCulture,
            $"After {s.After.TotalSeconds:0.0} s uid {s.File.Uid} took the lock (inode {s.File.Identity.Inode}), seen for {s.SeenFor.TotalSeconds:0.0} s{(s.StillThere ? ", still there" : "")}.")));

    // The name of a lock says nothing about who made it; its text may, and is in the next look at it.
    private static SettleSighting SightingOf(LockSighting seen) => new(
        Math.Round(seen.After.TotalSeconds, 3), Users.NameOf(seen.File.Uid),
        Math.Round(seen.SeenFor.TotalSeconds, 3), seen.StillThere);

    /// <summary>Who waits for it or would notice: those with hitching posts beside it, and everybody on the mailbox.</summary>
    private static IReadOnlyList<string> Victims(CloseLook look)
    {
        var mailbox = look.Artefact.Subject?.Identity;
        return
        [
            .. look.Artefact.Siblings.Select(s => $"{s.Path.Display}: somebody made this to take the lock"),
            .. look.Host.Locks.Entries.Where(e => mailbox is not null && e.File == mailbox).SelectMany(e => e.Parties, (e, p) =>
                $"pid {p.Process.Pid} ({FilePath.Escape(p.Process.Command)}) {(e.Lock.IsWaiter ? "waits for" : "holds")} a kernel lock on the mailbox"),
            .. mailbox is null ? [] : look.Host.OpenFiles.Of(mailbox.Value).DistinctBy(o => o.Process.Pid).Select(o =>
                $"pid {o.Process.Pid} ({FilePath.Escape(o.Process.Command)}) has the mailbox open"),
        ];
    }

    private static readonly string[] WeakerSteps =
    [
        "If the file system cannot exchange names in step 5: the weaker protocol, in place of steps 5 to 8. All checks are made again",
        "Rename the lock away, into quarantine. From here on its name is absent, and anybody may take the lock",
        "Make sure that it was the stale file; link any other back. If somebody took the lock in that moment, two may hold it: that is told, and cannot be prevented",
    ];

    private string[] Steps(OperatorAction action, CloseLook look)
    {
        var path = look.Artefact.File.Path;
        if (action == OperatorAction.Remove)
        {
            return
            [
                $"Lock the directory {path.Parent.Display} against other agents and look at everything once more",
                "Move the file to quarantine on the same file system, never over another file",
                "Make sure that the file that was moved is the one that was judged; put any other straight back",
            ];
        }
        var mailbox = look.Artefact.Subject;
        return
        [
            $"Lock the directory {path.Parent.Display} against other agents",
            "Look at everything once more: the same file, the same answers",
            mailbox is null ? "No mailbox to lock: there is none of this name" : $"Lock {mailbox.Path.Display} itself (fcntl and flock), without waiting",
            "Make a lock file of our own beside it, naming this living agent",
            "Exchange both names in one step, so that the lock's name is never absent",
            "Make sure that what came back is the stale file; exchange back if it is not",
            "Record the stale file, look at the mailbox again, and move the file to quarantine",
            "Release our own lock by its name",
            $"Watch the name for {settings.Policy.SettlePeriod.TotalSeconds:0.#} s: who takes it next",
            .. look.Finding.Weaker == true ? WeakerSteps : [],
        ];
    }
}
