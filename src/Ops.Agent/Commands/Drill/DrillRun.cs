using Ops.Contracts;
using Ops.Incidents;

namespace Ops.Agent;

/// <summary>Lets this program answer a drill: a resident engine that is already at work when the incidents come about, as on a mail host, and one look of <c>ops scan</c> at the end.</summary>
internal static class DrillRun
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    // A mail host answers in a few seconds; a machine that builds and tests needs more.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    public static async Task<IReadOnlyList<DrillScore>> ScoreAsync(DrillSandbox sandbox, IReadOnlyList<DrillIncident> incidents, TimeProvider clock, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var board = new Board();
        using var engine = new AgentEngine(sandbox.Settings, clock);
        var watching = engine.RunAsync(board, ended.Token);
        Dictionary<DrillIncident, double> seconds = [];
        var making = Task.CompletedTask;
        try
        {
            using var timer = new PeriodicTimer(LookEvery, clock);
            while (board.Findings is null && !watching.IsCompleted)
                await timer.WaitForNextTickAsync(stop);
            making = Task.Run(() => sandbox.Make(incidents, stop), stop);
            var limit = DateTimeOffset.MaxValue;
            while (!watching.IsCompleted && clock.GetUtcNow() < limit && !(making.IsCompleted && seconds.Count == incidents.Count))
            {
                await timer.WaitForNextTickAsync(stop);
                if (making.IsCompleted && limit == DateTimeOffset.MaxValue)
                    limit = clock.GetUtcNow() + Limit;
                Take(sandbox.Made, board.Findings ?? [], clock.GetUtcNow(), seconds);
            }
            await making;
        }
        finally
        {
            await ended.CancelAsync();
            try
            {
                await watching;
            }
            catch (OperationCanceledException)
            {
            }
            // It ends soon when it is stopped, and must not make anything in a directory that is being removed.
            await Task.WhenAny(making);
        }
        var (findings, now) = (await ScanAsync(sandbox.Settings, clock, stop), clock.GetUtcNow());
        return [.. sandbox.Made.Select(m => DrillScore.Of(m.Incident, DrillSight.Of(m.Path, findings, now), seconds.TryGetValue(m.Incident, out var found) ? found : null))];
    }

    private static void Take(IReadOnlyList<DrillMade> made, IReadOnlyList<Finding> findings, DateTimeOffset now, Dictionary<DrillIncident, double> seconds)
    {
        foreach (var one in made.Where(m => !seconds.ContainsKey(m.Incident)))
        {
            if (DrillScore.Of(one.Incident, DrillSight.Of(one.Path, findings, now), null).IsRight)
                seconds[one.Incident] = Math.Max(0, (now - one.At).TotalSeconds);
        }
    }

    private static async Task<IReadOnlyList<Finding>> ScanAsync(AgentSettings settings, TimeProvider clock, CancellationToken stop)
    {
        var survey = new HostSurvey(settings, clock);
        var stores = await ScanCommand.LookAsync(survey, settings, stop);
        return [.. stores.Findings.Concat(survey.SurveyLocks(stop).Findings).DistinctBy(f => f.Key)];
    }
}
