using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Contracts;

namespace Ops.Agent;

/// <summary>
/// The agent of one host: reports to a console what is here and what changes, and does what it is asked for where the evidence allows it.
/// Inside the console's process or behind the hub, it is the same.
/// </summary>
public sealed partial class AgentEngine : IAgentClient, IDisposable
{
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RecoverEvery = TimeSpan.FromMinutes(1);
    private static readonly BlindSpot FirstScan = new("store", "the first scan of the mail stores is still running");
    private readonly AgentSettings _settings;
    private readonly IHostWatch _watch;
    private readonly OperationHandler _operations;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly FindingBook _book = new(Guid.NewGuid());
    private readonly Dictionary<ScanArea, AreaScan> _last = [];
    private readonly Dictionary<ScanArea, string> _failures = [];
    private readonly LastingWaits _lasting = new();
    private readonly ShadowBook _shadow;
    private CostMeter _cost;
    private bool _isBootTimeTold;
    private int _unnoticedLocks;
    private volatile Session? _session;

    public AgentEngine(AgentSettings settings, TimeProvider? clock = null, ILogger<AgentEngine>? log = null)
        : this(settings, new HostSurvey(settings, clock ?? TimeProvider.System), clock ?? TimeProvider.System, log)
    {
    }

    private AgentEngine(AgentSettings settings, HostSurvey survey, TimeProvider clock, ILogger? log)
        : this(settings, survey, new OperationHandler(settings, survey, clock, log ?? NullLogger.Instance), clock, log)
    {
    }

    internal AgentEngine(AgentSettings settings, IHostWatch watch, OperationHandler operations, TimeProvider clock, ILogger? log = null)
    {
        _settings = settings;
        _watch = watch;
        _operations = operations;
        _clock = clock;
        _log = log ?? NullLogger.Instance;
        _shadow = new ShadowBook(settings, clock, _log);
        _cost = new CostMeter(clock, settings.Policy.CpuBudget, used: null);
        _storesBell = new ScanBell(clock);
        _locksBell = new ScanBell(clock);
        _storesStir = new ScanBell(clock);
        _locksStir = new ScanBell(clock);
        _lockWatch = new LockWatch(clock, watch.MarkLocks, RingLocks);
        _names = new NameLoop(clock, lost: RingStores);
    }

    /// <summary>New for every engine; sequence numbers count within it, over all its sessions.</summary>
    public Guid Epoch => _book.Epoch;

    /// <summary>
    /// One session with a console: hello, snapshot, then changes and heartbeats until <paramref name="stop"/>. Call it again for the next
    /// session; it starts with hello and snapshot each time. Only one session at a time.
    /// </summary>
    /// <remarks>All calls on <paramref name="sink"/> come one after the other, except <see cref="IAgentHub.Progress"/>, which may come at any time.</remarks>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public async Task RunAsync(IAgentHub sink, CancellationToken stop)
    {
        var session = new Session(sink);
        if (Interlocked.CompareExchange(ref _session, session, null) is not null)
            throw new InvalidOperationException("this engine already serves a console");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var tasks = new List<Task>();
        try
        {
            await Task.Run(_operations.Recover, stop);
            // What was known when the last console left may not be true now.
            _ = _book.Learn(null);
            await sink.Hello(Introduction());
            // Before the first scan: what changes after it is known by events.
            await Task.Run(StartNameWatch, stop);
            var loop = new ScanLoop(_clock);
            tasks.Add(loop.RunAsync(ScanArea.KernelLocks, LookAtLocks, scan => TakeAsync(scan, session), e => Failed(ScanArea.KernelLocks, e, session), ended.Token, _locksBell,
                new QuietTime(_locksStir, _ => _lockWatch.IsQuiet, () => _cost.Slowdown)));
            tasks.Add(Task.Run(() => _lockWatch.RunAsync(ended.Token), ended.Token));
            tasks.Add(loop.RunAsync(ScanArea.Stores, LookAtStores, scan => TakeAsync(scan, session), e => Failed(ScanArea.Stores, e, session), ended.Token, _storesBell,
                new QuietTime(_storesStir, MayRest, () => _cost.Slowdown)));
            tasks.Add(FollowAsync(session, ended.Token));
            tasks.Add(BeatAsync(session, ended.Token));
            tasks.Add(PutRightAsync(ended.Token));
            if (_settings.Policy.MailQueue)
                tasks.Add(AskQueuesAsync(session, ended.Token));
            if (_settings.Policy.ImapSessions)
                tasks.Add(AskSessionsAsync(session, ended.Token));
            var ran = Task.WhenAny(tasks);
            await foreach (var step in session.Steps.ReadAllAsync(ended.Token))
            {
                await step.RunAsync(session);
                if (ran.IsCompleted)
                    await await ran;
            }
        }
        finally
        {
            await ended.CancelAsync();
            session.Close();
            await Task.WhenAll(tasks).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            _session = null;
        }
    }

    /// <summary>From now on it measures what its process costs, and keeps to the budget of the policy. For a process that does nothing else, and before the first session.</summary>
    public void MeasureProcess() => _cost = new CostMeter(_clock, _settings.Policy.CpuBudget, static () => Environment.CpuUsage.TotalTime);

    public Task Resync()
    {
        _ = _session?.Post(SendSnapshot);
        return Task.CompletedTask;
    }

    public async Task<ExplainAnswer> Explain(ExplainRequest request)
    {
        // The book belongs to the session's loop: what is wanted of it is copied there.
        var since = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        if (_session is { } session)
        {
            await Quietly(session.Post(_ =>
            {
                foreach (var finding in _book.Findings)
                    since[finding.Key] = finding.Since ?? _clock.GetUtcNow();
                return Task.CompletedTask;
            }));
        }
        return await Task.Run(() => _watch.Explain(request.Subject, key => since.TryGetValue(key, out var at) ? at : null));
    }

    public Task<PreviewAnswer> Preview(PreviewRequest request) => Task.Run(() => _operations.Preview(request));

    public Task<OperationResult> Execute(ExecuteRequest request) => Task.Run(() => _operations.Execute(request, Report));

    public Task<QuarantineAnswer> Quarantine() => Task.Run(_operations.Quarantined);

    public Task<RescueChunk> FetchRescued(RescueFetch request) => Task.Run(() => _operations.FetchRescued(request));

    public Task<ShadowReport> Shadow() => Task.Run(_shadow.Report);

    /// <summary>Progress is a courtesy: a console that has gone away does not stop an act that has begun.</summary>
    private void Report(OperationProgress progress)
    {
        if (_session is { } session)
            _ = Quietly(session.Sink.Progress(progress));
    }

    private async Task Quietly(Task told)
    {
        try
        {
            await told;
        }
        catch (Exception e)
        {
            _log.ProgressNotTold(e);
        }
    }

    private Hello Introduction() => new(
        Hello.CurrentProtocol, AgentSettings.Version, _settings.HostId, _settings.HostName, _watch.BootId, _book.Epoch, Environment.IsPrivilegedProcess,
        [.. _settings.Policy.Verbs, "explain", Hello.OnlyReports, Hello.AsksOtherHosts, .. _audits is null ? Array.Empty<string>() : [Hello.AuditsStores]], [.. _settings.Roots.Select(r => r.Path.Text)], BlindSpots(), _settings.Policy.ForConsole);

    /// <returns>Whether a second look should follow soon.</returns>
    private async Task<bool> TakeAsync(AreaScan scan, Session session)
    {
        var isInDoubt = false;
        await session.Post(async s =>
        {
            await Taken(scan)(s);
            isInDoubt = scan.Area == ScanArea.KernelLocks && _book.IsInDoubt;
        });
        return isInDoubt;
    }

    private Func<Session, Task> Taken(AreaScan scan) => async session =>
    {
        _last[scan.Area] = scan;
        if (scan is { Area: ScanArea.Stores, IsWhole: true })
            _cost.NoteWholeScan(scan.Duration, scan.Used);
        _failures.Remove(scan.Area);
        _shadow.Take(scan);
        var delta = scan.Area == ScanArea.Stores ? Compared(scan) : _book.Apply(scan.Area, scan.Findings, _clock.GetUtcNow(), scan.Missed, scan.Gone, scan.Unchanged);
        scan.Taken?.Invoke();
        _unnoticedLocks += scan.Unnoticed;
        if (!session.HasSnapshot)
        {
            // The state is sent when the first look is in, whichever area it covers: an empty one would read as "no locks".
            session.HasSnapshot = true;
            await SendSnapshot(session);
            await SendHeartbeat(session);
        }
        else if (delta is not null)
        {
            await session.Sink.Delta(delta);
        }
        // What files and locks say together is judged by looks at the stores.
        if (delta is not null && scan.Area == ScanArea.KernelLocks)
            _storesStir.Ring();
        // From the book: the scan makes its findings again for each that goes through them.
        if (scan.Area == ScanArea.KernelLocks && _lasting.Take([.. _book.Waits], _clock.GetUtcNow()))
            RingStores();
    };

    private void Failed(ScanArea area, Exception error, Session session)
    {
        _log.ScanFailed(area, error);
        _ = session.Post(_ =>
        {
            _failures[area] = error.Message;
            return Task.CompletedTask;
        });
    }

    private async Task SendSnapshot(Session session)
    {
        if (!session.HasSnapshot)
            return; // comes with the first look anyway
        foreach (var chunk in _book.Snapshot())
            await session.Sink.Snapshot(chunk);
    }

    private async Task BeatAsync(Session session, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(HeartbeatEvery, _clock);
        while (await timer.WaitForNextTickAsync(stop))
        {
            KeepBootTime();
            CountMissed();
            _cost.Measure();
            ForgetOtherHosts();
            await session.Post(SendHeartbeat);
        }
    }

    private void KeepBootTime()
    {
        try
        {
            _watch.KeepBootTime();
            _isBootTimeTold = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Once, not with every heartbeat.
            if (!_isBootTimeTold)
                _log.BootTimeNotKept(e);
            _isBootTimeTold = true;
        }
    }

    // A disk that broke in the middle of an act may be back: what stands there blocks a mailbox until it is put right.
    private async Task PutRightAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(RecoverEvery, _clock);
        while (await timer.WaitForNextTickAsync(stop))
        {
            if (_operations.IsUnsettled)
                await Task.Run(_operations.Recover, stop);
        }
    }

    private Task SendHeartbeat(Session session) => session.Sink.Heartbeat(new Heartbeat(
        _book.Epoch, _book.Sequence, _clock.GetUtcNow(),
        _last.ToDictionary(l => AreaWord(l.Key), l => Math.Round(l.Value.Duration.TotalMilliseconds, 1)), BlindSpots(), _operations.CircuitOpen, _audits?.Beat(),
        _cost.Report(Volatile.Read(ref _missedEvents), CoversAll, _verifier?.WalkedAt), _queues));

    private IReadOnlyList<BlindSpot> BlindSpots() =>
    [
        .. _watch.Standing,
        .. _operations.BlindSpots,
        .. EventBlindSpots(),
        .. SessionBlindSpots(),
        .. _last.ContainsKey(ScanArea.Stores) ? Array.Empty<BlindSpot>() : [FirstScan],
        .. _last.Values.SelectMany(l => l.BlindSpots).Distinct(),
        .. _failures.Select(f => new BlindSpot(AreaWord(f.Key), "the last look failed: " + f.Value)),
    ];

    private static string AreaWord(ScanArea area) => area == ScanArea.KernelLocks ? "kernel-locks" : "store";

    /// <summary>One sender, so that sequence numbers leave in order.</summary>
    private sealed class Session(IAgentHub sink)
    {
        private readonly Channel<Step> _steps = Channel.CreateUnbounded<Step>(new UnboundedChannelOptions { SingleReader = true });

        public IAgentHub Sink => sink;

        public bool HasSnapshot { get; set; }

        public ChannelReader<Step> Steps => _steps.Reader;

        /// <summary>Done when it was carried out; never, when the session ends before.</summary>
        public Task Post(Func<Session, Task> work)
        {
            var step = new Step(work, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            if (!_steps.Writer.TryWrite(step))
                step.Done.TrySetCanceled();
            return step.Done.Task;
        }

        public void Close()
        {
            _steps.Writer.TryComplete();
            while (_steps.Reader.TryRead(out var step))
                step.Done.TrySetCanceled();
        }
    }

    private sealed record Step(Func<Session, Task> Work, TaskCompletionSource Done)
    {
        /// <summary>Its sender is let go whether it succeeds or not: a loop that waits for a console that is gone would never end.</summary>
        public async Task RunAsync(Session session)
        {
            try
            {
                await Work(session);
                Done.TrySetResult();
            }
            finally
            {
                Done.TrySetCanceled();
            }
        }
    }
}
