using System.Globalization;
using Microsoft.Extensions.Logging;
using Ops.Contracts;
using Ops.Integrity;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Audits the stores of this host one root at a time: when a console asks, and by the schedule of the policy. Goes on while no console is there.</summary>
internal sealed class AuditRunner : IDisposable
{
    /// <summary>An audit that ends the agent each time must not be begun again and again.</summary>
    public const int MostRestarts = 3;

    /// <summary>Longest path of a request that is looked at.</summary>
    private const int LongestRoot = 4_096;
    private const int LongestActor = 200;

    private static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(2);

    private readonly AgentSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Action _changed;
    private readonly AuditShelf _shelf;
    private readonly IReadOnlyList<string> _roots;
    private readonly DateTimeOffset _servingSince;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, KeptAudit> _last = new(StringComparer.Ordinal);
    private readonly ITimer _timer;
    private Guid _revision = Guid.NewGuid();
    private AuditRun? _run;
    private volatile bool _isClosed;

    private readonly TimeSpan? _secondLookAfter;

    /// <param name="changed">Called when the console should be informed, from any thread; must be quick.</param>
    /// <param name="secondLookAfter">Null: as audits have it.</param>
    public AuditRunner(AgentSettings settings, TimeProvider clock, ILogger log, Action changed, TimeSpan? secondLookAfter = null)
    {
        (_settings, _clock, _log, _changed, _secondLookAfter) = (settings, clock, log, changed, secondLookAfter);
        _shelf = new AuditShelf(settings.StateDirectory);
        _roots = [.. FilePath.Outermost(settings.MailboxRoots).Select(r => r.Text)];
        _servingSince = clock.GetUtcNow();
        foreach (var root in _roots)
        {
            if (_shelf.Last(root) is { } kept)
                _last[root] = kept;
        }
        TakeUp();
        _timer = clock.CreateTimer(_ => Tick(), null, BeatEvery, BeatEvery);
    }

    public StoreAuditBeat Beat()
    {
        lock (_gate)
            return new StoreAuditBeat(_revision, _run?.Progress());
    }

    public StoreAuditState State()
    {
        lock (_gate)
            return new StoreAuditState(_roots, [.. _last.Values.Select(k => k.End)], _settings.Policy.AuditEvery?.TotalSeconds, AuditPace.Limits(_settings.Policy.AuditRate).Bytes);
    }

    public StoreAuditReport Report(StoreAuditFetch request)
    {
        lock (_gate)
        {
            return _last.GetValueOrDefault(request.Root)?.Report is { } report && report.Id == request.Id
                ? report
                : new StoreAuditReport(request.Id, request.Root, null, Full: false, _clock.GetUtcNow(), null);
        }
    }

    public StoreAuditAnswer Start(StoreAuditRequest request)
    {
        if (request is not { Root.Length: > 0 and <= LongestRoot, Actor.Length: > 0 and <= LongestActor })
            return Refused("malformed", "The request is malformed.");
        if (!_roots.Contains(request.Root))
            return Refused("not-a-root", $"{FilePath.Escape(request.Root)} is no store of this agent.");
        lock (_gate)
        {
            // Asked for twice: the answer to the first was lost.
            if (_run?.What.Id == request.Id)
                return new StoreAuditAnswer(null);
            if (_run is { } other)
                return Refused("audit-running", $"An audit of {FilePath.Escape(other.What.Root)} is still {(other.IsStopping ? "stopping" : "running")}: one runs at a time.");
            if (_isClosed)
                return Refused("ending", "The agent is ending.");
            Begin(new RunningAudit(request.Id, request.Root, request.Actor, request.Full, _clock.GetUtcNow(), 0), null);
        }
        _changed();
        return new StoreAuditAnswer(null);
    }

    public StoreAuditAnswer Stop(StoreAuditStop request)
    {
        if (request is not { Actor.Length: > 0 and <= LongestActor })
            return Refused("malformed", "The request is malformed.");
        lock (_gate)
        {
            if (_run is not { } run || run.What.Id != request.Id)
                return Refused("not-running", "This audit no longer runs.");
            run.Stop(request.Actor);
        }
        _changed();
        return new StoreAuditAnswer(null);
    }

    /// <summary>Begins what the schedule wants, and has progress reported.</summary>
    public void Tick()
    {
        bool isRunning;
        lock (_gate)
        {
            if (_isClosed)
                return;
            if (_run is null && Due() is { } root)
                Begin(new RunningAudit(Guid.NewGuid(), root, null, Full: false, _clock.GetUtcNow(), 0), null);
            isRunning = _run is not null;
        }
        if (isRunning)
            _changed();
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
        {
            _isClosed = true;
            // Its file stays: the next agent begins it again.
            _run?.Stop(null);
        }
    }

    private static StoreAuditAnswer Refused(string reason, string sentence) => new(new OperationRefusal(reason, sentence));

    // Roots that were never audited come in their order, and a root whose audit is over lets the others go first.
    private string? Due()
    {
        var spread = Convert.ToInt32(_settings.HostId[..4], 16) / 65536.0;
        var now = _clock.GetUtcNow();
        return _roots.Select(r => (Root: r, At: AuditPace.Due(_settings.Policy.AuditEvery, _last.GetValueOrDefault(r)?.End.StartedAt, _servingSince, spread)))
            .Where(r => r.At <= now).OrderBy(r => r.At).Select(r => r.Root).FirstOrDefault();
    }

    private void TakeUp()
    {
        if (_shelf.Running() is not { } cutOff)
            return;
        var again = cutOff with { Restarts = cutOff.Restarts + 1 };
        var isRoot = _roots.Contains(cutOff.Root);
        if (isRoot && again.Restarts <= MostRestarts)
        {
            Begin(again with { StartedAt = _clock.GetUtcNow() }, $"Begun again from the first mailbox: the agent ended while it ran, {Times(again.Restarts)}.");
            return;
        }
        Keep(EndOf(cutOff, "cut-off", isRoot ? $"The agent ended while it ran, {Times(again.Restarts)}. It was not begun again." : "The agent ended while it ran, and the directory is no longer one of its stores.", null));
    }

    private static string Times(int number) => number == 1 ? "once" : string.Create(CultureInfo.InvariantCulture, $"{number} times");

    private void Begin(RunningAudit what, string? note)
    {
        var (bytes, messages, files) = AuditPace.Limits(_settings.Policy.AuditRate);
        var options = new AuditOptions(new ReadChoice(what.Full, _settings.Policy.AuditSample / 100, unchecked((ulong)Random.Shared.NextInt64())), bytes, messages) { FilesPerSecond = files };
        if (_secondLookAfter is { } after)
            options = options with { SecondLookAfter = after };
        var run = _run = new AuditRun(what, options, _last.GetValueOrDefault(what.Root)?.CoverageOf(what.Full), _clock, note);
        var (root, asked) = (FilePath.FromText(what.Root), FilePath.FromText(what.Asked ?? "schedule"));
        _log.AuditBegun(root, asked);
        run.Start(() => Store(() => _shelf.PutRunning(what)), (report, error) => Ended(run, report, error));
    }

    // On the audit's thread: what is slow here holds up nothing else. Until the end of this no other audit begins.
    private void Ended(AuditRun run, StoreReport? report, Exception? error)
    {
        var what = run.What;
        KeptAudit? kept = null;
        if (report is not null)
        {
            var document = AuditBounds.Default.Apply(AuditDocument.Of(_settings.HostName, what.StartedAt, report));
            kept = EndOf(what, "done", run.Note, new StoreAuditReport(what.Id, what.Root, what.Asked, what.Full, _clock.GetUtcNow(), document));
        }
        else if (run.StoppedBy is { } who)
        {
            kept = EndOf(what, "stopped", $"Stopped by {FilePath.Escape(who)}. What it had seen was looked at once only, and is not reported.", null);
        }
        else if (!_isClosed)
        {
            var root = FilePath.FromText(what.Root);
            _log.AuditFailed(root, error!);
            kept = EndOf(what, "failed", $"It failed: {FilePath.Escape(error!.Message)}", null);
        }
        if (kept is not null)
            Keep(kept);
        lock (_gate)
        {
            _run = null;
            run.Dispose();
        }
        _changed();
    }

    private KeptAudit EndOf(RunningAudit what, string outcome, string? note, StoreAuditReport? report)
    {
        lock (_gate)
            report ??= _last.GetValueOrDefault(what.Root)?.Report;
        return new KeptAudit(new StoreAuditEnd(what.Id, what.Root, what.Asked, what.Full, outcome, note, what.StartedAt, _clock.GetUtcNow(), report?.Id), report);
    }

    private void Keep(KeptAudit kept)
    {
        var end = kept.End;
        var (root, sentence) = (FilePath.FromText(end.Root), FilePath.FromText(kept.Report is { Report: { } document } report && report.Id == end.Id ? document.Sentence : end.Note ?? ""));
        _log.AuditEnded(root, end.Outcome, sentence);
        Store(() =>
        {
            _shelf.Put(kept);
            _shelf.ClearRunning();
        });
        lock (_gate)
        {
            if (_roots.Contains(end.Root))
                _last[end.Root] = kept;
            _revision = Guid.NewGuid();
        }
    }

    private void Store(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.AuditNotKept(e);
        }
    }
}
