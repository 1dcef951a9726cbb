using Ops.Data;

namespace Ops.Web.Live;

/// <summary>Remembers hosts over restarts of the console: one that does not come back is shown as lost, not left out. A drill that is over is not missed.</summary>
internal sealed class HostBook(KnownHosts hosts, LiveState live, AgentDirectory agents, TimeProvider clock, ILogger<HostBook> log) : BackgroundService
{
    private static readonly TimeSpan NoteEvery = TimeSpan.FromSeconds(30);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before any agent can report: a host that is back must not be set to lost by us.
        foreach (var host in await hosts.ListAsync(cancellationToken))
        {
            live.SetStatus(new(
                host.HostId, host.Name, "", false, HostConnection.Lost, "The agent has not connected since the console was started.", host.Version, host.BootId,
                IsPrivileged: true, [], [], [], new Dictionary<string, double>(), host.LastSeenAt, host.LastSeenAt));
        }
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(NoteEvery, clock);
        do
        {
            try
            {
                await hosts.StillSeenAsync(
                    [.. live.Current.Hosts.Select(h => h.Status).Where(s => s.Connection != HostConnection.Lost && !s.IsDrill && agents.Here(s.HostId) is not null).Select(s => new SeenHost(s.HostId, s.HostName, s.Version, s.BootId))],
                    stoppingToken);
            }
            catch (Exception e) when (DatabaseFailure.Is(e))
            {
                log.HostsNotNoted(e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
