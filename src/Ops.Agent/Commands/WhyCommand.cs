using System.Text.Json;
using Ops.Contracts;
using Ops.Incidents;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops why</c>: what is in the way of a mailbox, a process, a user or the subject of a log line, and the single safest next step.</summary>
internal static class WhyCommand
{
    /// <param name="text">What was typed or pasted.</param>
    public static async Task<int> RunAsync(AgentSettings settings, Terminal terminal, bool json, string text, CancellationToken stop)
    {
        var question = Question.Of(text);
        var survey = new HostSurvey(settings, TimeProvider.System);
        var began = TimeProvider.System.GetUtcNow();
        var (findings, failures) = await LookAsync(survey, settings, question, stop);
        IReadOnlyList<string> notSeen = [.. survey.Standing.Concat(failures).Select(b => FilePath.Escape(b.Detail)).Distinct()];
        var queues = await Task.Run(() => new QueueSurvey(settings, TimeProvider.System).Ask(findings, stop), stop);
        var sessions = await Task.Run(() => new SessionSurvey(settings, survey.Processes, TimeProvider.System).Ask(findings, began, stop), stop);
        if (sessions is not null)
            findings = sessions.Tie(findings);
        var now = TimeProvider.System.GetUtcNow();
        var answer = WhyFinder.Answer(question, [HostBoard.Of(settings.HostName, findings, [.. notSeen, .. Problems(queues), .. sessions?.Problems.Select(FilePath.Escape) ?? []], now, queues)], now);
        if (json)
            terminal.Line(JsonSerializer.Serialize(WhyDocument.Of(answer, now), IncidentsJson.Default.WhyDocument));
        else
            Print(terminal, answer);
        terminal.Flush();
        if (!json)
        {
            foreach (var detail in answer.NotSeen)
                terminal.Remark($"ops: not seen: {detail}");
        }
        return CodeOf(answer.Verdict);
    }

    private static IEnumerable<string> Problems(IReadOnlyList<QueueReport>? queues) => queues?.Where(q => q.Problem is not null).Select(q => FilePath.Escape(q.Problem!)) ?? [];

    private static async Task<(IReadOnlyList<Finding> Findings, IReadOnlyList<BlindSpot> Failures)> LookAsync(
        HostSurvey survey, AgentSettings settings, Question question, CancellationToken stop)
    {
        var stores = await ScanCommand.LookAsync(survey, settings, stop);
        var locks = survey.SurveyLocks(stop);
        List<Finding> known = [.. stores.Findings.Concat(locks.Findings).DistinctBy(f => f.Key)];
        // A person on this host may ask about any file, below a root or not. What both looks have is not looked at once more.
        foreach (var path in question.Paths.Where(p => !known.Any(f => f.Path == p || f.Mailbox == p || f.Path == p + ".lock")).ToList())
            known.AddRange(survey.Explain(ExplainSubject.Of(path), static _ => null, anywhere: true).Findings.ExceptBy(known.Select(f => f.Key), f => f.Key));
        return (known, [.. stores.BlindSpots, .. locks.BlindSpots]);
    }

    private static void Print(Terminal terminal, WhyAnswer answer)
    {
        terminal.Line(answer.Sentence);
        foreach (var link in answer.Chain)
            terminal.Line("  " + link);
        if (answer.Next is { } next)
        {
            terminal.Line($"Next: {next.Sentence}");
            if (next.Command is { } command)
                terminal.Line("  " + command);
        }
        foreach (var other in answer.Candidates.Skip(1))
            terminal.Line($"Also: {FilePath.FromText(other.Card.Path).Display}: {other.Card.State.Label().ToLowerInvariant()}, {other.Reason}.");
        foreach (var finding in answer.Others.Skip(answer.Best is null ? 1 : 0))
            terminal.Line($"Also: {Terminal.PathOf(finding)} ({finding.Kind}): {finding.Verdict}.");
        if (answer.Best is not null || answer.Others.Count > 0)
            return;
        terminal.Line(answer.Searched);
        foreach (var near in answer.Nearest)
            terminal.Line($"Nearest: {near}.");
    }

    private static int CodeOf(WhyVerdict verdict) => verdict switch
    {
        WhyVerdict.Free => ExitCode.Done,
        WhyVerdict.Blocked => ExitCode.Blocked,
        WhyVerdict.Stale => ExitCode.StaleLock,
        WhyVerdict.AtRisk => ExitCode.AtRisk,
        _ => ExitCode.Unknown,
    };
}
