namespace Ops.Web.Live;

/// <summary>The agent of this very host, in process, behind the same contracts as a remote one. The console knows no more of it than this.</summary>
/// <param name="Client">What the console asks.</param>
/// <param name="Run">Reports to the hub it is given until it is told to stop.</param>
public sealed record EmbeddedAgent(IAgentClient Client, Func<IAgentHub, CancellationToken, Task> Run);

/// <summary>Keeps the embedded agent running: when it fails the host is shown as lost and the agent is started anew.</summary>
internal sealed class EmbeddedAgentService(
    Func<EmbeddedAgent> start, LiveState live, AgentDirectory directory, LiveLimits limits, TimeProvider clock, ILogger<AgentSession> sessionLog,
    ILogger<EmbeddedAgentService> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            AgentSession? session = null;
            var reason = "The embedded agent stopped.";
            try
            {
                var agent = start();
                session = new AgentSession(agent.Client, "embedded", isEmbedded: true, live, directory, limits, clock, sessionLog);
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
            await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
