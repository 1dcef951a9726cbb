using System.Globalization;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>The long stress run: what it counts, and how fast it was.</summary>
internal static class Breaks
{
    /// <returns>False when a lock or mail was lost, or anything else happened that must not.</returns>
    public static async Task<bool> RunAsync(int breaks, int runs)
    {
        var results = new List<StressResult>();
        for (var run = 0; run < runs; run++)
        {
            using var scratch = new Scratch();
            results.Add(await new StressRun(new StressStore(scratch, mailboxes: 64), new StressOptions(breaks, breaks / 20) { AtMost = TimeSpan.FromHours(1) }).RunAsync());
            Console.Error.WriteLine(results[^1]);
            foreach (var problem in results[^1].Problems)
            {
                Console.Error.WriteLine("PROBLEM: " + problem);
            }
        }

        Table.Print(
            $"{breaks:#,0} stale locks broken while 20 lock users, a stage writer and lock holders work on the same store at full speed",
            ["run", "broken", "per second", "median, ms", "living locks displaced and given back", "living locks left alone", "leftovers removed", "messages", "lost, doubled or left behind"],
            results.Select((r, i) => (string[])
            [
                $"{i + 1}", $"{r.Broken}", Text(r.BreaksPerSecond, "0.0"), Text(r.MedianBreak.TotalMilliseconds, "0"), $"{r.GivenBack}", $"{r.LeftAlone}", $"{r.Removed}",
                $"{r.Messages + r.Staged}", $"{r.Problems.Count}",
            ]));
        return results.TrueForAll(r => r.Problems.Count == 0);
    }

    /// <summary>Breaking without a pause for so long, beside deliverers that are real programs.</summary>
    public static async Task<bool> RunWithProgramsAsync(TimeSpan duration)
    {
        string[] programs = ["dotlockfile", "dotlockfile", "dotlockfile", "lockfile", "lockfile", "lockfile", "python3", "python3", "python3"];
        using var scratch = new Scratch();
        var result = await new StressRun(new StressStore(scratch, mailboxes: 64), new StressOptions(int.MaxValue, int.MaxValue)
        {
            Users = 4,
            Duration = duration,
            Programs = programs,
        }).RunAsync();
        Console.Error.WriteLine(result);
        foreach (var problem in result.Problems)
        {
            Console.Error.WriteLine("PROBLEM: " + problem);
        }

        Table.Print(
            $"Stale locks broken without a pause for {duration.TotalMinutes:0.#} minutes while 3 dotlockfile, 3 lockfile, 3 Python mailbox.mbox and 4 other deliverers work on the same 64 mailboxes",
            ["broken", "living locks displaced and given back", "living locks left alone", "leftovers removed", "messages by dotlockfile", "by lockfile", "by Python", "by the others", "lost, doubled or left behind"],
            [
                [
                    $"{result.Broken}", $"{result.GivenBack}", $"{result.LeftAlone}", $"{result.Removed}", $"{result.ByProgram["dotlockfile"]}", $"{result.ByProgram["lockfile"]}",
                    $"{result.ByProgram["python3"]}", $"{result.Messages + result.Staged - result.ByProgram.Values.Sum()}", $"{result.Problems.Count}",
                ],
            ]);
        return result.Problems.Count == 0;
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
