using System.Globalization;

namespace Ops.Locks;

/// <summary>One act that was asked for, with its end as the journal has it.</summary>
/// <param name="Did">It went as far as the store or a process: done, failed, or stopped because something had changed.</param>
/// <param name="WentWrong">Failed. That something had changed in between is what the checks before each step are for, and common while mail flows.</param>
/// <param name="WasTooMany">Refused because of the limit, which opens the circuit.</param>
public readonly record struct PastAct(DateTimeOffset At, bool Did, bool WentWrong, bool WasTooMany)
{
    /// <param name="outcome">Outcome word of a result.</param>
    /// <param name="refusal">Refusal word; null when it was none.</param>
    public static PastAct Of(DateTimeOffset at, string outcome, string? refusal) => new(
        at, outcome is "done" or "failed" or "changed", outcome is "failed", refusal == Refusals.Word(Refusal.TooMany));
}

/// <param name="Why">As a sentence; null when the circuit is closed.</param>
/// <param name="InLastMinute">Acts of the last minute.</param>
public sealed record CircuitState(string? Why, int InLastMinute, DateTimeOffset? ClosesAt)
{
    public bool IsOpen => Why is not null;
}

/// <summary>Limits how much can go wrong: too many acts in a minute, or three in a row that failed, and nothing more is done until five quiet minutes have passed. Pure: the
/// state follows from the journal, so a restart changes nothing, and agent and command line share it.</summary>
public static class CircuitBreaker
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(5);
    private const int FailuresInARow = 3;

    /// <summary>How far back acts can matter, unless requests keep coming all the time.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    /// <param name="past">Oldest first. Times after <paramref name="now"/> (the clock was set back) count as now.</param>
    /// <param name="limit">Acts a minute; 0 switches the limit and the circuit off.</param>
    public static CircuitState Judge(IEnumerable<PastAct> past, int limit, DateTimeOffset now)
    {
        if (limit == 0)
            return new CircuitState(null, 0, null);
        var (why, lastAsked, recent, wrong) = ((string?)null, DateTimeOffset.MinValue, 0, new List<DateTimeOffset>());
        foreach (var act in past)
        {
            var at = act.At > now ? now : act.At;
            if (why is not null && at - lastAsked >= Quiet)
            {
                why = null;
                wrong.Clear();
            }
            lastAsked = at;
            recent += act.Did && now - at < Window ? 1 : 0;
            if (why is not null)
                continue;
            if (act.WasTooMany)
            {
                why = string.Create(CultureInfo.InvariantCulture, $"more than {limit} acts were asked for in one minute");
            }
            else if (act.WentWrong)
            {
                wrong.RemoveAll(w => at - w >= Quiet);
                wrong.Add(at);
                if (wrong.Count >= FailuresInARow)
                    why = string.Create(CultureInfo.InvariantCulture, $"{wrong.Count} acts in a row failed");
            }
            else if (act.Did)
            {
                wrong.Clear();
            }
        }
        if (why is null || now - lastAsked >= Quiet)
            return new CircuitState(null, recent, null);
        var closes = lastAsked + Quiet;
        return new CircuitState(
            string.Create(CultureInfo.InvariantCulture, $"Acts are paused: {why}. They resume at {closes:u} if nothing is requested before then."), recent, closes);
    }
}
