using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>An engine that scans its store once, before anything happens there: whatever it says later it knows from events. And what a console was sent.</summary>
internal sealed class EventsOnly : IHostWatch, IAgentHub, IDisposable
{
    private readonly HostSurvey _survey;
    private readonly AgentEngine _engine;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Finding> _findings = new();
    private readonly ConcurrentQueue<Finding> _history = new();
    private readonly TaskCompletionSource _watching = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _scanned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _mayScan = new(1);
    private volatile IReadOnlyList<BlindSpot> _blind = [];
    private Task? _run;

    private EventsOnly(Store store, TimeSpan grace)
    {
        var settings = store.Settings();
        settings = settings with { Judging = settings.Judging with { GracePeriod = grace } };
        _survey = new HostSurvey(settings, TimeProvider.System);
        _engine = new AgentEngine(settings, this, new OperationHandler(settings, _survey, TimeProvider.System, NullLogger.Instance), TimeProvider.System);
    }

    /// <param name="grace">The grace period; half a second unless another is given.</param>
    public static async Task<EventsOnly> StartAsync(Store store, TimeSpan? grace = null)
    {
        var events = new EventsOnly(store, grace ?? TimeSpan.FromSeconds(0.5));
        events._run = events._engine.RunAsync(events, events._stop.Token);
        await events._watching.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await events._scanned.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return events;
    }

    public IReadOnlyCollection<Finding> Findings => [.. _findings.Values];

    /// <summary>All that was ever sent of a path, oldest first.</summary>
    public IReadOnlyList<Finding> HistoryOf(string path) => [.. _history.Where(f => f.Path == path)];

    public Finding? At(string path) => _findings.Values.FirstOrDefault(f => f.Path == path && f.Relation is null && f.Lock is null);

    public async Task<Finding> Until(string path, Func<Finding, bool>? condition = null)
    {
        await Wait.Until(() => At(path) is { } finding && condition?.Invoke(finding) != false);
        return At(path)!;
    }

    /// <summary>Allows one more scan.</summary>
    public void AllowScan() => _mayScan.Release();

    /// <summary>What the last heartbeat said is not seen.</summary>
    public IReadOnlyList<BlindSpot> Unseen => _blind;

    public Task<OperationResult> Execute(ExecuteRequest request) => _engine.Execute(request);

    public Task UntilGone(string path) => Wait.Until(() => At(path) is null);

    public void Dispose()
    {
        _stop.Cancel();
        try
        {
            _run?.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // That is how a session ends.
        }
        _engine.Dispose();
        _mayScan.Dispose();
        _stop.Dispose();
    }

    public Guid BootId => _survey.BootId;

    public IReadOnlyList<BlindSpot> Standing => [];

    public void KeepBootTime()
    {
    }

    public AreaScan LookAtLocks(CancellationToken stop) => _survey.LookAtLocks(stop);

    public AreaScan LookAtStores(CancellationToken stop)
    {
        _mayScan.Wait(stop);
        try
        {
            return _survey.LookAtStores(stop);
        }
        finally
        {
            _scanned.TrySetResult();
        }
    }

    public NameWatch WatchStores(Action<Linux.StoreChanges> changed)
    {
        var watch = _survey.WatchStores(changed);
        Assert.True(watch.IsOn, watch.BlindSpots.Count > 0 ? watch.BlindSpots[0].Detail : "");
        _watching.TrySetResult();
        return watch;
    }

    public NamesLook LookAtNames(IReadOnlyCollection<Locks.FilePath> names, CancellationToken stop) => _survey.LookAtNames(names, stop);

    public NamesLook LookAtOnce(IReadOnlyCollection<Locks.FilePath> names, CancellationToken stop) => _survey.LookAtOnce(names, stop);

    public ExplainAnswer Explain(string subject, Func<string, DateTimeOffset?> since) => _survey.Explain(subject, since);

    public Task Hello(Hello hello) => Task.CompletedTask;

    public Task Snapshot(SnapshotChunk chunk) => Keep(chunk.Findings, []);

    public Task Delta(Delta delta) => Keep([.. delta.Opened, .. delta.Changed], delta.Closed);

    public Task Heartbeat(Heartbeat heartbeat)
    {
        _blind = heartbeat.BlindSpots;
        return Task.CompletedTask;
    }

    public Task Progress(OperationProgress progress) => Task.CompletedTask;

    private Task Keep(IReadOnlyList<Finding> there, IReadOnlyList<string> closed)
    {
        foreach (var finding in there)
        {
            _findings[finding.Key] = finding;
            _history.Enqueue(finding);
        }
        foreach (var key in closed)
            _findings.TryRemove(key, out _);
        return Task.CompletedTask;
    }
}
