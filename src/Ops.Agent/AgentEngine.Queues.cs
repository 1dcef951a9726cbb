using Ops.Contracts;

namespace Ops.Agent;

/// <summary>What the queues of the host say of mailboxes that need attention.</summary>
public sealed partial class AgentEngine
{
    private static readonly TimeSpan AskQueuesEvery = TimeSpan.FromMinutes(1);

    private volatile IReadOnlyList<QueueReport>? _queues;

    private async Task AskQueuesAsync(Session session, CancellationToken stop)
    {
        var survey = new QueueSurvey(_settings, _clock);
        using var timer = new PeriodicTimer(AskQueuesEvery, _clock);
        while (await timer.WaitForNextTickAsync(stop))
        {
            // What it said before is kept, with its time.
            if (_cost.Slowdown > 1)
                continue;
            IReadOnlyCollection<Finding> findings = [];
            await session.Post(_ =>
            {
                findings = _book.Findings;
                return Task.CompletedTask;
            });
            _queues = await Task.Run(() => survey.Ask(findings, stop), stop);
        }
    }
}
