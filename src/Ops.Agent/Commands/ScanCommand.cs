using System.Globalization;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops scan</c>: one look at the stores.</summary>
internal static class ScanCommand
{
    public static async Task<int> RunAsync(AgentSettings settings, Terminal terminal, bool json, TableShape shape, CancellationToken stop)
    {
        var watch = new HostSurvey(settings, TimeProvider.System);
        var survey = await LookAsync(watch, settings, stop);
        var paths = new PathsOf(survey);
        Print(terminal, survey, json, () => terminal.Table<Finding>(
        [
            new("VERDICT", f => f.Verdict),
            new("KIND", f => f.Kind, Leaves: 2),
            new("SYSTEM", f => f.System, Leaves: 1),
            new("AGE", f => AgeText.Of(f.AgeSeconds), Leaves: 4),
            new("OWNER", f => f.OwnerText()),
            new("CAN", f => string.Join(',', f.Actions), Leaves: 3),
            new("PATH", paths.Display),
        ], survey.Findings, f => f.Verdict, shape));
        return Close(terminal, survey, watch.Standing, json, "finding");
    }

    /// <summary>One look at the stores, and a second one where only the grace period stands in the way: waiting for its end is all that a second call would do.</summary>
    public static async Task<Survey> LookAsync(HostSurvey watch, AgentSettings settings, CancellationToken stop)
    {
        var clock = TimeProvider.System;
        var survey = watch.SurveyStores(stop);
        if (survey.Recheck is not { } at)
            return survey;
        var wait = at - clock.GetUtcNow() + TimeSpan.FromMilliseconds(50);
        await Task.Delay(TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, settings.Judging.GracePeriod.Ticks)), clock, stop);
        return watch.SurveyStores(stop);
    }

    /// <summary>Findings as a table or as lines of JSON.</summary>
    public static void Print(Terminal terminal, Survey survey, bool json, Action table)
    {
        if (!json)
        {
            table();
            return;
        }
        foreach (var finding in survey.Findings)
            terminal.Json(finding);
    }

    /// <summary>Says what was not seen, whether that was a failure, and, last, how much was found.</summary>
    /// <param name="noun">What a finding is called here, in the singular.</param>
    public static int Close(Terminal terminal, Survey survey, IReadOnlyList<BlindSpot> standing, bool json, string noun)
    {
        // Remarks go to another stream: what came before must be out before them.
        terminal.Flush();
        foreach (var blind in standing)
            terminal.Remark($"ops: not seen: {FilePath.Escape(blind.Detail)}");
        foreach (var blind in survey.BlindSpots)
            terminal.Remark($"ops: {blind.Area}: {FilePath.Escape(blind.Detail)}");
        if (!json && terminal.IsInteractive)
        {
            terminal.Line();
            terminal.Line(Summary(survey.Findings, noun));
        }
        return survey.HasFailed ? ExitCode.Failed : ExitCode.Done;
    }

    private static string Summary(IReadOnlyList<Finding> findings, string noun)
    {
        if (findings.Count == 0)
            return $"No {noun}s.";
        var counts = findings.GroupBy(f => f.Verdict).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Count()} {g.Key}"));
        return string.Create(CultureInfo.InvariantCulture, $"{findings.Count} {noun}{(findings.Count == 1 ? "" : "s")}: {string.Join(", ", counts)}");
    }
}
