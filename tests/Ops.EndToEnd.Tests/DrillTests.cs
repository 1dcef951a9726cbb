using System.Globalization;
using Ops.Testing;

namespace Ops.EndToEnd.Tests;

/// <summary>The acceptance test: nine incidents with real processes and real locks, and what the product says to each.</summary>
public sealed class DrillTests
{
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(2);

    [RootFact]
    public async Task Every_incident_of_a_drill_is_found_with_the_right_verdict_and_the_right_next_step()
    {
        var run = await OpsCommand.RunAsync("drill", "--score", "--json");

        // Each with its line: what is wrong is then in the message.
        Assert.All(run.Json, line => Assert.True(line.GetProperty("right").GetBoolean(), line.GetRawText()));
        Assert.Equal(
            ["killed-holder", "recycled-pid", "rename-over", "empty-lock", "two-breakers", "frozen-holder", "deadlock", "foreign-host", "linked-orphan"],
            run.Json.Select(l => l.GetProperty("incident").GetString()));
        Assert.All(run.Json, line => Assert.Empty(line.GetProperty("dangers").EnumerateArray()));
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.False(Directory.Exists(StoreOf(run.Errors)));
    }

    [RootFact]
    public async Task A_drill_that_is_killed_takes_its_processes_with_it_the_stopped_one_too()
    {
        using var drill = ChildProcess.Start(Built.CommandLine, ["drill"]);
        var store = StoreOf(await drill.LineAsync("ops: making", Late));
        try
        {
            await drill.LineAsync("Ctrl-C ends", Late);
            const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Assert.Equal(Own, new DirectoryInfo(Path.GetDirectoryName(store)!).UnixFileMode);
            var processes = ChildrenOf(drill.Pid);
            Assert.Contains(processes, p => StateOf(p) == 'T');
            // Two wait for a lock, one each in three incidents or more; two hold one.
            Assert.InRange(processes.Count, 9, 20);

            drill.Kill();

            await Wait.Until(() => processes.TrueForAll(p => StateOf(p) is null or 'Z'));
        }
        finally
        {
            drill.Kill();
            Directory.Delete(Path.GetDirectoryName(store)!, recursive: true);
        }
    }

    private static string StoreOf(string text) => text[(text.IndexOf('/', text.IndexOf("ops: making", StringComparison.Ordinal)))..].Split("...")[0];

    private static List<int> ChildrenOf(int pid) =>
        [.. Directory.GetDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var child) ? child : 0).Where(child => child > 0 && StatOf(child) is [_, var parent, ..] && parent == pid.ToString(CultureInfo.InvariantCulture))];

    private static char? StateOf(int pid) => StatOf(pid) is [var state, ..] ? state[0] : null;

    // What follows the name, which may have spaces and brackets.
    private static string[] StatOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
