using System.Diagnostics;
using System.Globalization;

namespace Ops.Bench;

/// <summary>One run of one program.</summary>
/// <param name="Lines">Lines it printed.</param>
internal sealed record Measured(double Seconds, double ProcessorSeconds, double MaxRssMiB, int Lines)
{
    private const string Time = "/usr/bin/time";

    /// <summary>Runs it to its end under time(1), which tells the most memory it had, and counts its lines.</summary>
    public static async Task<Measured> RunAsync(string program, params IEnumerable<string> arguments)
    {
        if (!File.Exists(Time))
        {
            throw new InvalidOperationException($"{Time} is missing (Debian: apt-get install time)");
        }

        var start = new ProcessStartInfo(Time) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])["-f", "ops-bench %U %S %M", program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var lines = 0;
        while (await process.StandardOutput.ReadLineAsync() is not null)
        {
            lines++;
        }

        await process.WaitForExitAsync();
        var seconds = watch.Elapsed.TotalSeconds;
        var figures = (await errors).Split('\n').LastOrDefault(l => l.StartsWith("ops-bench ", StringComparison.Ordinal))?.Split(' ');
        if (process.ExitCode != 0 || figures is not [_, var user, var system, var kilobytes])
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}");
        }

        return new Measured(seconds, Number(user) + Number(system), Number(kilobytes) / 1024, lines);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>Several programs, measured in turns, so that a busy moment of the machine does not fall on one of them alone.</summary>
internal static class Comparison
{
    /// <summary>The first one is what the others are compared with.</summary>
    public static async Task<List<string[]>> RunAsync(int runs, params IReadOnlyList<(string Name, Func<Task<Measured>> Run)> programs)
    {
        var results = programs.Select(_ => new List<Measured>()).ToList();
        // The first round warms caches and is not counted.
        for (var run = 0; run <= runs; run++)
        {
            for (var at = 0; at < programs.Count; at++)
            {
                var measured = await programs[at].Run();
                if (run > 0)
                {
                    results[at].Add(measured);
                }
            }
        }

        return [.. programs.Select((program, at) => new[]
        {
            program.Name,
            Text(results[at].Select(m => m.Seconds * 1000).Median(), "0"),
            Text(results[at].Select(m => m.ProcessorSeconds * 1000).Median(), "0"),
            Text(results[at].Select(m => m.MaxRssMiB).Median(), "0"),
            Text(results[at].Select(m => (double)m.Lines).Median(), "0"),
            Text(results[at].Zip(results[0], (mine, first) => mine.Seconds / first.Seconds).Median(), "0.00"),
        })];
    }

    public static readonly string[] Heads = ["program", "time, ms", "processor, ms", "most memory, MiB", "lines", "time against the first"];

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
