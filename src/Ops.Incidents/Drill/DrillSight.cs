namespace Ops.Incidents;

/// <summary>What the product shows of an incident of a drill.</summary>
/// <param name="Verdicts">Of everything that concerns it, each once.</param>
/// <param name="Step">What <c>ops why</c> proposes; null when it knows nothing of it.</param>
/// <param name="Offers">Acts that take a file away and are offered for any file of it.</param>
public sealed record DrillSight(IReadOnlyList<VerdictWord> Verdicts, StepVerb? Step, IReadOnlyList<string> Offers)
{
    // These take a file out of the way of its owner, should it live after all.
    private static readonly string[] Takes = ["break", "remove"];

    /// <summary>Asks as a person does: with <c>ops why</c> and a path. Pure.</summary>
    /// <param name="path">Of the mailbox or file.</param>
    public static DrillSight Of(string path, IReadOnlyList<Finding> findings, DateTimeOffset now)
    {
        var answer = WhyFinder.Answer(Question.Of(path), [HostBoard.Of("drill", findings, [], now)], now);
        var about = findings.Where(f => f.Path == path || f.Mailbox == path || f.Path == path + ".lock").ToList();
        return new(
            [.. about.Select(f => Words.Verdict(f.Verdict)).OfType<VerdictWord>().Distinct()], about.Count == 0 ? null : answer.Next?.Verb,
            [.. about.SelectMany(f => f.Actions).Intersect(Takes).Order(StringComparer.Ordinal)]);
    }

    /// <summary>The verdict to compare: the expected one where it is shown, else the one that is worth most attention.</summary>
    public VerdictWord? Against(DrillIncident incident) => Verdicts.Contains(incident.Verdict) ? incident.Verdict : Verdicts.Count == 0 ? null : Verdicts.OrderBy(v => v == VerdictWord.NotALock).First();
}
