using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using Ops.Data;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>One console and many agents over real connections: how soon all are live, what a report costs, how soon a viewer sees a change.</summary>
internal static class FleetLoad
{
    public static async Task RunAsync(int hosts, int runs)
    {
        using var data = new Scratch();
        var tokens = await FleetTraffic.TokensAsync(DataRegistration.Sqlite, null, data.Path, hosts);
        await using var console = await ConsoleProcess.StartAsync(data.Path, policy: null);
        await using var chromium = await Chromium.StartAsync();
        await using var visit = await Visit.StartAsync(chromium, console.Address);
        await visit.SetUpAsync(await console.SetupLinkAsync());
        await visit.Page.GotoAsync("about:blank");

        var empty = Processes.ResidentMiB(console.Pid);
        var agents = tokens.Select((token, number) => new FleetAgent(console.Address, token, number, FleetTraffic.FindingsPerHost)).ToList();
        try
        {
            var watch = Stopwatch.StartNew();
            var before = Processes.ProcessorSeconds(console.Pid);
            await Task.WhenAll(agents.Select(a => a.ConnectAsync()));
            var joined = watch.Elapsed.TotalSeconds;
            Table.Print(
                string.Create(CultureInfo.InvariantCulture, $"One console on SQLite, {hosts:#,0} agents with {FleetTraffic.FindingsPerHost} findings each; simulator and browser on the same machine"),
                ["", "seconds", "processor of the console, s", "resident memory of the console, MiB"],
                [["console started, no agent", "", "", Text(empty)],
                 ["all agents connected, said hello and sent their snapshot", Text(joined), Text(Processes.ProcessorSeconds(console.Pid) - before), Text(Processes.ResidentMiB(console.Pid))]]);

            using var beating = new CancellationTokenSource();
            var beats = FleetTraffic.BeatAsync(agents, beating.Token);
            var rows = new List<string[]>();
            // Compiles what runs; not counted.
            await MeasureAsync(console.Pid, agents, visit: null);
            foreach (var page in (string?[])[null, "/", "/hosts", "/leftovers?q=fleet-watched"])
            {
                if (page is null)
                    await visit.Page.GotoAsync("about:blank");
                else
                    await visit.GoAsync(page);
                for (var run = 0; run < runs; run++)
                    rows.Add([page ?? "none", .. await MeasureAsync(console.Pid, agents, page?.Contains("fleet-watched", StringComparison.Ordinal) == true ? visit : null)]);
            }

            await beating.CancelAsync();
            await beats;
            Table.Print(
                string.Create(CultureInfo.InvariantCulture, $"The same under {FleetTraffic.ReportsPerSecond:0} reports a second of one to three changed findings, {FleetTraffic.Window.TotalSeconds:0} s each"),
                ["page open", "reports taken a second", "console processor per 1,000 reports, s", "resident memory, MiB", "change to row, median and slowest"], rows);
        }
        finally
        {
            await Task.WhenAll(agents.Select(a => a.DisposeAsync().AsTask()));
        }
    }

    private static async Task<string[]> MeasureAsync(int pid, List<FleetAgent> agents, Visit? visit)
    {
        var before = Processes.ProcessorSeconds(pid);
        using var done = new CancellationTokenSource();
        var seen = visit is null ? Task.FromResult("") : SeenAsync(visit, agents[^1].OpenWatchedAsync, agents[^1].CloseWatchedAsync, done.Token);
        var (taken, seconds) = await FleetTraffic.ChurnAsync(agents, FleetTraffic.Window);
        await done.CancelAsync();
        return [
            Text(taken / seconds), ((Processes.ProcessorSeconds(pid) - before) / taken * 1000).ToString("0.00", CultureInfo.InvariantCulture),
            Text(Processes.ResidentMiB(pid)), await seen];
    }

    /// <summary>Median and slowest time from a change until its row is on an open page.</summary>
    internal static async Task<string> SeenAsync(Visit visit, Func<Task> open, Func<Task> close, CancellationToken done)
    {
        var times = new List<double>();
        var row = visit.Row("/fleet-watched.lock");
        while (!done.IsCancellationRequested)
        {
            var watch = Stopwatch.StartNew();
            await open();
            await row.WaitForAsync(new() { State = WaitForSelectorState.Visible });
            times.Add(watch.Elapsed.TotalMilliseconds);
            await close();
            await row.WaitForAsync(new() { State = WaitForSelectorState.Detached });
            // At no fixed distance from the page's own interval of 250 ms.
            await Task.Delay(Random.Shared.Next(200, 700), CancellationToken.None);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{times.Median():0} ms, {times.Max():0} ms");
    }

    private static string Text(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);
}
