using Ops.Contracts;
using Ops.Linux;

namespace Ops.Agent;

/// <summary>Whom the processes serve that hold what others wait for.</summary>
public sealed partial class AgentEngine
{
    private const string SessionsArea = "sessions";

    private static readonly TimeSpan AskSessionsEvery = TimeSpan.FromSeconds(10);

    private volatile IReadOnlyList<string> _sessionProblems = [];

    private async Task AskSessionsAsync(Session session, CancellationToken stop)
    {
        var survey = new SessionSurvey(_settings, new ProcReader(), _clock);
        using var timer = new PeriodicTimer(AskSessionsEvery, _clock);
        while (await timer.WaitForNextTickAsync(stop))
        {
            IReadOnlyList<Finding> findings = [];
            var seenAt = _clock.GetUtcNow();
            await session.Post(_ =>
            {
                findings = _book.Contended();
                return Task.CompletedTask;
            });
            // Above its budget it asks nothing, and then names no one either: what was true may not be now.
            var look = _cost.Slowdown > 1 ? null : await Task.Run(() => survey.Ask(findings, seenAt, stop), stop);
            _sessionProblems = look?.Problems ?? [];
            await session.Post(async s =>
            {
                if (_book.Learn(look) is { } delta && s.HasSnapshot)
                    await s.Sink.Delta(delta);
            });
        }
    }

    private IEnumerable<BlindSpot> SessionBlindSpots() => _sessionProblems.Select(p => new BlindSpot(SessionsArea, p));
}
