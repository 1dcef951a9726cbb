using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>
/// Walks through the stores again and again, slowly, and compares what is there with what events gave: a difference is a fault of the events, or of this program. On a thread of
/// its own behind all others, which goes on between two sessions.
/// </summary>
internal sealed class Verifier : IDisposable
{
    /// <summary>Of one core: with it a store of a million files is walked through in about a quarter of an hour.</summary>
    private const double Share = 0.002;

    /// <summary>A step is one directory, which may be large: what it took is rested for after it.</summary>
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LeastPeriod = TimeSpan.FromMinutes(1), IfNothingIsKnown = TimeSpan.FromSeconds(5), LongestRest = TimeSpan.FromSeconds(10);

    /// <summary>Until then an event may still be on its way, or wait for its look.</summary>
    internal static readonly TimeSpan EventsAreLateAfter = TimeSpan.FromSeconds(10);
    private const int LimitOfDoubts = 1_000;

    private readonly TimeProvider _clock;
    private readonly Func<IBookCheck?> _next;
    private readonly Action<IReadOnlyCollection<FilePath>> _look;
    private readonly Action<FilePath> _missed;
    private readonly Func<double> _slowdown;
    private readonly LookBudget _budget;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<FilePath, long> _doubts = [];
    private readonly Thread _thread;
    private long _walkedAt;

    /// <param name="next">Begins a walk; null while nothing is known that could be compared.</param>
    /// <param name="look">Asks for a look at names: whatever the reason, what is there is reported.</param>
    /// <param name="missed">Called for each name of which no event came.</param>
    /// <param name="slowdown">1, or more while the agent uses more than it may.</param>
    public Verifier(TimeProvider clock, Func<IBookCheck?> next, Action<IReadOnlyCollection<FilePath>> look, Action<FilePath> missed, Func<double> slowdown)
    {
        (_clock, _next, _look, _missed, _slowdown) = (clock, next, look, missed, slowdown);
        _budget = new LookBudget(clock, Share, Burst);
        _thread = new Thread(Run) { IsBackground = true, Name = "verifier" };
        _thread.Start();
    }

    /// <summary>When the last walk came to its end; null before the first did.</summary>
    public DateTimeOffset? WalkedAt => Interlocked.Read(ref _walkedAt) is var at and > 0 ? new DateTimeOffset(at, TimeSpan.Zero) : null;

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        BackgroundThread.Yield();
        var stop = _stop.Token;
        while (!stop.IsCancellationRequested)
        {
            var began = _clock.GetTimestamp();
            if (_next() is not { } check)
            {
                stop.WaitHandle.WaitOne(IfNothingIsKnown);
                continue;
            }
            Walk(check, stop);
            while (!stop.IsCancellationRequested && (_doubts.Count > 0 || _clock.GetElapsedTime(began) < LeastPeriod))
            {
                stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));
                Settle(check);
            }
        }
    }

    private void Walk(IBookCheck check, CancellationToken stop)
    {
        while (true)
        {
            var before = ThreadClock.Used();
            var goesOn = check.Step(out var unknown);
            if (unknown.Count > 0)
                Doubt(unknown);
            Settle(check);
            _budget.Spend(ThreadClock.Used() - before);
            if (!goesOn)
                break;
            for (var rest = _budget.RestNeeded * _slowdown(); rest > TimeSpan.Zero && !stop.IsCancellationRequested; rest -= LongestRest)
                stop.WaitHandle.WaitOne(rest < LongestRest ? rest : LongestRest);
            if (stop.IsCancellationRequested)
                return;
        }
        if (check.IsValid)
            Interlocked.Exchange(ref _walkedAt, _clock.GetUtcNow().Ticks);
    }

    private void Doubt(IReadOnlyList<FilePath> names)
    {
        foreach (var name in names)
        {
            if (_doubts.Count < LimitOfDoubts)
                _doubts.TryAdd(name, _clock.GetTimestamp());
        }
        _look(names);
    }

    private void Settle(IBookCheck check)
    {
        if (_doubts.Count == 0)
            return;
        foreach (var (name, _) in _doubts.Where(d => _clock.GetElapsedTime(d.Value) > EventsAreLateAfter).ToList())
        {
            _doubts.Remove(name);
            if (check.IsMissed(name))
                _missed(name);
        }
    }
}
