using System.Globalization;

namespace Ops.Bench;

/// <summary>One line of a contest.</summary>
/// <param name="Run">Null where the program is missing on this machine.</param>
internal sealed record Contender(string Name, Func<Task<Measured>>? Run)
{
    public static Contender Of(string name, Tool tool, params IReadOnlyList<string> arguments) =>
        tool.Path is { } path ? new(name, () => Measured.RunAsync(path, arguments)) : new($"{name} ({tool.WhyMissing})", null);
}

/// <summary>Several programs on the same task, in turns, with the processor time against the first one and the time against the second.</summary>
internal static class Contest
{
    public static readonly string[] Heads = ["program", "processor, ms", "against C", "time, ms", "against the second", "most memory, MiB", "lines"];

    /// <param name="before">Done before each run and not counted.</param>
    /// <param name="warmUp">Whether a first round is left out: it fills the caches.</param>
    public static async Task<List<string[]>> RunAsync(int runs, Action? before, bool warmUp, params IReadOnlyList<Contender> contenders)
    {
        var results = contenders.Select(_ => new List<Measured>()).ToList();
        for (var run = warmUp ? -1 : 0; run < runs; run++)
        {
            for (var at = 0; at < contenders.Count; at++)
            {
                if (contenders[at].Run is not { } measure)
                {
                    continue;
                }

                before?.Invoke();
                var measured = await measure();
                if (run >= 0)
                {
                    results[at].Add(measured);
                }
            }
        }

        return [.. contenders.Select((contender, at) => results[at].Count == 0
            ? new[] { contender.Name, "-", "-", "-", "-", "-", "-" }
            :
            [
                contender.Name,
                Text(results[at].Select(m => m.ProcessorSeconds * 1000).Median(), "0"),
                Ratio(results[at], results[0], static m => m.ProcessorSeconds),
                Text(results[at].Select(m => m.Seconds * 1000).Median(), "0"),
                Ratio(results[at], results[1], static m => m.Seconds),
                Text(results[at].Select(m => m.MaxRssMiB).Median(), "0"),
                Text(results[at].Select(m => (double)m.Lines).Median(), "#,0"),
            ])];
    }

    private static string Ratio(List<Measured> mine, List<Measured> others, Func<Measured, double> figure) =>
        others.Count == 0 ? "-" : Text(mine.Zip(others, (m, o) => figure(m) / figure(o)).Median(), "0.00");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
