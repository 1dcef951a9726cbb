using System.Diagnostics;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Looks at names of locks and leftovers as soon as they change, when their owner ends, and when a grace period does: between two scans, and without one.</summary>
/// <remarks>
/// A look costs about as much as reading all processes of the host. A single one is made at once; under a flood of names they are gathered, so that all looks together take
/// a twentieth of one processor. What is counted is the time on a processor: on a busy host a look takes longer, and costs no more. May be used from several threads.
/// </remarks>
/// <param name="used">Processor time of the thread that asks.</param>
/// <param name="lost">Called at once when only a scan can find what changed.</param>
public sealed class NameLoop(TimeProvider clock, Func<TimeSpan>? used = null, Action? lost = null)
{
    private const double Share = 0.05;
    private const int LimitOfLater = 10_000;

    /// <summary>So much may be spent at once after a quiet time.</summary>
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(1);

    /// <summary>A lock is made, written and closed in several events: one look sees them all.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(3);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<FilePath, DateTimeOffset> _later = new();
    private readonly TouchedNames _touched = new();
    private readonly PendingNames _pending = new();
    private readonly Func<TimeSpan> _used = used ?? ThreadClock.Used;
    private readonly List<string> _lost = [];
    private long _lostAt = long.MinValue;
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _credit = Burst;
    private long _creditAt = clock.GetTimestamp();

    /// <summary>How often more changed than could be taken in, and a scan had to find it.</summary>
    public int Dropped { get; private set; }

    /// <summary>Takes in what a watch reports.</summary>
    public void Take(StoreChanges changes)
    {
        lock (_gate)
        {
            if (changes.IsDropped)
                Dropped++;
            if (changes.Lost is { } why)
                Lose(why);
        }
        Look(changes.Names);
    }

    /// <summary>Asks for a look at these names now.</summary>
    public void Look(IReadOnlyCollection<FilePath> names)
    {
        lock (_gate)
        {
            var now = Stopwatch.GetTimestamp();
            var hasRoom = true;
            foreach (var name in names)
            {
                hasRoom &= _pending.Add(name);
                _touched.Add(name, now);
            }
            if (!hasRoom)
            {
                Dropped++;
                Lose($"more than {PendingNames.LimitOfDirectory} names of one directory, or {PendingNames.Limit} in all, changed between two looks");
            }
            _wake.TrySetResult();
        }
    }

    /// <summary>Whether a name has changed or was looked at since then: what a scan that began at that time saw of it may be old.</summary>
    /// <param name="since">Of <see cref="Stopwatch"/>.</param>
    public bool IsTouchedSince(FilePath name, long since)
    {
        lock (_gate)
            return _touched.IsSince(name, since);
    }

    /// <summary>Whether more changed since then than the names that are known.</summary>
    /// <param name="since">Of <see cref="Stopwatch"/>.</param>
    public bool HasLostSince(long since)
    {
        lock (_gate)
            return _lostAt >= since && _lostAt > long.MinValue;
    }

    /// <summary>Why a scan has to find what events did not say; empty when they said all. Handed out once.</summary>
    public IReadOnlyList<string> TakeLost()
    {
        lock (_gate)
        {
            string[] reasons = [.. _lost];
            _lost.Clear();
            return reasons;
        }
    }

    /// <summary>Runs until stopped.</summary>
    /// <param name="deliver">Awaited before the next look.</param>
    public async Task RunAsync(Func<IReadOnlyCollection<FilePath>, CancellationToken, NamesLook> look, Func<NamesLook, Task> deliver, Action<Exception> failed, CancellationToken stop)
    {
        while (true)
        {
            await WaitAsync(stop);
            var names = TakeDue();
            if (names.Count == 0)
                continue;
            try
            {
                var seen = await Task.Run(() => Charged(() => look(names, stop)), stop);
                TakeIn(seen);
                await deliver(seen);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failed(e);
            }
            if (RestNeeded() is { } rest && rest > TimeSpan.Zero)
                await Task.Delay(rest, clock, stop);
        }
    }

    private NamesLook Charged(Func<NamesLook> look)
    {
        var before = _used();
        try
        {
            return look();
        }
        finally
        {
            lock (_gate)
                _credit -= _used() - before;
        }
    }

    private void TakeIn(NamesLook seen)
    {
        lock (_gate)
        {
            var now = Stopwatch.GetTimestamp();
            foreach (var name in seen.Names)
                _touched.Add(name, now);
            foreach (var (name, at) in seen.Rechecks)
            {
                if (_later.Count < LimitOfLater)
                    _later.Enqueue(name, at);
            }
        }
    }

    /// <summary>Null, unless more was spent than this loop may.</summary>
    private TimeSpan? RestNeeded()
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            var earned = clock.GetElapsedTime(_creditAt, now) * Share;
            _creditAt = now;
            _credit = _credit + earned is var credit && credit < Burst ? credit : Burst;
            return _credit < TimeSpan.Zero ? _credit / -Share : null;
        }
    }

    private async Task WaitAsync(CancellationToken stop)
    {
        Task wake;
        lock (_gate)
            wake = _pending.Count > 0 ? Task.CompletedTask : _wake.Task;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (await Task.WhenAny(wake, Task.Delay(UntilNext(), clock, ended.Token)) == wake)
            await Task.Delay(Gather, clock, stop);
        await ended.CancelAsync();
        stop.ThrowIfCancellationRequested();
    }

    private TimeSpan UntilNext()
    {
        lock (_gate)
        {
            if (!_later.TryPeek(out _, out var at))
                return Longest;
            var left = at - clock.GetUtcNow() + TimeSpan.FromMilliseconds(1);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left < Longest ? left : Longest;
        }
    }

    private List<FilePath> TakeDue()
    {
        lock (_gate)
        {
            while (_later.TryPeek(out var name, out var at) && at <= clock.GetUtcNow())
            {
                _later.Dequeue();
                _pending.Add(name);
            }
            if (_wake.Task.IsCompleted)
                _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _pending.Take();
        }
    }

    private void Lose(string why)
    {
        _lostAt = Stopwatch.GetTimestamp();
        if (!_lost.Contains(why) && _lost.Count < 10)
            _lost.Add(why);
        lost?.Invoke();
    }
}
