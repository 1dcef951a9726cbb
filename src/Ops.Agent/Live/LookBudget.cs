namespace Ops.Agent;

/// <summary>Processor time that looks may take: a share of the time that passes, saved up to a limit. Not for several threads.</summary>
internal sealed class LookBudget(TimeProvider clock, double share, TimeSpan burst)
{
    private readonly TimeSpan _most = burst;
    private TimeSpan _left = burst;
    private long _at = clock.GetTimestamp();

    /// <summary>What may be spent now; negative after more was spent.</summary>
    public TimeSpan Left
    {
        get
        {
            var now = clock.GetTimestamp();
            var earned = clock.GetElapsedTime(_at, now) * share;
            _at = now;
            _left = _left + earned is var left && left < _most ? left : _most;
            return _left;
        }
    }

    /// <summary>How long nothing may be spent.</summary>
    public TimeSpan RestNeeded => Left is var left && left < TimeSpan.Zero ? left / -share : TimeSpan.Zero;

    public void Spend(TimeSpan used) => _left = Left - used;
}
