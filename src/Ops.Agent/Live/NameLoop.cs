using System.Diagnostics;
using Ops.Incidents;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Looks at names of locks and leftovers as soon as they change, when their owner ends, and when a grace period does: between two scans, and without one.</summary>
/// <remarks>
/// A look costs about as much as reading all processes of the host. A name that was just given is reported from the file itself, within milliseconds, and gets its look a little
/// later, if it is still there; all others get one at once. A name that is taken before anyone looked at it gets none: whether something is there again after all is asked of many such names
/// together, a little later. Under a flood of names they are gathered, so that all looks together take a twentieth of one processor. What is counted is the time on a processor: on a busy host a look takes longer, and costs no more. May be used from several threads.
/// </remarks>
/// <param name="used">Processor time of the thread that asks.</param>
/// <param name="lost">Called at once when only a scan can find what changed.</param>
public sealed partial class NameLoop(TimeProvider clock, Func<TimeSpan>? used = null, Action? lost = null)
{
    private const double Share = 0.05;
    private const int LimitOfLater = 10_000;
    private const int LimitOfChecks = 20_000;
    private const int LimitOfListings = 1_000;

    /// <summary>So much may be spent at once after a quiet time.</summary>
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(1);

    /// <summary>A lock is made, written and closed in several events: one look sees them all.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(3);

    /// <summary>So long a file that was made is given to be written and closed.</summary>
    private static readonly TimeSpan WriteWithin = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan LookWithin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LookWithinAtMost = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CheckAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<FilePath, DateTimeOffset> _later = new();
    private readonly Dictionary<FilePath, (DateTimeOffset At, long Since)> _given = [];
    private readonly TouchedNames _touched = new();
    private readonly PendingNames _pending = new();

    // Names that a finding may be reported of, and those that are being looked at: only what is taken from these matters to anyone.
    private readonly HashSet<FilePath> _reported = [];
    private readonly HashSet<FilePath> _inLook = [];
    private readonly HashSet<FilePath> _checks = [];
    private readonly HashSet<ChangedDirectory> _listings = [];
    private DateTimeOffset _checksAt = DateTimeOffset.MaxValue;
    private DateTimeOffset _next = DateTimeOffset.MaxValue;
    private TimeSpan _settle;
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
        List<FilePath> look = [];
        lock (_gate)
        {
            if (changes.IsDropped)
                Dropped++;
            if (changes.Lost is { } why)
                Lose(why);
            _settle = SettleAt(changes.EventsPerSecond);
            foreach (var name in changes.Names)
            {
                if (!(changes.Removed.Contains(name) ? TryDismiss(name) : TryGive(name, changes)))
                    look.Add(name);
            }
            if (changes.Directories.Count > 0)
                List(changes.Directories);
        }
        if (look.Count > 0)
            Look(look);
    }

    /// <summary>How long a name that was given is left alone: where many come and go, most are gone before it is over.</summary>
    public static TimeSpan SettleAt(double eventsPerSecond) => TimeSpan.FromMilliseconds(eventsPerSecond switch { < 300 => 0, < 2_000 => 50, _ => 100 });

    /// <summary>Findings are reported of these names: when one is taken, that is looked at.</summary>
    public void NoteReported(IEnumerable<FilePath> names)
    {
        lock (_gate)
            _reported.UnionWith(names);
    }

    /// <summary>Asks for a look at these names when the time has come.</summary>
    public void LookLater(IReadOnlyList<(FilePath Name, DateTimeOffset At)> rechecks)
    {
        lock (_gate)
        {
            foreach (var (name, at) in rechecks)
            {
                if (_later.Count >= LimitOfLater)
                    break;
                _later.Enqueue(name, at);
                WakeFor(at);
            }
        }
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

    private void List(IReadOnlyCollection<ChangedDirectory> directories)
    {
        _listings.UnionWith(directories);
        if (_listings.Count > LimitOfListings)
        {
            _listings.Clear();
            Lose("more directories were moved than could be listed one by one");
        }
        _wake.TrySetResult();
    }

    /// <returns>False when it has to be looked at: someone may know of what was there.</returns>
    private bool TryDismiss(FilePath name)
    {
        _given.Remove(name);
        if (_reported.Contains(name) || _inLook.Contains(name))
            return false;
        _touched.Add(name, Stopwatch.GetTimestamp());
        if (_checks.Count >= LimitOfChecks)
            return false;
        if (_checks.Add(name) && _checksAt == DateTimeOffset.MaxValue)
        {
            _checksAt = clock.GetUtcNow() + CheckAfter;
            WakeFor(_checksAt);
        }
        return true;
    }

    private bool TryGive(FilePath name, StoreChanges changes)
    {
        lock (_gate)
        {
            var isGiven = changes.Given.Contains(name);
            // Written and closed while it waits for just that.
            if (!isGiven && !_given.ContainsKey(name) || _given.Count >= PendingNames.LimitOfLook && !_given.ContainsKey(name) || _atOnce.Left <= TimeSpan.Zero)
                return false;
            var at = clock.GetUtcNow() + (changes.Unwritten.Contains(name) && _settle < WriteWithin ? WriteWithin : _settle);
            // What is written again and again is not put off again and again.
            if (!_given.TryGetValue(name, out var known) || isGiven || at < known.At)
                _given[name] = (at, Stopwatch.GetTimestamp());
            _touched.Add(name, Stopwatch.GetTimestamp());
            WakeFor(at);
            return true;
        }
    }

    /// <param name="since">When the first of them was given, by <see cref="Stopwatch"/>.</param>
    private List<FilePath> TakeGiven(out long since)
    {
        lock (_gate)
        {
            if (_wake.Task.IsCompleted)
                _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var now = clock.GetUtcNow();
            List<FilePath> due = [.. _given.Where(g => g.Value.At <= now).Select(g => g.Key)];
            since = due.Count == 0 ? 0 : due.Min(name => _given[name].Since);
            due.ForEach(name => _given.Remove(name));
            _inLook.UnionWith(due);
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

    private T Charged<T>(LookBudget budget, Func<T> look)
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
            {
                _touched.Add(name, now);
                if (!seen.NotLookedAt.Contains(name))
                    _reported.Remove(name);
            }
            _reported.UnionWith(seen.Findings.Select(FindingWords.PathOf));
            _inLook.ExceptWith(seen.Names);
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
            if (_listings.Count > 0)
                until = now;
            // Names that were given are not kept waiting while whole looks rest.
            if (now + _whole.RestNeeded is var rested && rested > until)
                until = rested;
            if (_given.Count > 0 && _given.Values.Min(g => g.At) is var given && given < until)
                until = given;
            if (_checksAt < until)
                until = _checksAt;
            _next = until;
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
            if (_whole.RestNeeded > TimeSpan.Zero)
                return [];
            var due = _pending.Take();
            _inLook.UnionWith(due);
            return due;
        }
    }

    // A wake costs as much as some hundred names: where it would come before its time it is left out.
    private void WakeFor(DateTimeOffset at)
    {
        if (at < _next)
            _wake.TrySetResult();
    }

    private void Lose(string why)
    {
        _lostAt = Stopwatch.GetTimestamp();
        if (!_lost.Contains(why) && _lost.Count < 10)
            _lost.Add(why);
        lost?.Invoke();
    }
}
