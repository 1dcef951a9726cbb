using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;

namespace Ops.Bench;

/// <summary>What the traffic of a fleet needs of an agent.</summary>
internal interface IFleetAgent
{
    /// <summary>One delta with one to three findings that got another verdict.</summary>
    Task ChangeAsync(Random random);

    Task BeatAsync();

    /// <summary>Deltas that were sent since the last call.</summary>
    int TakeSent();
}

/// <summary>What many agents send, and what they need before.</summary>
internal static class FleetTraffic
{
    public const int FindingsPerHost = 150;
    public const double ReportsPerSecond = 300;
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    /// <summary>Changes of all agents but the last, which is watched.</summary>
    /// <returns>How many reports of all agents were taken, and in how many seconds.</returns>
    public static async Task<(int Taken, double Seconds)> ChurnAsync(IReadOnlyList<IFleetAgent> agents, TimeSpan window)
    {
        var random = new Random(1);
        var watch = Stopwatch.StartNew();
        var sent = 0;
        while (watch.Elapsed < window)
        {
            // In bursts of 20 ms: one timer a report would measure the timers.
            var due = (int)(watch.Elapsed.TotalSeconds * ReportsPerSecond) - sent;
            await Task.WhenAll(Enumerable.Range(0, due).Select(_ => agents[random.Next(agents.Count - 1)]).Distinct().Select(a => a.ChangeAsync(random)));
            sent += due;
            await Task.Delay(20);
        }

        return (agents.Sum(a => a.TakeSent()), watch.Elapsed.TotalSeconds);
    }

    /// <summary>What real agents do, so that no console takes them for lost.</summary>
    public static async Task BeatAsync(IReadOnlyList<IFleetAgent> agents, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var part in agents.Chunk(Math.Max(1, agents.Count / 50)))
            {
                await Task.WhenAll(part.Select(a => a.BeatAsync()));
                await Task.Delay(100, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Into the database before a console is started, by its own library: a thousand clicks on the Hosts page would measure the page.</summary>
    public static async Task<IReadOnlyList<string>> TokensAsync(string provider, string? connection, string data, int hosts)
    {
        await using var services = new ServiceCollection().AddLogging().AddOpsData(provider, connection, data).BuildServiceProvider();
        await services.MigrateOpsDataAsync();
        var tokens = new List<string>();
        for (var number = 0; number < hosts; number++)
            tokens.Add((await services.GetRequiredService<AgentTokens>().CreateAsync(FleetAgent.NameOf(number), "bench")).Plain);
        return tokens;
    }
}
