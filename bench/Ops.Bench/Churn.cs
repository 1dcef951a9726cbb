using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Agent;
using Ops.Contracts;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>
/// 10,000 locks that nobody touches, among others that come and go several thousand times a second: what the agent tells a console about the former.
/// <c>/proc/locks</c> is no snapshot, so a row may be missing from a reading though its lock is held; none of them may ever be told as released.
/// </summary>
internal static class Churn
{
    private static readonly TimeSpan ListedWithin = TimeSpan.FromMinutes(1);

    /// <returns>False when a held lock was told as released, or was not listed.</returns>
    public static async Task<bool> RunAsync(TimeSpan duration)
    {
        using var store = new MailStore();
        using var held = new UnchangingLocks(store);
        var settings = AgentSettings.Load(store.Policy);
        var watch = new CountedWatch(new HostSurvey(settings, TimeProvider.System));
        var engine = new AgentEngine(
            settings, watch, new OperationHandler(settings, watch.Survey, TimeProvider.System, NullLogger.Instance), TimeProvider.System);
        var console = new WatchedConsole(held.Rows, watch);
        using var stop = new CancellationTokenSource();

        // Several thousand operations a second: few files quickly, and many files at once, which shifts every row behind them in the list.
        List<TrafficProcess> traffic =
        [
            await TrafficProcess.StartAsync("churn", store.Sub("churn-posix"), "2000", "10", "posix"),
            await TrafficProcess.StartAsync("churn", store.Sub("churn-flock"), "2000", "10", "flock"),
            await TrafficProcess.StartAsync("churn", store.Sub("churn-ofd"), "1000", "10", "ofd"),
            await TrafficProcess.StartAsync("churn", store.Sub("churn-burst"), "1000", "500", "posix", "500"),
        ];
        var clock = Stopwatch.StartNew();
        var engineRuns = engine.RunAsync(console, stop.Token);
        while (clock.Elapsed < duration && !engineRuns.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            if (clock.Elapsed > ListedWithin)
            {
                console.IsSettled = true;
            }
        }

        var elapsed = clock.Elapsed;
        var missing = console.NotListed();
        var operations = 0L;
        foreach (var process in traffic)
        {
            var report = await process.ReportAsync();
            operations += report.Messages;
            foreach (var problem in report.Problems)
            {
                throw new InvalidOperationException("the traffic did not do its part: " + problem);
            }

            process.Dispose();
        }

        await stop.CancelAsync();
        await engineRuns.ContinueWith(static _ => { }, TaskScheduler.Default);
        foreach (var fault in console.Faults.Concat(missing.Select(m => "not listed at the end: " + m)).Take(50))
        {
            Console.Error.WriteLine("FAULT: " + fault);
        }

        var looks = watch.Looks;
        Table.Print(
            string.Create(CultureInfo.InvariantCulture, $"{UnchangingLocks.Count:#,0} locks held by {held.Processes} processes while others come and go, for {elapsed.TotalMinutes:0.0} min"),
            ["", ""],
            [
                ["lock operations by others, a second", Text(operations / elapsed.TotalSeconds, "#,0")],
                ["looks at the kernel locks", Text(looks.Count, "#,0")],
                ["rows of the held locks", Text(held.Rows.Count, "#,0")],
                ["all of them listed after", console.AllListedAfter is { } after ? Text(after.TotalSeconds, "0.0") + " s" : "never"],
                ["not listed at the end", Text(missing.Count, "0")],
                ["held locks that a look did not see", Text(watch.Unseen(held.Rows), "#,0")],
                ["held locks told as released", Text(console.Released, "0")],
                ["held locks told under another key", Text(console.Renamed, "0")],
                ["held locks told as changed", Text(console.Changed, "0")],
                ["released locks of others told", Text(console.OthersClosed, "#,0")],
                ["time of a look, median and slowest, ms", $"{Text(looks.Select(l => l.TotalMilliseconds).Median(), "0")}, {Text(looks.Max().TotalMilliseconds, "0")}"],
            ]);
        if (engineRuns.IsFaulted)
        {
            Console.Error.WriteLine("FAULT: the engine ended: " + engineRuns.Exception);
        }

        return console.Faults.Count == 0 && missing.Count == 0 && !engineRuns.IsFaulted && console.AllListedAfter is not null;
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>What tells one held lock from another on a page.</summary>
    internal readonly record struct HeldRow(string Class, string Path, string Range, int Pid)
    {
        public static HeldRow? Of(Finding finding) =>
            finding is { Lock: { Depth: 0 } row, Process: { } process } ? new HeldRow(row.Class, finding.Path, row.Range, process.Pid) : null;
    }

    /// <summary>All kinds of locks, on many files and on many ranges of one.</summary>
    private sealed class UnchangingLocks : IDisposable
    {
        public const int Count = 10_000;
        private readonly List<LockMaker> _holders = [];

        public UnchangingLocks(MailStore store)
        {
            for (var at = 0; at < 4; at++)
            {
                Many(store.Sub($"posix{at}"), 1_000, "posix");
            }

            Ranges(store.PathOf("posix-ranges"), 2_000, "posix");
            Many(store.Sub("flock"), 1_000, "flock");
            Many(store.Sub("flock-shared"), 1_000, "flock", "--fork");
            Ranges(store.PathOf("ofd-ranges"), 1_500, "ofd");
            Many(store.Sub("ofd"), 500, "ofd");
        }

        public HashSet<HeldRow> Rows { get; } = [];

        public int Processes => _holders.Count + _holders.Count(h => h.Child is not null);

        public void Dispose() => _holders.ForEach(h => h.Dispose());

        private void Many(string directory, int count, string kind, params string[] options) =>
            Hold(Enumerable.Range(0, count).Select(i => (Path.Join(directory, Text(i, "0")), "whole file")), kind, [.. options, "many", Text(count, "0"), directory, kind]);

        private void Ranges(string path, int count, string kind) =>
            Hold(Enumerable.Range(0, count).Select(i => (path, $"{Text(2 * i, "0")}-{Text(2 * i, "0")}")), kind, ["ranges", Text(count, "0"), path, kind]);

        private void Hold(IEnumerable<(string Path, string Range)> locks, string kind, string[] arguments)
        {
            var holder = LockMaker.Start(arguments);
            _holders.Add(holder);
            foreach (var (path, range) in locks)
            {
                Rows.Add(new HeldRow(kind, path, range, holder.Pid));
                if (holder.Child is { } child)
                {
                    Rows.Add(new HeldRow(kind, path, range, child));
                }
            }
        }
    }

    /// <summary>The survey of the product, with a note of each look.</summary>
    private sealed class CountedWatch(HostSurvey survey) : IHostWatch
    {
        public void KeepBootTime() => survey.KeepBootTime();

        private readonly Lock _gate = new();
        private readonly List<TimeSpan> _looks = [];
        private readonly List<HashSet<HeldRow>> _unseen = [];
        private HashSet<HeldRow> _before = [];

        public HostSurvey Survey => survey;

        public Guid BootId => survey.BootId;

        public IReadOnlyList<BlindSpot> Standing => survey.Standing;

        public IReadOnlyList<TimeSpan> Looks
        {
            get
            {
                lock (_gate)
                {
                    return [.. _looks];
                }
            }
        }

        public AreaScan? Last { get; private set; }

        public AreaScan LookAtLocks(CancellationToken stop)
        {
            var scan = survey.LookAtLocks(stop);
            var seen = scan.Findings.Select(HeldRow.Of).OfType<HeldRow>().ToHashSet();
            lock (_gate)
            {
                Last = scan;
                _looks.Add(scan.Duration);
                _unseen.Add([.. _before.Where(b => !seen.Contains(b))]);
                _before = seen;
            }

            return scan;
        }

        /// <summary>How often one of these was missing from a look, though the look before had it.</summary>
        public int Unseen(HashSet<HeldRow> held)
        {
            lock (_gate)
            {
                return _unseen.Sum(u => u.Count(held.Contains));
            }
        }

        public AreaScan LookAtStores(CancellationToken stop) => survey.LookAtStores(stop);

        public ExplainAnswer Explain(string subject, Func<string, DateTimeOffset?> since) => survey.Explain(subject, since);
    }

    /// <summary>What a console would show, and every wrong word it was told.</summary>
    private sealed class WatchedConsole(HashSet<HeldRow> held, CountedWatch watch) : IAgentHub
    {
        private readonly Lock _gate = new();
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly Dictionary<string, Finding> _findings = [];
        private readonly Dictionary<HeldRow, int> _listed = [];

        public List<string> Faults { get; } = [];

        public int Released { get; private set; }

        public int Renamed { get; private set; }

        public int Changed { get; private set; }

        public int OthersClosed { get; private set; }

        public TimeSpan? AllListedAfter { get; private set; }

        /// <summary>From then on all of them must be listed.</summary>
        public bool IsSettled { get; set; }

        public IReadOnlyList<HeldRow> NotListed()
        {
            lock (_gate)
            {
                return [.. held.Where(h => !_listed.ContainsKey(h))];
            }
        }

        public Task Hello(Hello hello) => Task.CompletedTask;

        public Task Snapshot(SnapshotChunk chunk)
        {
            lock (_gate)
            {
                foreach (var finding in chunk.Findings)
                {
                    Open(finding);
                }

                NoteWhetherAllAreListed();
            }

            return Task.CompletedTask;
        }

        public Task Delta(Delta delta)
        {
            lock (_gate)
            {
                foreach (var finding in delta.Opened)
                {
                    Open(finding);
                }

                foreach (var finding in delta.Changed)
                {
                    var before = HeldRow.Of(_findings[finding.Key]);
                    _findings[finding.Key] = finding;
                    var now = HeldRow.Of(finding);
                    if (before is { } was && held.Contains(was))
                    {
                        Changed++;
                        if (now != was)
                        {
                            Close(finding.Key, was, $"became {finding.Path}");
                        }
                    }

                    if (now is { } became && now != before && held.Contains(became))
                    {
                        _listed[became] = _listed.GetValueOrDefault(became) + 1;
                    }
                }

                foreach (var key in delta.Closed)
                {
                    if (_findings.Remove(key, out var finding) && HeldRow.Of(finding) is { } row && held.Contains(row))
                    {
                        Close(key, row, "closed");
                    }
                    else
                    {
                        OthersClosed++;
                    }
                }

                NoteWhetherAllAreListed();
            }

            return Task.CompletedTask;
        }

        public Task Heartbeat(Heartbeat heartbeat) => Task.CompletedTask;

        public Task Progress(OperationProgress progress) => Task.CompletedTask;

        private void Open(Finding finding)
        {
            _findings[finding.Key] = finding;
            if (HeldRow.Of(finding) is { } row && held.Contains(row))
            {
                _listed[row] = _listed.GetValueOrDefault(row) + 1;
            }
        }

        private void Close(string key, HeldRow row, string how)
        {
            if (--_listed[row] > 0)
            {
                Renamed++;
                Faults.Add(Circumstances(key, row, how + ", listed under another key"));
                return;
            }

            _listed.Remove(row);
            Released++;
            Faults.Add(Circumstances(key, row, how + ", listed no more"));
        }

        private void NoteWhetherAllAreListed()
        {
            if (_listed.Count == held.Count)
            {
                AllListedAfter ??= _clock.Elapsed;
            }
            else if (IsSettled && AllListedAfter is null)
            {
                IsSettled = false;
                Faults.Add($"{held.Count - _listed.Count} held locks were not listed within {ListedWithin}, such as {held.First(h => !_listed.ContainsKey(h))}");
            }
        }

        private string Circumstances(string key, HeldRow row, string how)
        {
            var last = watch.Last!;
            return string.Create(CultureInfo.InvariantCulture,
                $"{_clock.Elapsed.TotalSeconds:0.0} s, look {watch.Looks.Count}: {row} was {how}; the last look {(last.Findings.Any(f => HeldRow.Of(f) == row) ? "saw" : "did not see")} it, "
                + $"{(last.Gone.Contains(key) ? "called its key gone for certain" : "did not call its key gone")}, took {last.Duration.TotalMilliseconds:0} ms; its process is {(Directory.Exists($"/proc/{row.Pid}") ? "alive" : "GONE")}");
        }
    }
}
