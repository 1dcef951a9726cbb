using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Npgsql;
using Ops.Data;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>Several consoles over one PostgreSQL database: how soon all show all hosts, what a report costs, how soon another console knows it, and what a killed console costs.</summary>
internal static class FleetConsoles
{
    private const string MetricsToken = "0123456789abcdef0123456789abcdef";

    public static async Task RunAsync(int hosts, int count)
    {
        if (Environment.GetEnvironmentVariable("OPS_TEST_POSTGRES") is not { } server)
        {
            Console.Error.WriteLine("Several consoles need PostgreSQL: build/postgres.sh bench/run.sh fleet HOSTS CONSOLES");
            return;
        }
        using var data = new Scratch();
        var database = new NpgsqlConnectionStringBuilder(server) { Database = $"bench_{Guid.NewGuid():N}" }.ConnectionString;
        var tokens = await FleetTraffic.TokensAsync(DataRegistration.Postgres, database, data.Path, hosts);
        var consoles = new List<ConsoleProcess>();
        for (var i = 0; i < count; i++)
        {
            consoles.Add(await ConsoleProcess.StartAsync(
                data.Sub($"console{i}"), policy: null, port: null, "--Ops:Database", "Postgres", "--Ops:ConnectionString", database, "--Ops:Fleet", "true", "--Ops:MetricsToken", MetricsToken,
                "--Ops:Cluster:Port", ConsoleProcess.FreePort().ToString(CultureInfo.InvariantCulture)));
        }
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", MetricsToken);
        using var stop = new CancellationTokenSource();
        var addresses = consoles.Select(c => c.Address).ToList();
        var agents = tokens.Select((token, number) => new RoamingAgent(addresses, token, number, FleetTraffic.FindingsPerHost)).ToList();
        var running = new List<Task>();
        try
        {
            var watch = Stopwatch.StartNew();
            running.AddRange(agents.Select(a => a.RunAsync(stop.Token)));
            await Task.WhenAll(consoles.Select(c => LiveAsync(http, c, hosts)));
            var joined = watch.Elapsed.TotalSeconds;
            running.Add(FleetTraffic.BeatAsync(agents, stop.Token));
            // Compiles what runs; not counted.
            await FleetTraffic.ChurnAsync(agents, TimeSpan.FromSeconds(5));

            var before = consoles.Sum(c => Processes.ProcessorSeconds(c.Pid));
            var (sent, seconds) = await FleetTraffic.ChurnAsync(agents, FleetTraffic.Window);
            var cost = (consoles.Sum(c => Processes.ProcessorSeconds(c.Pid)) - before) / sent * 1000;
            var memory = string.Join(", ", consoles.Select(c => Text(Processes.ResidentMiB(c.Pid))));

            await using var chromium = await Chromium.StartAsync();
            var watched = agents[^1];
            var elsewhere = consoles.First(c => c.Address != watched.At);
            await using var visit = await Visit.StartAsync(chromium, elsewhere.Address);
            await visit.SetUpAsync(await elsewhere.SetupLinkAsync());
            await visit.GoAsync("/leftovers?q=fleet-watched");
            using var looked = new CancellationTokenSource();
            var seen = FleetLoad.SeenAsync(visit, watched.OpenWatchedAsync, watched.CloseWatchedAsync, looked.Token);
            await FleetTraffic.ChurnAsync(agents, FleetTraffic.Window);
            await looked.CancelAsync();
            var shown = await seen;
            await visit.Page.GotoAsync("about:blank");

            var victim = consoles[0];
            var there = agents.Count(a => a.At == victim.Address);
            var killed = Stopwatch.StartNew();
            victim.Stop();
            await Task.WhenAll(consoles.Skip(1).Select(c => LostThenLiveAsync(http, c, hosts, agents, victim.Address)));
            var again = killed.Elapsed.TotalSeconds;

            Table.Print(
                string.Create(CultureInfo.InvariantCulture, $"{count} consoles on PostgreSQL, {hosts:#,0} agents with {FleetTraffic.FindingsPerHost} findings each, {FleetTraffic.ReportsPerSecond:0} reports a second of one to three changed findings; all on this machine"),
                ["", ""],
                [["all agents connected and live on every console, s", Text(joined)],
                 ["reports taken a second", Text(sent / seconds)],
                 ["processor per 1,000 reports, all consoles together, s", cost.ToString("0.00", CultureInfo.InvariantCulture)],
                 ["resident memory of each console, MiB", memory],
                 ["change to row on a page of another console, median and slowest", shown],
                 [string.Create(CultureInfo.InvariantCulture, $"one console killed (kill -9), {there} agents on it: all connected elsewhere and live on every other console, s"), Text(again)]]);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var console in consoles)
                await console.DisposeAsync();
        }
    }

    private static async Task LiveAsync(HttpClient http, ConsoleProcess console, int hosts)
    {
        while (await NumberAsync(http, console, "mailstore_hosts{freshness=\"fresh\"}") is not { } live || live < hosts)
            await Task.Delay(100);
    }

    private static async Task LostThenLiveAsync(HttpClient http, ConsoleProcess console, int hosts, List<RoamingAgent> agents, Uri victim)
    {
        while (agents.Any(a => a.At == victim || !a.IsConnected))
            await Task.Delay(20);
        await LiveAsync(http, console, hosts);
    }

    private static async Task<double?> NumberAsync(HttpClient http, ConsoleProcess console, string series)
    {
        try
        {
            var text = await http.GetStringAsync(new Uri(console.Address, "/metrics"));
            var all = Regex.Matches(text, $"^{series} ([0-9.]+)", RegexOptions.Multiline);
            return all.Count == 0 ? null : all.Sum(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static string Text(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);
}
