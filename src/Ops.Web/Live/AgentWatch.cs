namespace Ops.Web.Live;

/// <summary>Looks at every session once a second, so that silence is noticed.</summary>
internal sealed class AgentWatch(AgentDirectory directory, TimeProvider clock) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var session in directory.Sessions)
                session.Watch();
        }
    }
}
