using Ops.Agent;

namespace Ops.Bench;

/// <summary>A <see cref="FleetAgent"/> that connects to the next console when its own ends, as <c>ops agent</c> with several addresses does.</summary>
internal sealed class RoamingAgent(IReadOnlyList<Uri> consoles, string token, int number, int findings) : IFleetAgent
{
    private volatile FleetAgent? _agent;
    private volatile Uri? _at;
    private int _sentBefore;

    /// <summary>The console to which it is connected, or was last.</summary>
    public Uri? At => _at;

    public bool IsConnected => _agent is not null;

    public async Task RunAsync(CancellationToken stop)
    {
        var at = number % consoles.Count;
        for (var failures = 0; !stop.IsCancellationRequested; failures++)
        {
            var agent = new FleetAgent(consoles[at], token, number, findings);
            try
            {
                await agent.ConnectOnceAsync();
                (_at, _agent, failures) = (consoles[at], agent, 0);
                await agent.Ended.WaitAsync(stop);
            }
            catch (Exception) when (!stop.IsCancellationRequested)
            {
                // The next console, after the pause of the real one.
            }
            catch (OperationCanceledException)
            {
                // The measurement is over.
            }
            _agent = null;
            _sentBefore += agent.TakeSent();
            await agent.DisposeAsync();
            at = (at + 1) % consoles.Count;
            await Task.Delay(Uplink.PauseAfter(failures, consoles.Count, Random.Shared.NextDouble()), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public int TakeSent() => Interlocked.Exchange(ref _sentBefore, 0) + (_agent?.TakeSent() ?? 0);

    public Task ChangeAsync(Random random) => TryAsync(a => a.ChangeAsync(random));

    public Task BeatAsync() => TryAsync(a => a.BeatAsync());

    public Task OpenWatchedAsync() => TryAsync(a => a.OpenWatchedAsync());

    public Task CloseWatchedAsync() => TryAsync(a => a.CloseWatchedAsync());

    private async Task TryAsync(Func<FleetAgent, Task> send)
    {
        try
        {
            if (_agent is { } agent)
                await send(agent);
        }
        catch (Exception)
        {
            // Its console ended in this moment.
        }
    }
}
