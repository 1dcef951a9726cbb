using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>The console with its agent inside on a host with many locks: what it costs, and how soon a change shows.</summary>
internal static class ConsoleLoad
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(int locks, int runs)
    {
        await using var site = await Site.StartAsync(mailboxes: ["changing"]);
        using var held = new HeldLocks(site.Store.Root, locks);
        await using var chromium = await Chromium.StartAsync();
        await using var visit = await Visit.StartAsync(chromium, site.Console.Address);
        await visit.SetUpAsync(await site.Console.SetupLinkAsync());
        await visit.GoAsync("/hosts");
        await Assertions.Expect(visit.Page.Locator(".host-card")).ToContainTextAsync("live", new() { Timeout = 60_000 });
        // The first scans compile the code that they run.
        await Task.Delay(Window);

        var rows = new List<string[]>();
        await visit.Page.GotoAsync("about:blank");
        rows.Add(["nothing changes, no page open", .. await MeasureAsync(site.Console.Pid, runs), ""]);
        await visit.GoAsync("/locks");
        rows.Add(["nothing changes, Locks page open", .. await MeasureAsync(site.Console.Pid, runs), await LatencyAsync(visit, site.Store, 4 * runs)]);
        var churn = await TrafficProcess.StartAsync("churn", Directory.CreateDirectory(site.Store.PathOf("churn")).FullName, "20");
        try
        {
            await visit.GoAsync("/locks");
            rows.Add(["20 changes/s, Locks page open", .. await MeasureAsync(site.Console.Pid, runs), await LatencyAsync(visit, site.Store, 4 * runs)]);
        }
        finally
        {
            churn.Dispose();
        }

        await visit.GoAsync("/hosts");
        rows.Add(["last look of the agent", "", "", (await visit.Page.Locator("dt:text-is('Last scan') + dd").InnerTextAsync()).Trim()]);
        await visit.GoAsync("/locks");
        rows.Add(["scrolling through all rows, in 60 jumps", "", "", await ScrollAsync(visit)]);
        Table.Print(
            $"Console and agent in one process, {locks:#,0} record locks held by {HeldLocks.Processes} processes",
            ["", "processor, % of one core", "resident memory, MiB", "a change shows after (median, slowest)"], rows);
    }

    private static async Task<string[]> MeasureAsync(int pid, int runs)
    {
        var shares = new List<double>();
        for (var run = 0; run < runs; run++)
        {
            var watch = Stopwatch.StartNew();
            var before = Processes.ProcessorSeconds(pid);
            await Task.Delay(Window);
            shares.Add(100 * (Processes.ProcessorSeconds(pid) - before) / watch.Elapsed.TotalSeconds);
        }

        return [shares.Median().ToString("0", CultureInfo.InvariantCulture), Processes.ResidentMiB(pid).ToString("0", CultureInfo.InvariantCulture)];
    }

    private static async Task<string> LatencyAsync(Visit visit, MailStore store, int rounds)
    {
        // A filter, so that the row is on the screen whatever its place among all the others.
        await visit.GoAsync("/locks?q=changing");
        var row = visit.Row("/changing");
        var times = new List<double>();
        // One more than counted: the first is the warm-up.
        for (var round = 0; round <= rounds; round++)
        {
            using var holder = LockMaker.Start("posix", "write", store.PathOf("changing"));
            var watch = Stopwatch.StartNew();
            await row.WaitForAsync(new() { State = WaitForSelectorState.Visible });
            times.Add(watch.Elapsed.TotalMilliseconds);
            watch.Restart();
            holder.Release();
            await row.WaitForAsync(new() { State = WaitForSelectorState.Detached });
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        await visit.GoAsync("/locks");
        var counted = times.Skip(2).ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{counted.Median():0} ms, {counted.Max():0} ms");
    }

    // How long after a jump rows are drawn there: placeholders until then.
    private static async Task<string> ScrollAsync(Visit visit)
    {
        await visit.Page.Locator("[role=row][data-key]").First.WaitForAsync();
        var times = await visit.Page.EvaluateAsync<double[]>(
            """
            async () => {
                const grid = document.querySelector("[data-grid]"), times = [];
                const drawn = () => {
                    const box = grid.getBoundingClientRect(), y = box.top + box.height / 2;
                    return document.elementFromPoint(box.left + 60, y)?.closest("[role=row][data-key]");
                };
                for (let i = 0; i < 60; i++) {
                    grid.scrollTop = (i % 2 ? 1 - i / 60 : i / 60) * (grid.scrollHeight - grid.clientHeight);
                    const from = performance.now();
                    while (!drawn() && performance.now() - from < 5000) await new Promise(requestAnimationFrame);
                    times.push(performance.now() - from);
                }
                return times;
            }
            """);
        return string.Create(CultureInfo.InvariantCulture, $"rows drawn {times.Median():0} ms after a jump, {times.Max():0} ms at most");
    }
}
