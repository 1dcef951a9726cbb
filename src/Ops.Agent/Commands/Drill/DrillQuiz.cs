using System.Globalization;
using Ops.Contracts;
using Ops.Incidents;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Asks a person for verdict and next step of each incident.</summary>
/// <param name="read">Reads a line; null at the end of the input.</param>
internal sealed class DrillQuiz(Terminal terminal, Func<string?> read, TimeProvider clock)
{
    private static readonly VerdictWord[] Verdicts = Enum.GetValues<VerdictWord>();
    private static readonly StepVerb[] Steps = Enum.GetValues<StepVerb>();

    /// <param name="made">In the order in which they are asked.</param>
    /// <returns>Those that were answered, in that order.</returns>
    public IReadOnlyList<DrillScore> Ask(IReadOnlyList<DrillMade> made, string policyFile)
    {
        var policy = FilePath.Escape(policyFile);
        terminal.Line($"Work in another terminal: ls -l, cat, ps and lslocks, or ops explain PATH --policy {policy}. The console and ops why give the answer away.");
        List<DrillScore> scores = [];
        for (var i = 0; i < made.Count; i++)
        {
            terminal.Line();
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{i + 1} of {made.Count}: what is wrong with {FilePath.FromText(made[i].Path).Display}?"));
            var started = clock.GetTimestamp();
            if (Choose("Verdict", Verdicts, Words.Of) is not { } verdict || Choose("Safest next step", Steps, StepWords.Of) is not { } step)
                break;
            var score = DrillScore.Of(made[i].Incident, verdict, step, clock.GetElapsedTime(started).TotalSeconds);
            scores.Add(score);
            var incident = made[i].Incident;
            terminal.Line($"{(score.IsRight ? "Right" : "Wrong")}: {Words.Of(incident.Verdict)}, {StepWords.Of(incident.Step)}. {incident.Happened} {incident.Because}");
        }
        terminal.Line();
        return scores;
    }

    private T? Choose<T>(string question, IReadOnlyList<T> choices, Func<T, string> word)
        where T : struct
    {
        terminal.Line($"{question}: {string.Join("  ", choices.Select((c, i) => string.Create(CultureInfo.InvariantCulture, $"{i + 1} {word(c)}")))}");
        while (true)
        {
            terminal.Text("> ");
            terminal.Flush();
            if (read() is not { } line)
                return null;
            var typed = line.Trim();
            if (int.TryParse(typed, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= choices.Count)
                return choices[number - 1];
            if (choices.Any(c => word(c) == typed))
                return choices.First(c => word(c) == typed);
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"Type a word or a number from 1 to {choices.Count}; Ctrl-D ends."));
        }
    }
}
