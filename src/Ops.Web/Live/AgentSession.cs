
namespace Ops.Web.Live;

/// <summary>One connected agent, embedded or remote: takes what it reports and keeps <see cref="LiveState"/> true to it.</summary>
/// <remarks>
/// Deltas count without gaps within an epoch. Whatever does not fit (another epoch, a number left out, a broken snapshot) makes the session ask for a whole
/// new snapshot and say "syncing" until it has come: never silence. Reports of one agent arrive one after another; the watch and the commands come from
/// other threads.
/// </remarks>
public sealed class AgentSession(
    IAgentClient client, string origin, bool isEmbedded, LiveState live, AgentDirectory directory, LiveLimits limits, TimeProvider clock, ILogger<AgentSession> log)
    : IAgentHub, IAgentLink
{
    private const int PendingDeltasKept = 1_000;
    private const int BlindSpotsKept = 100;

    private static readonly TimeSpan CollisionLasts = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Delta> _pending = [];
    private FindingBytes _bytes = new();
    private long _pendingBytes;
    private List<Finding>? _incoming;
    private SnapshotChunk? _lastChunk;
    private Hello? _hello;
    private long _sequence;
    private bool _inStep;
    private bool _tooMany;
    private bool _tooMuch;
    private bool _isLost;
    private DateTimeOffset _heardAt;
    private DateTimeOffset? _resyncAskedAt;

    /// <summary>Reports of running operations, in the order in which they came; handlers must be quick.</summary>
    public event Action<OperationProgress>? ProgressReported;

    /// <summary>Null until the agent has introduced itself.</summary>
    public string? HostId => _hello?.HostId;

    public string Origin => origin;

    /// <summary>Number of this connection among all of the fleet; set before the hello.</summary>
    public long Attachment { get; init; }

    public bool IsEmbedded => isEmbedded;

    /// <summary>What to ask the agent; answers may never come, so wait with a limit and watch <see cref="Ended"/>.</summary>
    public IAgentClient Client => client;

    /// <summary>Completes when the connection is over.</summary>
    public Task Ended => _ended.Task;

    /// <summary>True while nothing was heard for longer than the limit, and after the end.</summary>
    public bool IsLost => _isLost || _ended.Task.IsCompleted;

    public Task Hello(Hello hello)
    {
        if (hello.Protocol != Contracts.Hello.CurrentProtocol)
            throw new InvalidOperationException($"This console speaks protocol {Contracts.Hello.CurrentProtocol}, the agent {hello.Protocol}.");
        Demand(Whole.Is(hello), "hello");
        if (HostNames.Problem(hello.HostId, hello.HostName) is { } problem)
            throw new InvalidOperationException(problem);
        lock (_gate)
        {
            if (_ended.Task.IsCompleted)
                throw new InvalidOperationException("This connection was ended. Connect again.");
            if (_hello is not null && _hello.HostId != hello.HostId)
                throw new InvalidOperationException("An agent cannot change its host id within one connection.");
            _hello = hello;
        }
        directory.Attach(this)?.End("Another connection of the same agent replaced it.");
        lock (_gate)
        {
            _inStep = false;
            _incoming = null;
            ForgetPending();
            _heardAt = clock.GetUtcNow();
            _resyncAskedAt = _heardAt; // its snapshot follows unasked; the watch asks when it does not
            var status = live.Introduce(view =>
            {
                var shown = HostNames.Shown(view, hello.HostId, hello.HostName, origin);
                var before = view.Host(hello.HostId)?.Status;
                return new(
                    hello.HostId, shown, origin, isEmbedded, HostConnection.Syncing, null, hello.Version, hello.BootId, hello.IsPrivileged, hello.Capabilities,
                    hello.Roots, [.. hello.BlindSpots.Take(BlindSpotsKept)], new Dictionary<string, double>(), _heardAt, _heardAt)
                {
                    Policy = hello.Policy,
                    ReportedName = shown == hello.HostName ? null : hello.HostName,
                    CollidedAt = IsAnotherMachine(before, hello) ? _heardAt : before?.CollidedAt,
                };
            });
            // From here on under the name that is shown: findings, log and audit must not be about another host.
            _hello = hello with { HostName = status.HostName };
        }
        log.AgentSaidHello(hello.HostName, hello.Version, origin);
        return Task.CompletedTask;
    }

    /// <summary>Whether a host with this id is connected, on another boot than the one that introduces itself: no machine runs two kernels. One that boots within the time after which
    /// silence counts may be taken for that, for some minutes.</summary>
    internal static bool IsAnotherMachine(HostStatus? known, Hello hello) => known is { Connection: not HostConnection.Lost } && known.BootId != hello.BootId;

    public Task Snapshot(SnapshotChunk chunk)
    {
        Demand(Whole.Is(chunk.Findings), "snapshot");
        lock (_gate)
        {
            if (!Heard(chunk.Epoch, "snapshot"))
                return Task.CompletedTask;
            if (chunk.Index == 0)
            {
                _incoming = [];
                _bytes = new();
                _tooMany = _tooMuch = false;
            }
            else if (_incoming is null || _lastChunk is not { } previous || chunk.Index != previous.Index + 1 || chunk.Sequence != previous.Sequence)
            {
                OutOfStep("a part of the snapshot is missing");
                return Task.CompletedTask;
            }
            _lastChunk = chunk;
            Take(_incoming, chunk.Findings);
            if (chunk.Last)
                Complete(chunk.Sequence);
        }
        return Task.CompletedTask;
    }

    public Task Delta(Delta delta)
    {
        Demand(Whole.Is(delta.Opened) && Whole.Is(delta.Changed) && Whole.Has(delta.Closed), "delta");
        lock (_gate)
        {
            if (!Heard(delta.Epoch, "delta"))
                return Task.CompletedTask;
            if (_inStep)
                ApplyOrAsk(delta);
            else if (_pending.Count < PendingDeltasKept && (_pendingBytes += delta.Opened.Concat(delta.Changed).Sum(_bytes.Of)) < limits.BytesPending)
                _pending.Add(delta); // the snapshot under way may or may not include it; decided when that is complete
            else
                OutOfStep("too many changes arrived before the snapshot");
        }
        return Task.CompletedTask;
    }

    public Task Heartbeat(Heartbeat heartbeat)
    {
        Demand(Whole.Has(heartbeat.BlindSpots), "heartbeat");
        lock (_gate)
        {
            if (!Heard(heartbeat.Epoch, "heartbeat"))
                return Task.CompletedTask;
            if (_inStep && heartbeat.Sequence != _sequence)
                OutOfStep($"the agent is at change {heartbeat.Sequence}, the console at {_sequence}");
            var blindSpots = heartbeat.BlindSpots.Take(BlindSpotsKept).ToList();
            if (_tooMany)
                blindSpots.Add(new("console", $"This host reports more than {limits.FindingsPerHost} findings; the rest is not shown."));
            if (_tooMuch)
                blindSpots.Add(new("console", $"The findings of this host take more than {limits.BytesPerHost / 1_000_000} MB; the rest is not shown."));
            Change(s => s with
            {
                LastHeardAt = _heardAt,
                CollidedAt = _heardAt - s.CollidedAt > CollisionLasts ? null : s.CollidedAt,
                BlindSpots = s.BlindSpots.SequenceEqual(blindSpots) ? s.BlindSpots : blindSpots,
                // The same object while the sentence is the same: pages compare by reference.
                CircuitOpen = s.CircuitOpen == heartbeat.CircuitOpen ? s.CircuitOpen : heartbeat.CircuitOpen,
                Audits = heartbeat.Audits,
                Cost = heartbeat.Cost,
                Queues = Whole.Kept(heartbeat.Queues),
                ScanMilliseconds = heartbeat.ScanMilliseconds.Take(BlindSpotsKept).ToDictionary(),
            });
        }
        return Task.CompletedTask;
    }

    public Task Progress(OperationProgress progress)
    {
        lock (_gate)
            _heardAt = clock.GetUtcNow();
        ProgressReported?.Invoke(progress);
        return Task.CompletedTask;
    }

    /// <summary>Called about once a second: notices silence and snapshots that never came.</summary>
    public void Watch()
    {
        lock (_gate)
        {
            if (_hello is null || _ended.Task.IsCompleted)
                return;
            var now = clock.GetUtcNow();
            if (!_isLost && now - _heardAt > limits.LostAfter)
            {
                _isLost = true;
                log.HostLost(_hello.HostName, now - _heardAt);
                Change(s => s with { Connection = HostConnection.Lost, LostReason = $"Nothing was heard from the agent for {limits.LostAfter.TotalSeconds:0} seconds." });
            }
            if (!_isLost && !_inStep && now - _resyncAskedAt >= limits.ResyncAgainAfter)
                OutOfStep("the snapshot has not arrived");
        }
    }

    /// <summary>The connection is over; what was known stays visible as lost.</summary>
    /// <param name="reason">A sentence for the page.</param>
    public void End(string reason)
    {
        var spokeForHost = directory.Detach(this); // no longer, when a newer connection took over: then the host's status is not ours to change
        lock (_gate)
        {
            if (!_ended.TrySetResult() || _hello is null || !spokeForHost)
                return;
            log.AgentGone(_hello.HostName, reason);
            Change(s => s with { Connection = HostConnection.Lost, LostReason = reason });
        }
    }

    private static void Demand(bool isWhole, string what)
    {
        if (!isWhole)
            throw new InvalidOperationException($"Received an incomplete {what}: a required list item is null.");
    }

    private bool Heard(Guid epoch, string what)
    {
        if (_hello is null)
            throw new InvalidOperationException($"Received a {what} before hello.");
        if (_ended.Task.IsCompleted)
        {
            // Another connection of this agent took its place. Once that one is gone as well, no one would hear what is reported here.
            return directory.Find(_hello.HostId) is not null ? false : throw new InvalidOperationException("This connection was ended. Connect again.");
        }
        _heardAt = clock.GetUtcNow();
        if (_isLost)
        {
            _isLost = false;
            log.HostHeardAgain(_hello.HostName);
            Change(s => s with { Connection = _inStep ? HostConnection.Live : HostConnection.Syncing, LostReason = null, LastHeardAt = _heardAt });
        }
        if (epoch == _hello.Epoch)
            return true;
        OutOfStep($"received a {what} from another run of the agent");
        return false;
    }

    private void Complete(long sequence)
    {
        var findings = _incoming!;
        _incoming = null;
        _lastChunk = null;
        _sequence = sequence;
        _inStep = true;
        _resyncAskedAt = null;
        live.Replace(_hello!.HostId, findings, s => s with { Connection = HostConnection.Live, LostReason = null, LastHeardAt = _heardAt });
        log.SnapshotTaken(_hello.HostName, findings.Count, sequence);
        List<Delta> waiting = [.. _pending];
        ForgetPending();
        foreach (var delta in waiting)
        {
            if (!_inStep)
                break;
            ApplyOrAsk(delta);
        }
    }

    private void ApplyOrAsk(Delta delta)
    {
        if (delta.Sequence <= _sequence)
            return; // the snapshot includes it
        if (delta.Sequence != _sequence + 1)
        {
            OutOfStep($"change {delta.Sequence} arrived after change {_sequence}");
            return;
        }
        _sequence = delta.Sequence;
        List<Finding> news = [];
        var room = Math.Max(0, limits.FindingsPerHost - (live.Current.Host(_hello!.HostId)?.Count ?? 0));
        // A changed finding that is not here (dropped for want of room, or never opened) must not come in by the back door.
        var known = delta.Changed.ToLookup(f => live.Current.Find(_hello.HostId, f.Key) is not null);
        Take(news, [.. delta.Opened, .. known[false]], room);
        // One that grew beyond the budget is taken away: what it was before is no longer true.
        List<string> closed = [.. delta.Closed];
        Take(news, [.. known[true]], int.MaxValue, closed);
        foreach (var key in closed.Except(news.Select(f => f.Key)))
            _bytes.Remove(key);
        live.Apply(_hello.HostId, news, closed, s => s with { LastHeardAt = _heardAt });
    }

    private void ForgetPending()
    {
        _pending.Clear();
        _pendingBytes = 0;
    }

    private void Take(List<Finding> into, IReadOnlyList<Finding> findings, int? room = null, List<string>? tooLarge = null)
    {
        foreach (var finding in findings)
        {
            if (into.Count >= (room ?? limits.FindingsPerHost))
            {
                _tooMany = true;
                return;
            }
            if (!_bytes.TryAdd(finding, limits.BytesPerHost))
            {
                _tooMuch = true;
                tooLarge?.Add(finding.Key);
                continue;
            }
            // An agent speaks for its own host only, whatever its findings say.
            into.Add(finding.Host == _hello!.HostName ? finding : finding with { Host = _hello.HostName });
        }
    }

    private void OutOfStep(string why)
    {
        var now = clock.GetUtcNow();
        var alreadyAsked = !_inStep && now - _resyncAskedAt < limits.ResyncAgainAfter && _incoming is null;
        _inStep = false;
        _incoming = null;
        _lastChunk = null;
        ForgetPending();
        Change(s => s with { Connection = s.Connection == HostConnection.Lost ? s.Connection : HostConnection.Syncing, LastHeardAt = _heardAt });
        if (alreadyAsked)
            return;
        _resyncAskedAt = now;
        log.AskedForResync(_hello!.HostName, why);
        _ = AskForResync(); // not awaited: a remote agent's report must not wait for the agent
    }

    private async Task AskForResync()
    {
        try
        {
            await Task.Run(client.Resync).WaitAsync(limits.AnswerWithin, clock);
        }
        catch (Exception e) // whatever the link throws: the watch asks again, and silence shows the host as lost
        {
            log.ResyncFailed(_hello!.HostName, e.Message);
        }
    }

    private void Change(Func<HostStatus, HostStatus> change) => live.ChangeStatus(_hello!.HostId, change);
}
