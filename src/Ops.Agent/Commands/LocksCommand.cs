using System.Globalization;
using Ops.Contracts;
using Ops.Incidents;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops locks</c>: the kernel's locks with their true holders, and waiters under their blocker.</summary>
internal static class LocksCommand
{
    public static int Run(AgentSettings settings, Terminal terminal, bool json, TableShape shape, CancellationToken stop)
    {
        var watch = new HostSurvey(settings, TimeProvider.System);
        var began = TimeProvider.System.GetUtcNow();
        var survey = watch.SurveyLocks(stop);
        if (new SessionSurvey(settings, watch.Processes, TimeProvider.System).Ask(survey.Findings, began, stop) is { } sessions)
        {
            survey = survey with
            {
                Scan = survey.Scan with { Findings = sessions.Tie(survey.Findings), BlindSpots = [.. survey.BlindSpots, .. sessions.Problems.Select(p => new BlindSpot("sessions", p))] },
            };
        }
        var hasSessions = settings.Policy.ImapSessions && survey.Findings.Any(f => f.Process?.Session is not null);
        var paths = new PathsOf(survey);
        ScanCommand.Print(terminal, survey, json, () => terminal.Table<LockRow>(
        [
            new("VERDICT", r => terminal.IsInteractive ? r.Verdict : r.Finding.Verdict),
            new("CLASS", r => r.Finding.Lock?.Class ?? r.Finding.Relation ?? "", Leaves: 4),
            new("MODE", r => r.Finding.Lock?.Mode ?? "", Leaves: 2),
            new("RANGE", r => r.Finding.Lock?.Range ?? "", Leaves: 1),
            new("PID", r => (r.Finding.Process?.Pid ?? r.Finding.Owner?.Pid)?.ToString(CultureInfo.InvariantCulture) ?? "?"),
            new("COMMAND", r => FilePath.Escape(r.Finding.Process?.Command ?? "")),
            new("USER", r => FilePath.Escape(r.Finding.Process?.User ?? ""), Leaves: 3),
            .. hasSessions ? [new Column<LockRow>("SESSION", r => r.Finding.Process?.Session is { } session ? FindingWords.Session(session) : "")] : Array.Empty<Column<LockRow>>(),
            new("AGE", r => AgeText.Of(r.Finding.AgeSeconds)),
            new("BLOCKED BY", r => string.Join(',', r.Finding.Lock?.BlockedBy ?? r.Finding.Cycle), Leaves: 5),
            new("PATH", r => paths.Display(r.Finding)),
        ], LockRows.Of(survey.Findings), r => r.Finding.Verdict, shape));
        return ScanCommand.Close(terminal, survey, watch.Standing, json, "lock");
    }
}
