namespace Ops.Incidents;

/// <summary>How one incident of a drill was answered.</summary>
/// <param name="Verdict">Null when none was given.</param>
/// <param name="Step">Null when none was given.</param>
/// <param name="Dangers">Acts that were offered and must not be.</param>
/// <param name="Seconds">From when it was there until the answer was right; null when it never was.</param>
public sealed record DrillScore(DrillIncident Incident, VerdictWord? Verdict, StepVerb? Step, IReadOnlyList<string> Dangers, double? Seconds)
{
    public bool IsFound => Verdict is not null;

    /// <summary>Verdict and step are as expected, and nothing dangerous is offered.</summary>
    public bool IsRight => Verdict == Incident.Verdict && Step == Incident.Step && Dangers.Count == 0;

    /// <summary>Judges what the product shows. Pure.</summary>
    /// <param name="seconds">When it was right for the first time; counts only if it still is.</param>
    public static DrillScore Of(DrillIncident incident, DrillSight sight, double? seconds)
    {
        var score = new DrillScore(incident, sight.Against(incident), sight.Step, [.. sight.Offers.Except(incident.Offers)], null);
        return score with { Seconds = score.IsRight ? seconds : null };
    }

    /// <summary>Judges what a person answered. Pure.</summary>
    public static DrillScore Of(DrillIncident incident, VerdictWord? verdict, StepVerb? step, double seconds)
    {
        // A person who would take away what may not be taken away is wrong in the dangerous way.
        var danger = step switch { StepVerb.Break => "break", StepVerb.Remove => "remove", _ => null };
        var score = new DrillScore(incident, verdict, step, danger is null || incident.Offers.Contains(danger) ? [] : [danger], null);
        return score with { Seconds = score.IsRight ? seconds : null };
    }

    /// <summary>The result in one sentence.</summary>
    public static string Sentence(IReadOnlyList<DrillScore> scores)
    {
        var right = scores.Count(s => s.IsRight);
        var sentence = $"{right} of {FindingWords.Count(scores.Count, "incident", "incidents")} right";
        var times = scores.Select(s => s.Seconds).OfType<double>().ToList();
        if (times.Count > 0)
            sentence += FormattableString.Invariant($", each within {times.Max():0.0} s");
        var dangers = scores.Where(s => s.Dangers.Count > 0).Select(s => s.Incident.Name).ToList();
        return dangers.Count == 0 ? sentence + "." : $"{sentence}. Dangerous: {string.Join(", ", dangers)}.";
    }
}

/// <summary>A line of <c>ops drill --score --json</c>. Fields are only ever added.</summary>
/// <param name="Incident">Its name.</param>
/// <param name="Path">What it was asked by; null when it was not made.</param>
/// <param name="LeftOut">Why it was not made; null when it was.</param>
/// <param name="Found">Whether anything was shown of it.</param>
/// <param name="Right">Whether verdict and step are as expected and nothing dangerous is offered.</param>
/// <param name="VerdictShown">Null when none was.</param>
/// <param name="StepShown">Null when none was.</param>
/// <param name="Dangers">Acts that are offered and must not be.</param>
/// <param name="Seconds">From when it was there until it was shown right.</param>
public sealed record DrillLine(
    string Incident, string? Path, string? LeftOut, bool Found, bool Right, string VerdictExpected, string? VerdictShown, string StepExpected, string? StepShown, IReadOnlyList<string> Dangers,
    double? Seconds)
{
    public static DrillLine Of(DrillScore score, string path) => new(
        score.Incident.Name, path, null, score.IsFound, score.IsRight, Words.Of(score.Incident.Verdict), score.Verdict is { } verdict ? Words.Of(verdict) : null, StepWords.Of(score.Incident.Step),
        score.Step is { } step ? StepWords.Of(step) : null, score.Dangers, score.Seconds is { } seconds ? Math.Round(seconds, 2) : null);

    public static DrillLine OfLeftOut(DrillIncident incident, string why) =>
        new(incident.Name, null, why, false, false, Words.Of(incident.Verdict), null, StepWords.Of(incident.Step), null, [], null);
}
