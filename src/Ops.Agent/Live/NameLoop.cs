using System.Diagnostics;
using Ops.Incidents;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Looks at names of locks and leftovers as soon as they change, when their owner ends, and when a grace period does: between two scans, and without one.</summary>
/// <remarks>
/// A look costs about as much as reading all processes of the host. A name that was just given is reported from the file itself, within milliseconds, and gets its look a little
/// later, if it is still there; all others get one at once. Under a flood of names they are gathered, so that all looks together take a twentieth of one processor. What is counted is the time on a processor: on a busy host a look takes longer, and costs no more. May be used from several threads.
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

    /// <summary>So long a file that was made is given to be written and closed.</summary>
    private static readonly TimeSpan WriteWithin = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan LookWithin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LookWithinAtMost = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<FilePath, DateTimeOffset> _later = new();
    private readonly Dictionary<FilePath, DateTimeOffset> _given = [];
    private readonly TouchedNames _touched = new();
    private readonly PendingNames _pending = new();
    private readonly Func<TimeSpan> _used = used ?? ThreadClock.Used;
    private readonly List<string> _lost = [];
    private long _lostAt = long.MinValue;
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LookBudget _whole = new(clock, Share, Burst);
    private readonly LookBudget _atOnce = new(clock, Share, Burst);

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
        Look([.. changes.Names.Where(name => !TryGive(name, changes))]);
    }

    /// <summary>How long after a name was given its whole look is made: the more of what looks may cost is spent, the more names one look takes.</summary>
    /// <param name="credit">Processor time that may be spent at once.</param>
    public static TimeSpan LookAfter(TimeSpan credit) =>
        LookWithin + (LookWithinAtMost - LookWithin) * Math.Clamp(1 - 2 * (credit / Burst), 0, 1);

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
    /// <param name="atOnce">A look at names that were just given, of which it may leave some out.</param>
    public async Task RunAsync(
        Func<IReadOnlyCollection<FilePath>, CancellationToken, NamesLook> look, Func<NamesLook, Task> deliver, Action<Exception> failed, CancellationToken stop,
        Func<IReadOnlyCollection<FilePath>, CancellationToken, NamesLook>? atOnce = null)
    {
        while (true)
        {
            await WaitAsync(stop);
            await LookAtGivenAsync(atOnce, deliver, failed, stop);
            var names = TakeDue();
            if (names.Count == 0)
                continue;
            try
            {
                var seen = await Task.Run(() => Charged(_whole, () => look(names, stop)), stop);
                TakeIn(seen);
                await deliver(seen);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failed(e);
            }
        }
    }

    private async Task LookAtGivenAsync(
        Func<IReadOnlyCollection<FilePath>, CancellationToken, NamesLook>? atOnce, Func<NamesLook, Task> deliver, Action<Exception> failed, CancellationToken stop)
    {
        var given = TakeGiven();
        if (given.Count == 0)
            return;
        try
        {
            var seen = atOnce is null ? NamesLook.Nothing : await Task.Run(() => Charged(_atOnce, () => atOnce(given, stop)), stop);
            TakeIn(seen);
            var there = seen.Findings.Select(FindingWords.PathOf).ToHashSet();
            LookLater(there);
            Look([.. given.Except(seen.Names)]);
            if (seen.Names.Count > 0)
                await deliver(seen);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            failed(e);
            Look(given);
        }
    }

    private bool TryGive(FilePath name, StoreChanges changes)
    {
        lock (_gate)
        {
            var isGiven = changes.Given.Contains(name);
            // Written and closed while it waits for just that.
            if (!isGiven && !_given.ContainsKey(name) || _given.Count >= PendingNames.LimitOfLook && !_given.ContainsKey(name) || _atOnce.Left <= TimeSpan.Zero)
                return false;
            _given[name] = clock.GetUtcNow() + (changes.Unwritten.Contains(name) ? WriteWithin : TimeSpan.Zero);
            _touched.Add(name, Stopwatch.GetTimestamp());
            _wake.TrySetResult();
            return true;
        }
    }

    private List<FilePath> TakeGiven()
    {
        lock (_gate)
        {
            if (_wake.Task.IsCompleted)
                _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var now = clock.GetUtcNow();
            List<FilePath> due = [.. _given.Where(g => g.Value <= now).Select(g => g.Key)];
            due.ForEach(name => _given.Remove(name));
            return due;
        }
    }

    private void LookLater(IReadOnlyCollection<FilePath> names)
    {
        List<FilePath> now = [];
        lock (_gate)
        {
            var at = clock.GetUtcNow() + LookAfter(_whole.Left);
            foreach (var name in names)
            {
                if (_later.Count < LimitOfLater)
                    _later.Enqueue(name, at);
                else
                    now.Add(name);
            }
        }
        if (now.Count > 0)
            Look(now);
    }

    private NamesLook Charged(LookBudget budget, Func<NamesLook> look)
    {
        var before = _used();
        try
        {
            return look();
        }
        finally
        {
            lock (_gate)
                budget.Spend(_used() - before);
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

    private async Task WaitAsync(CancellationToken stop)
    {
        Task wake;
        lock (_gate)
            wake = _pending.Count > 0 && _whole.RestNeeded == TimeSpan.Zero ? Task.CompletedTask : _wake.Task;
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
            var now = clock.GetUtcNow();
            var until = now + Longest;
            if (_pending.Count > 0)
                until = now;
            else if (_later.TryPeek(out _, out var later) && later < until)
                until = later;
            // Names that were given are not kept waiting while whole looks rest.
            if (now + _whole.RestNeeded is var rested && rested > until)
                until = rested;
            if (_given.Count > 0 && _given.Values.Min() is var given && given < until)
                until = given;
            var left = until - now + TimeSpan.FromMilliseconds(1);
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
            return _whole.RestNeeded > TimeSpan.Zero ? [] : _pending.Take();
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
