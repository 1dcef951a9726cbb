using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Ops.Contracts;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>How soon <c>ops watch</c> reports what happens in a store, and what it costs while nothing happens and while much does.</summary>
internal static class LiveEvents
{
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(1); // of the policy that MailStore writes
    private static readonly TimeSpan ReportedWithin = TimeSpan.FromSeconds(30);

    /// <param name="files">Files of the store besides those that are made.</param>
    /// <param name="runs">1 for a short run.</param>
    public static async Task RunAsync(int files, int runs)
    {
        using var store = new MailStore();
        StoreScan.Fill(store.Root, files);
        var idle = TimeSpan.FromSeconds(runs == 1 ? 10 : 60);
        var times = runs == 1 ? 40 : 200;
        using var watch = await Watch.StartAsync(store);

        // What the first scan cost is not what idling costs.
        await Task.Delay(TimeSpan.FromSeconds(5));
        var rest = await watch.CostAsync(() => Task.Delay(idle));
        var memory = watch.ResidentMiB;

        List<double> made = [];
        for (var i = 0; i < times; i++)
        {
            await Task.Delay(100 + (i * 37 % 100)); // not in step with anything that the agent does
            var path = store.PathOf(Name("box", i));
            var from = Stopwatch.GetTimestamp();
            await File.WriteAllTextAsync(path, Name("", Environment.ProcessId) + "\n");
            made.Add(await watch.UntilAsync(path, static _ => true, from));
        }

        List<double> taken = [], died = [];
        for (var i = 0; i < times / 10; i++)
        {
            var path = store.PathOf(Name("posix", i));
            using (LockMaker.Start("posix", "write", path))
            {
                taken.Add(await watch.UntilAsync(path, static f => f.Lock is not null, Stopwatch.GetTimestamp()));
            }

            path = store.PathOf(Name("dead", i)) + ".lock";
            using var holder = LockMaker.Start("dotlock", path, "{pid}\n");
            await watch.UntilAsync(path, static f => f.Verdict == "held", Stopwatch.GetTimestamp());
            await Task.Delay(GracePeriod); // younger, it would be left alone for its age and not for its owner
            var killed = Stopwatch.GetTimestamp();
            holder.Kill();
            died.Add(await watch.UntilAsync(path, static f => f.Verdict == "stale", killed));
        }

        var named = 0;
        for (var i = 0; i < times; i++)
        {
            var path = store.PathOf(Name("brief", i));
            using (var maker = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", ": > \"$1\"", "sh", path]) { UseShellExecute = false })!)
            {
                await maker.WaitForExitAsync();
            }

            Finding? seen = null;
            await watch.UntilAsync(path, f => (seen = f) is not null, Stopwatch.GetTimestamp());
            named += seen!.Evidence.Any(e => e.Question == "creator-running") ? 1 : 0;
        }

        List<string[]> rows =
        [
            ["idle, processor", Text(100 * rest / idle.TotalSeconds, "0.0") + " % of a core"],
            ["idle, resident memory", Text(memory, "0") + " MiB"],
            .. Latency("lock file made -> reported", made),
            .. Latency("kernel lock taken -> reported", taken),
            .. Latency("holder of a lock file that is past its grace period killed -> stale", died),
            ["lock files made by a process that lives for some ms: creator reported", $"{Text(named, "0")} of {Text(times, "0")}"],
        ];
        foreach (var rate in (int[])[1_000, 10_000])
        {
            rows.AddRange(await FloodAsync(store, watch, rate, TimeSpan.FromSeconds(runs == 1 ? 5 : 20)));
        }

        Table.Print($"`ops watch` on a store of {files.ToString("#,0", CultureInfo.InvariantCulture)} files{(Built.IsNative ? ", native program" : "")}", ["", ""], rows);
    }

    /// <summary>Lock files made and removed at this rate, as deliveries do; then one more, which must not have to wait for long.</summary>
    private static async Task<List<string[]>> FloodAsync(MailStore store, Watch watch, int rate, TimeSpan duration)
    {
        var directory = Directory.CreateDirectory(store.PathOf(Name("flood", rate))).FullName;
        var made = 0;
        var cost = await watch.CostAsync(() => Task.Run(() =>
        {
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < duration)
            {
                if (made > rate * clock.Elapsed.TotalSeconds)
                {
                    Thread.Sleep(1);
                    continue;
                }

                var path = Path.Join(directory, Name("u", made++ % 500));
                File.WriteAllText(path, "1\n");
                File.Delete(path);
            }
        }));
        var memory = watch.ResidentMiB;
        var last = store.PathOf(Name("after", rate));
        var from = Stopwatch.GetTimestamp();
        await File.WriteAllTextAsync(last, Name("", Environment.ProcessId) + "\n");
        var after = await watch.UntilAsync(last, static _ => true, from);
        var label = $"{Text(made / duration.TotalSeconds, "#,0")} lock files made and removed a second";
        return
        [
            [$"{label}: processor", Text(100 * cost / duration.TotalSeconds, "0.0") + " % of a core"],
            [$"{label}: resident memory after it", Text(memory, "0") + " MiB"],
            [$"{label}: the next one made -> reported", Text(after, "0") + " ms"],
        ];
    }

    private static IEnumerable<string[]> Latency(string what, List<double> times)
    {
        times.Sort();
        yield return [$"{what}, median", Text(times.Median(), "0") + " ms"];
        yield return [$"{what}, 95 of 100", Text(times[(int)(0.95 * (times.Count - 1))], "0") + " ms"];
        yield return [$"{what}, 99 of 100", Text(times[(int)(0.99 * (times.Count - 1))], "0") + " ms"];
    }

    private static string Name(string name, int number) => string.Create(CultureInfo.InvariantCulture, $"{name}{number}{(name.Length == 0 || name is "posix" or "dead" or "flood" ? "" : ".lock")}");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>A running <c>ops watch --json</c>, and when each line of it came.</summary>
    private sealed class Watch : IDisposable
    {
        private readonly Process _process;
        private readonly Lock _gate = new();
        private readonly List<(long At, string Path, Finding Finding)> _seen = [];
        private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private Watch(Process process) => _process = process;

        public double ResidentMiB => Processes.ResidentMiB(_process.Id);

        /// <summary>Returns once it reports.</summary>
        public static async Task<Watch> StartAsync(MailStore store)
        {
            var first = store.AddHeldLock("first");
            var (program, arguments) = Built.Launch(Built.CommandLine, ["watch", "--json", "--policy", store.Policy, "--age-by", "mtime"]);
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false, StandardOutputEncoding = Encoding.UTF8 };
            var watch = new Watch(Process.Start(start)!);
            _ = Task.Run(watch.ReadAsync);
            await watch.UntilAsync(first, static _ => true, 0, TimeSpan.FromMinutes(5));
            return watch;
        }

        /// <summary>Processor seconds that it used meanwhile.</summary>
        public async Task<double> CostAsync(Func<Task> meanwhile)
        {
            var before = Processes.ProcessorSeconds(_process.Id);
            await meanwhile();
            return Processes.ProcessorSeconds(_process.Id) - before;
        }

        /// <returns>Milliseconds from that time stamp to the first line after it about this path that fits.</returns>
        public async Task<double> UntilAsync(string path, Func<Finding, bool> fits, long from, TimeSpan? within = null)
        {
            using var late = new CancellationTokenSource(within ?? ReportedWithin);
            for (var read = 0; ;)
            {
                Task more;
                lock (_gate)
                {
                    for (; read < _seen.Count; read++)
                    {
                        if (_seen[read] is var (at, where, finding) && where == path && fits(finding))
                        {
                            return from == 0 ? 0 : Math.Max(0, Stopwatch.GetElapsedTime(from, at).TotalMilliseconds);
                        }
                    }

                    more = _more.Task;
                }

                try
                {
                    await more.WaitAsync(late.Token);
                }
                catch (OperationCanceledException)
                {
                    throw new InvalidOperationException($"{path} was not reported in time");
                }
            }
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }

        private async Task ReadAsync()
        {
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
            {
                var at = Stopwatch.GetTimestamp();
                using var change = JsonDocument.Parse(line);
                var finding = change.RootElement.GetProperty("finding").Deserialize(OpsJson.Default.Finding)!;
                if (change.RootElement.GetProperty("change").GetString() == "closed")
                {
                    continue;
                }

                lock (_gate)
                {
                    _seen.Add((at, finding.Path, finding));
                    _more.SetResult();
                    _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
    }
}
