using System.Globalization;
using Microsoft.Playwright;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>What the console's memory does while viewers stay: with many locks, changes without end and three pages open, and what one more page costs.</summary>
internal static class ConsoleMemory
{
    private const int Pages = 20;
    private static readonly string[] Viewers = ["/", "/locks", "/leftovers"];
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(int locks, TimeSpan time)
    {
        await using var site = await Site.StartAsync();
        using var held = new HeldLocks(site.Store.Root, locks);
        await using var chromium = await Chromium.StartAsync();
        await using var first = await Visit.StartAsync(chromium, site.Console.Address);
        await first.SetUpAsync(await site.Console.SetupLinkAsync());
        await first.GoAsync("/hosts");
        await Assertions.Expect(first.Page.Locator(".host-card")).ToContainTextAsync("live", new() { Timeout = 60_000 });
        await first.Page.GotoAsync("about:blank");
        await Task.Delay(Settle);

        List<string[]> rows = [Row("no page open, nothing changes", site.Console.Pid)];
        using (await TrafficProcess.StartAsync("churn", Directory.CreateDirectory(site.Store.PathOf("churn")).FullName, "20"))
            await WatchedAsync(site, chromium, time, rows);
        await Task.Delay(3 * Settle);
        rows.Add(Row("90 s after the last page was closed", site.Console.Pid));
        await WithManyPagesAsync(first, site.Console.Pid, rows);
        Table.Print(
            $"Console and agent in one process, {locks:#,0} record locks held by {HeldLocks.Processes} processes, 20 changes a second, {Viewers.Length} viewers",
            ["", "console, MiB", "scripts of the pages, MiB", "received by the pages, KiB a minute"], rows);
    }

    private static async Task WatchedAsync(Site site, Chromium chromium, TimeSpan time, List<string[]> rows)
    {
        List<Visit> visits = [];
        try
        {
            long received = 0;
            foreach (var page in Viewers)
            {
                var visit = await Visit.StartAsync(chromium, site.Console.Address);
                visits.Add(visit);
                visit.Page.WebSocket += (_, socket) => socket.FrameReceived += (_, frame) => Interlocked.Add(ref received, frame.Binary?.Length ?? frame.Text?.Length ?? 0);
                await visit.SignInAsync();
                await visit.GoAsync(page);
            }

            await Task.Delay(Settle);
            const int Looks = 6;
            for (var look = 0; look <= Looks; look++)
            {
                var scripts = 0.0;
                foreach (var visit in visits)
                    scripts += await visit.Page.EvaluateAsync<double>("() => performance.memory.usedJSHeapSize / 1048576");
                var perMinute = look == 0 ? "" : Number(Interlocked.Exchange(ref received, 0) / 1024.0 / (time / Looks).TotalMinutes);
                if (look == 0)
                    Interlocked.Exchange(ref received, 0);
                rows.Add([.. Row($"after {(time * look / Looks).TotalMinutes:0} minutes", site.Console.Pid)[..2], Number(scripts), perMinute]);
                Console.Error.WriteLine(string.Join(" | ", rows[^1]));
                if (look < Looks)
                    await Task.Delay(time / Looks);
            }
        }
        finally
        {
            foreach (var visit in visits)
                await visit.DisposeAsync();
        }
    }

    private static async Task WithManyPagesAsync(Visit visit, int pid, List<string[]> rows)
    {
        await visit.GoAsync("/");
        var loaded = await visit.Page.EvaluateAsync<double>("() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((sum, e) => sum + e.transferSize, 0) / 1024");
        await Task.Delay(Settle);
        var before = Processes.ResidentMiB(pid);
        for (var page = 1; page < Pages; page++)
        {
            var more = await visit.Page.Context.NewPageAsync();
            await more.GotoAsync(new Uri(visit.Console, "/locks").AbsoluteUri);
            await more.WaitForFunctionAsync("() => document.querySelector('.segments [aria-pressed=true]') !== null");
        }

        await Task.Delay(Settle);
        rows.Add([$"{Pages - 1} more Locks pages, for each", Number((Processes.ResidentMiB(pid) - before) / (Pages - 1)), "", ""]);
        rows.Add([$"first page of a new browser: {Number(loaded)} KiB over the wire", "", "", ""]);
    }

    private static string[] Row(string what, int pid) => [what, Number(Processes.ResidentMiB(pid)), "", ""];

    private static string Number(double value) => value.ToString(value < 10 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
