namespace Ops.Testing;

/// <summary>A clock that a test moves; timers that become due on the way fire on the caller's thread.</summary>
/// <param name="start">Null for a day of 2030.</param>
public sealed class ManualClock(DateTimeOffset? start = null) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Alarm> _alarms = [];
    private DateTimeOffset _now = start ?? new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private TimeSpan _setBack;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _now;
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Time that has passed; not affected by <see cref="SetBack"/>.</summary>
    public override long GetTimestamp()
    {
        lock (_gate)
            return (_now + _setBack).UtcTicks;
    }

    /// <summary>Sets the time of day back, as an administrator might; no time passes.</summary>
    public void SetBack(TimeSpan by)
    {
        lock (_gate)
            (_now, _setBack) = (_now - by, _setBack + by);
    }

    /// <summary>How many waits are under way, so that a test knows that its subject is waiting.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _alarms.Count(a => a.Due is not null);
        }
    }

    public void Advance(TimeSpan by)
    {
        List<Alarm> due;
        lock (_gate)
        {
            _now += by;
            due = [.. _alarms.Where(a => a.Due <= _now)];
        }
        due.ForEach(a => a.Fire());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, callback, state);
        alarm.Change(dueTime, period);
        lock (_gate)
            _alarms.Add(alarm);
        return alarm;
    }

    private sealed class Alarm(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                Due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + dueTime;
                _period = period;
            }
            return true;
        }

        public void Fire()
        {
            lock (clock._gate)
                Due = _period > TimeSpan.Zero ? clock._now + _period : null;
            callback(state);
        }

        public void Dispose()
        {
            lock (clock._gate)
                clock._alarms.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
