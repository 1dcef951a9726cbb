using System.Text.Json;
using Ops.Cluster;

namespace Ops.Web.Live.Fleet;

/// <summary>Reports the hosts of this console to every other one.</summary>
/// <remarks>
/// Nothing is queued: what a console was sent last is remembered, and it is sent the difference to the state of now. A console that is slow or away for a
/// moment gets one larger difference, and costs no memory here.
/// </remarks>
internal sealed class FleetPublisher(AgentDirectory agents, FleetMirror mirror, IConsoles consoles, LiveState live, TimeProvider clock, ILogger<FleetPublisher> log) : BackgroundService
{
    private const int MostFindingsInBatch = 800;

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10), AfterFailure = TimeSpan.FromSeconds(1), WatchEvery = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!consoles.IsCluster)
            return;
        _ = WatchAsync(stoppingToken);
        var serving = new Dictionary<ConsoleId, CancellationTokenSource>();
        try
        {
            while (true)
            {
                var others = consoles.Others;
                foreach (var (gone, serves) in serving.Where(s => !others.Contains(s.Key)).ToList())
                {
                    serving.Remove(gone);
                    await serves.CancelAsync();
                    mirror.Left(gone);
                }
                foreach (var console in others.Where(o => !serving.ContainsKey(o)))
                {
                    var serves = serving[console] = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                    _ = ServeAsync(console, serves.Token);
                }
                await consoles.ChangedAsync(others, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The console ends.
        }
    }

    private async Task WatchAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(WatchEvery, clock);
        while (await timer.WaitForNextTickAsync(stop))
            mirror.Watch();
    }

    private async Task ServeAsync(ConsoleId console, CancellationToken stop)
    {
        var sent = new Dictionary<string, (HostView Host, long Attachment)>(StringComparer.Ordinal);
        long number = 0;
        try
        {
            var follow = live.Subscribe(stop);
            await UntilSentAsync(follow.Initial);
            await foreach (var view in follow.Changes)
                await UntilSentAsync(view);
        }
        catch (OperationCanceledException)
        {
            // That console, or this one, has ended.
        }

        // The state of then, not that of the first try: a quiet host must not wait for its next report.
        async Task UntilSentAsync(LiveView view)
        {
            while (!await TrySendAsync(view))
            {
                await Task.Delay(AfterFailure, clock, stop);
                view = live.Current;
            }
        }

        async Task<bool> TrySendAsync(LiveView view)
        {
            List<HostNews> batch = [];
            try
            {
                var findings = 0;
                foreach (var host in view.Hosts)
                {
                    var hostId = host.Status.HostId;
                    if (agents.Claims.Find(hostId) is not { Console: null, Attachment: var attachment })
                    {
                        sent.Remove(hostId);
                        continue;
                    }
                    var known = sent.TryGetValue(hostId, out var before) && before.Attachment == attachment ? before.Host : null;
                    foreach (var news in HostDifference.Between(known, host, attachment))
                    {
                        batch.Add(news);
                        if ((findings += news.Put.Count + news.Closed.Count + 1) < MostFindingsInBatch)
                            continue;
                        await DeliverAsync(batch);
                        (batch, findings) = ([], 0);
                    }
                    sent[hostId] = (host, attachment);
                }
                if (batch.Count > 0)
                    await DeliverAsync(batch);
                return true;
            }
            catch (ConsoleUnreachableException e)
            {
                // Whether it arrived is unknown: these hosts are sent whole again, and no others, or a console that is slow would never have them all.
                foreach (var news in batch)
                    sent.Remove(news.HostId);
                log.ConsoleNotReached(console.Address, e.Message);
                return false;
            }
        }

        async Task DeliverAsync(List<HostNews> hosts) =>
            await consoles.AskAsync(console, FleetKinds.Hosts, JsonSerializer.SerializeToUtf8Bytes(new(++number, clock.GetUtcNow(), hosts), FleetJson.Default.FleetBatch), AnswerWithin, stop);
    }
}
