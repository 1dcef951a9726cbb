using Ops.Contracts;

namespace Ops.Agent;

/// <summary>What this process costs its host, and whether that is more than it may. May be used from several threads.</summary>
/// <param name="budget">Percent of one core, over a minute; 0: no limit.</param>
/// <param name="used">Processor time of the whole process so far; null where the process does other things too, such as a console: then nothing is reported of it, nor slowed down for it.</param>
internal sealed class CostMeter(TimeProvider clock, double budget, Func<TimeSpan>? used)
{
    private const int MostSlow = 8;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1), BudgetAfter = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Queue<(long At, TimeSpan Used)> _samples = new();
    private readonly Queue<(long At, TimeSpan Lag)> _lags = new();
    private double? _percent;
    private double _slowdown = 1;
    private (TimeSpan Took, TimeSpan Used, DateTimeOffset At)? _wholeScan;

    /// <summary>How much longer than else all rests are that cost no safety: 1 within the budget.</summary>
    public double Slowdown => Volatile.Read(ref _slowdown);

    /// <summary>Whether the process does nothing but what this is about.</summary>
    public bool IsOwnProcess => used is not null;

    /// <summary>Takes a sample; called every few seconds.</summary>
    public void Measure()
    {
        if (used is null)
            return;
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            _samples.Enqueue((now, used()));
            while (_samples.Count > 2 && clock.GetElapsedTime(_samples.Peek().At, now) > Window)
                _samples.Dequeue();
            var first = _samples.Peek();
            if (clock.GetElapsedTime(first.At, now) is not { Ticks: > 0 } passed)
                return;
            _percent = 100 * (_samples.Last().Used - first.Used) / passed;
            if (passed >= BudgetAfter)
                Volatile.Write(ref _slowdown, SlowdownAt(_percent.Value, budget, _slowdown));
        }
    }

    /// <summary>The next slowdown, from what was used with the one before: by a quarter at a time, so that it does not swing.</summary>
    public static double SlowdownAt(double percent, double budget, double before) => budget <= 0 ? 1
        : percent > budget ? Math.Min(MostSlow, before * 1.25)
        : percent < 0.8 * budget ? Math.Max(1, before / 1.25)
        : before;

    /// <summary>So long after an event was read its finding was reported.</summary>
    public void NoteLag(TimeSpan lag)
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            while (_lags.Count > 0 && (_lags.Count >= 1_000 || clock.GetElapsedTime(_lags.Peek().At, now) > Window))
                _lags.Dequeue();
            _lags.Enqueue((now, lag));
        }
    }

    public void NoteWholeScan(TimeSpan took, TimeSpan processor)
    {
        lock (_gate)
            _wholeScan = (took, processor, clock.GetUtcNow());
    }

    /// <param name="coversAll">See <see cref="AgentCost.CoversAll"/>.</param>
    public AgentCost Report(int missed, bool coversAll, DateTimeOffset? verifiedAt)
    {
        lock (_gate)
        {
            var lags = _lags.Where(l => clock.GetElapsedTime(l.At) <= Window).Select(l => l.Lag).ToList();
            return new AgentCost(
                _percent is { } percent ? Math.Round(percent, 2) : null, budget > 0 ? budget : null, used is null ? null : Math.Round(Environment.WorkingSet / 1048576.0, 1),
                lags.Count == 0 ? null : Math.Round(lags.Max().TotalMilliseconds), missed, coversAll, Slowdown > 1,
                _wholeScan is { } scan ? new ScanCost(Math.Round(scan.Took.TotalMilliseconds), Math.Round(scan.Used.TotalMilliseconds), scan.At) : null, verifiedAt);
        }
    }
}
