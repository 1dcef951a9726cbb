using System.Globalization;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops scan</c>: one look at the stores.</summary>
internal static class ScanCommand
{
    public static async Task<int> RunAsync(AgentSettings settings, Terminal terminal, bool json, CancellationToken stop)
    {
        var clock = TimeProvider.System;
        var watch = new HostSurvey(settings, clock);
        var survey = watch.SurveyStores(stop);
        // Where only the grace period stands in the way, waiting it out is all that a second call would do.
        if (survey.Recheck is { } at)
        {
            var wait = at - clock.GetUtcNow() + TimeSpan.FromMilliseconds(50);
            await Task.Delay(TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, settings.Judging.GracePeriod.Ticks)), clock, stop);
            survey = watch.SurveyStores(stop);
        }
        Print(terminal, survey.Findings, json);
        return Close(terminal, survey, watch.Standing, json);
    }

    /// <summary>Findings as a table or as lines of JSON.</summary>
    public static void Print(Terminal terminal, IReadOnlyList<Finding> findings, bool json)
    {
        if (json)
        {
            foreach (var finding in findings)
                terminal.Json(finding);
            return;
        }
        terminal.Table(["VERDICT", "KIND", "SYSTEM", "AGE", "OWNER", "CAN", "PATH"], findings, f =>
        [
            f.Verdict, f.Kind, f.System, Terminal.Age(f.AgeSeconds), Terminal.OwnerOf(f), string.Join(',', f.Actions), Terminal.PathOf(f),
        ], f => f.Verdict);
    }

    /// <summary>Says what was not seen, and whether that was a failure.</summary>
    public static int Close(Terminal terminal, Survey survey, IReadOnlyList<BlindSpot> standing, bool json)
    {
        if (!json && terminal.IsInteractive)
        {
            var counts = survey.Findings.GroupBy(f => f.Verdict).OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Count()} {g.Key}"));
            terminal.Line();
            terminal.Line(survey.Findings.Count == 0 ? "Nothing found." : string.Join(", ", counts));
        }
        foreach (var blind in standing)
            terminal.Remark($"ops: not seen: {FilePath.Escape(blind.Detail)}");
        foreach (var blind in survey.BlindSpots)
            terminal.Remark($"ops: {blind.Area}: {FilePath.Escape(blind.Detail)}");
        return survey.HasFailed ? ExitCode.Failed : ExitCode.Done;
    }
}

/// <summary><c>ops locks</c>: the kernel's locks with those who really hold them.</summary>
internal static class LocksCommand
{
    public static int Run(AgentSettings settings, Terminal terminal, bool json, CancellationToken stop)
    {
        var watch = new HostSurvey(settings, TimeProvider.System);
        var survey = watch.SurveyLocks(stop);
        if (json)
        {
            foreach (var finding in survey.Findings)
                terminal.Json(finding);
        }
        else
        {
            terminal.Table(["VERDICT", "CLASS", "MODE", "RANGE", "PID", "COMMAND", "USER", "BLOCKED BY", "PATH"], survey.Findings, f =>
            [
                new string(' ', f.Lock?.Depth ?? 0) + f.Verdict, f.Lock?.Class ?? f.Relation ?? "", f.Lock?.Mode ?? "", f.Lock?.Range ?? "",
                (f.Process?.Pid ?? f.Owner?.Pid)?.ToString(CultureInfo.InvariantCulture) ?? "?",
                FilePath.Escape(f.Process?.Command ?? ""), FilePath.Escape(f.Process?.User ?? ""),
                string.Join(',', f.Lock?.BlockedBy ?? f.Cycle), Terminal.PathOf(f),
            ], f => f.Verdict);
        }
        return ScanCommand.Close(terminal, survey, watch.Standing, json);
    }
}

/// <summary><c>ops explain</c>: the chain in words.</summary>
internal static class ExplainCommand
{
    public static int Run(AgentSettings settings, Terminal terminal, bool json, string subject)
    {
        var watch = new HostSurvey(settings, TimeProvider.System);
        var answer = watch.Explain(LooksLikePath(subject) ? Path.GetFullPath(subject) : subject, static _ => null, anywhere: true);
        if (json)
        {
            terminal.Line(System.Text.Json.JsonSerializer.Serialize(answer, OpsJson.Default.ExplainAnswer));
            return CodeOf(answer);
        }
        foreach (var line in answer.Lines)
            terminal.Line(line);
        foreach (var blind in watch.Standing)
            terminal.Remark($"ops: not seen: {FilePath.Escape(blind.Detail)}");
        return CodeOf(answer);
    }

    // A script must be able to distinguish an answer from a mistyped name.
    private static int CodeOf(ExplainAnswer answer) => answer.Findings.Count > 0 ? ExitCode.Done : ExitCode.Failed;

    // A bare name is a user unless a file of that name is here; the shell completes file names without a slash.
    private static bool LooksLikePath(string subject) =>
        subject.Contains('/') || subject.EndsWith(".lock", StringComparison.Ordinal) || !subject.All(char.IsAsciiDigit) && File.Exists(subject);
}
