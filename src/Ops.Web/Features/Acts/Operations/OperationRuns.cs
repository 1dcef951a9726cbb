using System.Collections.Concurrent;
using Ops.Cluster;
using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web.Features.Acts.Operations;

/// <summary>Carries operations whose intent is written down to their end: asks the agent, passes its progress on, stores the outcome.</summary>
/// <remarks>
/// When the agent stops responding it is unknown whether it acted: the state is <see cref="OperationState.Unknown"/> and is settled by asking again under the
/// same id, which an agent that acted answers with the recorded result.
/// </remarks>
public sealed class OperationRuns(
    OperationBoard board, OperationLog operations, AgentDirectory agents, IConsoles consoles, LiveState live, TimeProvider clock, ILogger<OperationRuns> log) : BackgroundService
{
    /// <summary>How often sessions are looked at for silence, and unknown operations for their agent's return.</summary>
    internal static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    /// <summary>An agent that reports nothing for this long while its heart still beats is not waited for any more.</summary>
    internal static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(3);

    /// <summary>Later than this, and after a restart of the console, an operator no longer expects the act to happen; then the agent is only asked what it did.</summary>
    internal static readonly TimeSpan ActWithin = TimeSpan.FromMinutes(10);

    // Far more than any act has: an agent that counts on and on must not fill the memory.
    private const int MostSteps = 100;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    // Each operation that the agent is being asked about, and when an unknown one may be asked about again.
    private readonly ConcurrentDictionary<Guid, byte> _beingAsked = new();
    private readonly ConcurrentDictionary<Guid, string> _withdrawn = new();

    // The people who asked for these saw the console end, or read that nothing was done because the intent could not be recorded in full: they are not started now.
    private readonly ConcurrentDictionary<Guid, byte> _ofEarlierRun = new();
    private readonly Dictionary<Guid, (DateTimeOffset NotBefore, TimeSpan Pause)> _pauses = [];

    /// <summary>Asks the agent, in the background.</summary>
    internal void Start(IAgentLink session, Operation operation)
    {
        board.Add(View(operation));
        log.OperationAsked(operation.Id, operation.Actor, operation.Host, operation.Action, operation.Path);
        _beingAsked.TryAdd(operation.Id, 0);
        _ = RunAsync(session, operation);
    }

    /// <summary>The intent of this operation is about to be written: an earlier attempt under the same id that was withdrawn must not close it.</summary>
    /// <remarks>Before the writing: a look that finds the intent in the database finds this, too. Without <see cref="Start"/>, <see cref="Withdraw"/> takes it back.</remarks>
    internal void Expect(Guid id) => _beingAsked.TryAdd(id, 0);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        while (!await TryTakeUpAsync(stoppingToken))
            await timer.WaitForNextTickAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (id, why) in _withdrawn)
                await TryWithdrawAsync(id, why);
            // A console of the fleet may have ended in the middle of an act.
            if (consoles.IsCluster)
                await TryTakeUpAsync(stoppingToken);
            foreach (var view in board.All.Where(v => v.State == OperationState.Unknown).ToList())
                await TryAskAgainAsync(view);
        }
    }

    /// <summary>An intent that could not be recorded as it must be, and may be in the database all the same: it is closed there as soon as that is possible, and the agent is never asked.</summary>
    internal void Withdraw(Guid id, string why)
    {
        _beingAsked.TryRemove(id, out _);
        _withdrawn[id] = why;
    }

    private async Task TryWithdrawAsync(Guid id, string why)
    {
        try
        {
            if (await operations.GetAsync(id) is not null && !_beingAsked.ContainsKey(id))
                await operations.EndAsync(id, OperationState.Refused, why);
            _withdrawn.TryRemove(id, out _);
        }
        catch (Exception e) when (e is AuditNotWrittenException || DatabaseFailure.Is(e))
        {
            // The next look tries again.
        }
    }

    // What an earlier run, or a console that has ended, left open. While the database cannot be read or written, nothing is taken up, and the console goes on.
    private async Task<bool> TryTakeUpAsync(CancellationToken stop)
    {
        // What the living ask about is theirs; of the rest one console takes care.
        if (!consoles.IsFirst)
            return true;
        try
        {
            foreach (var open in await operations.TakeOverAsync([.. consoles.Others.Select(c => c.Address)], stop))
            {
                if (_ofEarlierRun.TryAdd(open.Id, 0))
                    board.Add(View(open));
            }
            return true;
        }
        catch (Exception e) when (e is AuditNotWrittenException || DatabaseFailure.Is(e))
        {
            log.OutcomeNotAudited("operations of an earlier run", e.Message);
            live.SetAlert(StorageWatch.AuditUnwritable, on: true);
            return false;
        }
    }

    private async Task TryAskAgainAsync(OperationView view)
    {
        try
        {
            await AskAgainAsync(view);
        }
        catch (Exception e) when (DatabaseFailure.Is(e)) // the next look tries again
        {
            log.OutcomeNotAudited(view.Action, e.Message);
        }
    }

    private async Task AskAgainAsync(OperationView view)
    {
        var now = clock.GetUtcNow();
        if (agents.Find(view.HostId) is not { IsLost: false } session || (_pauses.TryGetValue(view.Id, out var last) && now < last.NotBefore))
            return;
        var pause = last.Pause == default ? LookEvery : last.Pause * 2 < LongestPause ? last.Pause * 2 : LongestPause;
        _pauses[view.Id] = (now + pause, pause);
        if (await operations.GetAsync(view.Id) is not { State: OperationState.Unknown or OperationState.Intent } operation)
            return;
        if (_ofEarlierRun.ContainsKey(view.Id) || now - operation.RequestedAt > ActWithin)
        {
            if (operation.UndoOf is not null && live.Current.Host(view.HostId)?.Status.Capabilities.Contains(Hello.OnlyReports) is not true)
                return; // an older agent compares no fingerprint of an undo or purge, so nothing would hold it back: a person decides
            operation.Fingerprint = ExecuteRequest.NoLongerWanted;
        }
        if (_beingAsked.TryAdd(operation.Id, 0))
            _ = RunAsync(session, operation);
    }

    private async Task RunAsync(IAgentLink session, Operation operation)
    {
        var id = operation.Id;
        var heardAt = clock.GetUtcNow();
        var isAskedAgain = operation.State == OperationState.Unknown;
        session.ProgressReported += OnProgress;
        try
        {
            var request = OperationWire.RequestOf(operation, await operations.HeadAtIntentAsync(operation.Id));
            var answer = Task.Run(() => session.Client.Execute(request));
            while (true)
            {
                using var pause = new CancellationTokenSource();
                await Task.WhenAny(answer, session.Ended, Task.Delay(LookEvery, clock, pause.Token));
                await pause.CancelAsync();
                if (answer.IsCompleted)
                    break;
                if (session.IsLost || clock.GetUtcNow() - heardAt > LongestStep)
                {
                    await UnknownAsync(operation, session.IsLost ? "the connection to it is lost" : "it does not report any progress");
                    return;
                }
            }
            if (!answer.IsCompletedSuccessfully)
                await UnknownAsync(operation, answer.Exception?.InnerException?.Message ?? "it stopped trying");
            else if (!Whole.Is(answer.Result))
                await UnknownAsync(operation, "its answer is incomplete");
            else if (answer.Result.OperationId != id)
                await UnknownAsync(operation, "its answer is about another operation");
            // Asked the second time, only its journal knows: a refusal that is not from there says nothing about the first time.
            else if (isAskedAgain && answer.Result is { JournalHead: null, Refusal.Reason: "system" })
                await UnknownAsync(operation, $"its journal cannot say what became of the operation ({answer.Result.Summary.TrimEnd('.')})");
            else
                await EndAsync(operation, answer.Result);
        }
        catch (Exception e) when (e is AuditNotWrittenException || DatabaseFailure.Is(e))
        {
            // The agent's own journal has it; the operation stays open here and is asked for again, so the row is written once it can be.
            log.OutcomeNotAudited(operation.Action, e.Message);
            live.SetAlert(StorageWatch.AuditUnwritable, on: true);
            board.Update(id, v => v with { State = OperationState.Unknown, Sentence = "The outcome could not be recorded. The agent's own journal has it; the console will try again." });
        }
        finally
        {
            session.ProgressReported -= OnProgress;
            _beingAsked.TryRemove(id, out _);
        }

        void OnProgress(OperationProgress progress)
        {
            if (progress.OperationId != id || !Whole.Is(progress))
                return;
            heardAt = clock.GetUtcNow();
            board.Update(id, v => v with { Steps = WithStep(v.Steps, progress), Sentence = progress.Title });
        }
    }

    private async Task EndAsync(Operation operation, OperationResult result)
    {
        var state = result.Outcome switch
        {
            "done" => OperationState.Done,
            "refused" => OperationState.Refused,
            "changed" => OperationState.ChangedMeanwhile,
            "gone" => OperationState.AlreadyGone,
            _ => OperationState.Failed,
        };
        var sentence = result.Refusal?.Sentence ?? result.Summary;
        await operations.EndAsync(operation.Id, state, sentence, OperationWire.EvidenceOf(result));
        board.Update(operation.Id, v => v with { State = state, Sentence = sentence, Steps = result.Steps, Result = result });
        log.OperationEnded(operation.Id, state, sentence);
    }

    private async Task UnknownAsync(Operation operation, string why)
    {
        var sentence = $"The agent stopped responding: {why}. The outcome is unknown; the agent is asked again when it reconnects.";
        log.OperationUnknown(operation.Id, operation.Host, why);
        if (operation.State != OperationState.Unknown)
            await operations.EndAsync(operation.Id, OperationState.Unknown, sentence);
        operation.State = OperationState.Unknown;
        board.Update(operation.Id, v => v with { State = OperationState.Unknown, Sentence = sentence });
    }

    private static IReadOnlyList<OperationProgress> WithStep(IReadOnlyList<OperationProgress> steps, OperationProgress news) =>
        steps.Count >= MostSteps && steps.All(s => s.Step != news.Step) ? steps : [.. steps.Where(s => s.Step != news.Step).Append(news).OrderBy(s => s.Step)];

    internal static OperationView View(Operation operation) => new(
        operation.Id, operation.HostId, operation.Host, operation.Action, operation.Path, operation.Actor, operation.Reason, operation.State,
        operation.Outcome ?? (operation.State == OperationState.Unknown ? "The outcome is still unknown." : "Waiting for the agent."), [], null, operation.RequestedAt);
}
