using System.Globalization;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops locks</c>: the kernel's locks with their true holders, and waiters under their blocker.</summary>
internal static class LocksCommand
{
    public static int Run(AgentSettings settings, Terminal terminal, bool json, TableShape shape, CancellationToken stop)
    {
        var watch = new HostSurvey(settings, TimeProvider.System);
        var survey = watch.SurveyLocks(stop);
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
            new("AGE", r => AgeText.Of(r.Finding.AgeSeconds)),
            new("BLOCKED BY", r => string.Join(',', r.Finding.Lock?.BlockedBy ?? r.Finding.Cycle), Leaves: 5),
            new("PATH", r => paths.Display(r.Finding)),
        ], LockRows.Of(survey.Findings), r => r.Finding.Verdict, shape));
        return ScanCommand.Close(terminal, survey, watch.Standing, json, "lock");
    }
}
