using Ops.Data;

namespace Ops.Web.Live;

/// <summary>The agent of this very host, in process, behind the same contracts as a remote one. The console knows no more of it than this.</summary>
/// <param name="Client">What the console asks.</param>
/// <param name="Run">Reports to the hub it is given until it is stopped.</param>
public sealed record EmbeddedAgent(IAgentClient Client, Func<IAgentHub, CancellationToken, Task> Run);

/// <summary>Keeps the embedded agent running: when it fails the host is shown as lost and the agent is started again.</summary>
internal sealed class EmbeddedAgentService(
    Func<EmbeddedAgent> start, LiveState live, AgentDirectory directory, HostAttachments attachments, LiveLimits limits, TimeProvider clock, ILogger<AgentSession> sessionLog,
    ILogger<EmbeddedAgentService> log) : BackgroundService
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = ShortestPause;
        string? alert = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            AgentSession? session = null;
            var reason = "The embedded agent stopped.";
            try
            {
                var agent = start();
                SetAlert(ref alert, null);
                session = new AgentSession(agent.Client, "embedded", isEmbedded: true, live, directory, limits, clock, sessionLog) { Attachment = await attachments.NextAsync(stoppingToken) };
                // Off this thread: an agent that scans before its first await must not hold up the start of the console.
                await Task.Run(() => agent.Run(session, stoppingToken), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
            }
            catch (Exception e) // whatever it was: the console goes on, says so, and tries again
            {
                log.EmbeddedAgentFailed(e);
                reason = $"The embedded agent failed: {e.Message}";
            }
            session?.End(reason);
            // An agent that never introduced itself has no host that could be shown as lost.
            if (session?.HostId is null && !stoppingToken.IsCancellationRequested)
                SetAlert(ref alert, $"This host is not monitored. {reason}");
            await Task.Delay(pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = alert is null ? ShortestPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private void SetAlert(ref string? shown, string? wanted)
    {
        if (shown == wanted)
            return;
        if (shown is not null)
            live.SetAlert(shown, on: false);
        if (wanted is not null)
            live.SetAlert(wanted, on: true);
        shown = wanted;
    }
}
